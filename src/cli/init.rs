//! `c360 init`: a working folder from ready-made connections.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;

use super::Failure;
use super::say::say;
use crate::presets::{self, Preset, SHELF};

/// Write a gateway folder from ready-made connections to well-known systems
///
/// The folder holds the schema, gateway.toml, and a README with the next steps. Nothing that exists is
/// overwritten, and no secret is asked for or written.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:\n  \
    c360 init --list\n  \
    c360 init ./my-gateway --with salesforce,zendesk,stripe\n  \
    c360 init ./my-gateway --with pipedrive,salesforce   where both know a customer, the first one speaks"
)]
pub(super) struct Init {
    /// Folder to write into; it may exist if none of the files does
    #[arg(default_value = ".", value_name = "FOLDER")]
    folder: PathBuf,
    /// Which systems, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "SYSTEMS", required_unless_present = "list")]
    with: Vec<String>,
    /// Show the systems there are
    #[arg(long)]
    list: bool,
}

impl Init {
    pub(super) fn run(self) -> Result<(), Failure> {
        if self.list {
            say(list());
            return Ok(());
        }
        let files = presets::compose(&chosen(&self.with)?);
        let paths: Vec<PathBuf> = files.iter().map(|file| self.folder.join(&file.path)).collect();
        // A link that leads nowhere is something, too.
        let existing: Vec<&PathBuf> = paths.iter().filter(|path| fs::symlink_metadata(path).is_ok()).collect();
        if !existing.is_empty() {
            let named: Vec<String> = existing.iter().map(|path| format!("  {}", path.display())).collect();
            let sentence = "these files exist and are not overwritten; name another folder, or move them away";
            return Err(format!("{sentence}:\n{}", named.join("\n")).into());
        }
        for (file, path) in files.iter().zip(&paths) {
            write(path, &file.text)?;
        }
        let folder = self.folder.display();
        say(format_args!("wrote {} files to {folder}:\n", files.len()));
        for file in &files {
            say(format_args!("  {}\n", file.path));
        }
        say(format_args!(
            "\nNext: README.md there says what each system needs. Then\n  \
             cd {folder} && cp .env.example .env      # fill in\n  \
             set -a; . ./.env; set +a; c360 check .\n"
        ));
        Ok(())
    }
}

fn chosen(names: &[String]) -> Result<Vec<&'static Preset>, Failure> {
    let known = || SHELF.iter().map(|preset| preset.name).collect::<Vec<_>>().join(", ");
    let mut presets = Vec::new();
    let mut unknown = Vec::new();
    for name in names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
        match presets::find(name) {
            Ok(preset) => presets.push(preset),
            Err(near) => unknown.push(format!("no system is called `{name}`; did you mean {near}?")),
        }
    }
    match (unknown.is_empty(), presets.is_empty()) {
        (true, false) => Ok(presets),
        (true, true) => Err(format!("--with names no system; there are {}", known()).into()),
        (false, _) => Err(format!("{}\nThere are {}", unknown.join("\n"), known()).into()),
    }
}

/// Never over something that came to be in the meantime.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |why: std::io::Error| match why.kind() {
        ErrorKind::AlreadyExists => format!("{} exists and is not overwritten", path.display()),
        _ => format!("{} cannot be written: {why}", path.display()),
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = fs::File::create_new(path).map_err(failed)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
    Ok(())
}

fn list() -> String {
    let line = |preset: &Preset| {
        format!("{:<13} {:<10} {}: {}\n", preset.name, preset.department.name(), preset.title, preset.brings)
    };
    SHELF.iter().map(line).collect()
}
