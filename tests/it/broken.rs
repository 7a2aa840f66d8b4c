//! Schemas that a newcomer would plausibly write, broken, and what `c360 check` says of each.
//!
//! `tests/broken/NAME/*.graphql` is what was written, `expected.txt` what is said. `C360_UPDATE_BROKEN=1` rewrites
//! the latter: read it before you commit it, as somebody who has never seen this program.

use std::fs;
use std::path::{Path, PathBuf};

use c360::sdl::{self, SourceText};

#[test]
fn newcomers_are_told_what_is_wrong_and_how_to_mend_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let folders = sorted(&folder, |path| path.is_dir());
    assert!(folders.len() >= 20, "twenty broken schemas were promised, found {}", folders.len());
    let mut differ = Vec::new();
    for folder in folders {
        let said = said(&folder);
        assert!(!said.is_empty(), "{} is not broken", folder.display());
        let file = folder.join("expected.txt");
        if std::env::var_os("C360_UPDATE_BROKEN").is_some() {
            fs::write(&file, &said).unwrap();
        }
        if fs::read_to_string(&file).unwrap_or_default() != said {
            differ.push(format!("{}:\n{said}", folder.display()));
        }
    }
    assert!(differ.is_empty(), "other than expected (C360_UPDATE_BROKEN=1 rewrites):\n{}", differ.join("\n"));
}

fn said(folder: &Path) -> String {
    let files = sorted(folder, |path| path.extension().is_some_and(|extension| extension == "graphql"));
    let files: Vec<SourceText> = files
        .iter()
        .map(|path| SourceText {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            text: fs::read_to_string(path).unwrap(),
        })
        .collect();
    let problems = match sdl::read(&files) {
        Ok(reading) => reading.warnings,
        Err(problems) => problems,
    };
    let drawn = sdl::draw(&problems, &files, false);
    drawn.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

fn sorted(folder: &Path, keep: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| keep(path));
    paths.sort();
    paths
}
