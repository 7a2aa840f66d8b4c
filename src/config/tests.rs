//! Texts in, settings or problems out.

mod again;
mod page;
mod places;
mod secrets;

use std::path::Path;

use super::{Settings, read_text};

const ENVIRONMENT: [(&str, &str); 5] =
    [("HOST", "crm.example"), ("TOKEN", "hunter2"), ("EMPTY", ""), ("COUNT", "12"), ("FLAG", "false")];

fn environment(name: &str) -> Option<String> {
    ENVIRONMENT.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
}

fn read_in(folder: &Path, text: &str) -> Result<Settings, Vec<String>> {
    read_text("gateway.toml", text, folder, &environment)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn read(text: &str) -> Result<Settings, Vec<String>> {
    read_in(Path::new("/nowhere"), text)
}
