//! Schemas that a newcomer would plausibly write, broken, and what `c360 check` says of each.
//!
//! `tests/broken/NAME/*.graphql` is what was written, `expected.txt` what is said. `C360_UPDATE_BROKEN=1` rewrites
//! the latter: read it before you commit it, as somebody who has never seen this program.

use std::collections::BTreeMap;
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

/// What stands above the codes on the page.
const HEAD: &str = "# c360 check

`c360 check FOLDER` proves `schema/*.graphql` and `gateway.toml` together, without opening a port and without calling anybody. It
tells every problem at once, with file, line and column (inside mapping strings, too), what was found, what was expected, how to
mend it, and the nearest known name. What cannot be known before an answer is there is not complained of.

| option | does |
|---|---|
| `--format human` | draws each problem with its lines, on standard error (the default) |
| `--format json` | prints one JSON array: `severity`, `code`, `message`, `help`, `file`, `line`, `column`, `endLine`, `endColumn`, `related` |
| `--format github` | prints workflow commands (`::error file=…,line=…,col=…,title=CODE::…`), so that problems stand beside the lines of a change |
| `--portable` | also tells what another implementation of connect/v0.4 would not run |
| `--deny-warnings` | ends with 1 where there are warnings, too |
| `--explain QUERY` | shows what a query would call, and what waits for what |

Lines and columns count from 1, columns in characters; ends are exclusive. Files are named from where the command is called.

| exit code | means |
|---|---|
| 0 | the folder can be served; there may be warnings |
| 1 | it cannot, or `--portable` or `--deny-warnings` found something |
| 2 | the command line is wrong |

A folder of 2,000 fields and 200 connectors (160 kB, chains of ten) is checked in about 20 ms, be it right or with 200 mistakes:
`cargo bench --bench figures -- check`.

In a GitHub workflow: `c360 check my-gateway --format github --deny-warnings`.

## Codes

Each with an example, as it is drawn. The schemas stand in `tests/broken`; a test makes this page of what is said of them. The
codes of `gateway.toml` and of the folder itself are `CONFIGURATION` and `FOLDER`. Which code is about what: `docs/errors.md`.
";

/// Codes that only something unwieldy brings about.
const WITHOUT_EXAMPLE: [(&str, &str); 1] = [("TOO_MANY_SOURCES", "More than 65,535 sources.")];

#[test]
fn the_page_of_check_has_an_example_of_every_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut examples: BTreeMap<&'static str, String> = BTreeMap::new();
    for folder in sorted(&root.join("tests/broken"), |path| path.is_dir()) {
        let (problems, files) = problems(&folder);
        for problem in problems {
            let drawn = trimmed(&sdl::draw(std::slice::from_ref(&problem), &files, false));
            let drawn = drawn.trim_end();
            examples.entry(problem.code).or_insert_with(|| format!("```text\n{drawn}\n```\n"));
        }
    }
    for (code, said) in WITHOUT_EXAMPLE {
        examples.insert(code, format!("{said}\n"));
    }
    let mut page = HEAD.to_owned();
    for (code, example) in &examples {
        page += &format!("\n### {code}\n\n{example}");
    }
    let path = root.join("docs/check.md");
    if std::env::var_os("C360_UPDATE_BROKEN").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let table = fs::read_to_string(root.join("docs/errors.md")).unwrap();
    let (_, table) = table.split_once("\n## Schema problems\n").unwrap();
    let words = table.split('`').skip(1).step_by(2);
    let is_code = |word: &&str| word.contains('_') && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let missing: Vec<&str> = words.filter(is_code).filter(|code| !examples.contains_key(code)).collect();
    assert!(missing.is_empty(), "no schema in tests/broken shows {missing:?}");
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/check.md differs (C360_UPDATE_BROKEN=1 rewrites it)");
}

fn said(folder: &Path) -> String {
    let (problems, files) = problems(folder);
    trimmed(&sdl::draw(&problems, &files, false))
}

fn trimmed(drawn: &str) -> String {
    drawn.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// What is wrong with a folder; where it can be served, what is not portable in those named after that.
fn problems(folder: &Path) -> (Vec<sdl::Problem>, Vec<SourceText>) {
    let files = sorted(folder, |path| path.extension().is_some_and(|extension| extension == "graphql"));
    let files: Vec<SourceText> = files
        .iter()
        .map(|path| SourceText {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            text: fs::read_to_string(path).unwrap(),
        })
        .collect();
    let problems = match sdl::read(&files) {
        Ok(_) if folder.ends_with("32-not-portable") => sdl::portability(&files),
        Ok(reading) => reading.warnings,
        Err(problems) => problems,
    };
    (problems, files)
}

fn sorted(folder: &Path, keep: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| keep(path));
    paths.sort();
    paths
}
