//! A gateway folder over the street's departments, as an operator would write it.

use std::fmt::Write as _;
use std::path::Path;

use c360::cli;
use c360::demo::{Credentials, Which};

use super::super::faults::ageing::ageing;
use super::super::faults::street::{Street, source_of};

/// Writes `gateway.toml` and `schema/` of a gateway at `port`; `more` stands at the end of the former.
pub fn write(folder: &Path, street: &Street, port: u16, more: &str) {
    write_schema(folder, str::to_owned);
    std::fs::write(folder.join("gateway.toml"), settings(street, port, "timeout = \"2s\"", more)).unwrap();
}

/// The same over a schema by which nothing is fresh for longer than a second, and nothing is kept for errors: departments
/// are asked all the time. `each` stands in the table of every source.
pub fn write_forgetful(folder: &Path, street: &Street, port: u16, each: &str, more: &str) {
    write_schema(folder, |text| ageing(text, 1, false));
    write_settings(folder, street, port, each, more);
}

/// Other settings take the place of those that are there, at once.
pub fn write_settings(folder: &Path, street: &Street, port: u16, each: &str, more: &str) {
    let aside = folder.join("aside");
    std::fs::write(&aside, settings(street, port, each, more)).unwrap();
    std::fs::rename(aside, folder.join("gateway.toml")).unwrap();
}

fn write_schema(folder: &Path, change: impl Fn(&str) -> String) {
    std::fs::create_dir_all(folder.join("schema")).unwrap();
    for file in cli::shipped_schema() {
        std::fs::write(folder.join(&file.name), change(&file.text)).unwrap();
    }
}

fn settings(street: &Street, port: u16, each: &str, more: &str) -> String {
    // How busy the machine is that tests run on is no matter of theirs.
    let mut out = format!("[http]\nlisten = \"127.0.0.1:{port}\"\nnotice = \"500ms\"\nmax_lag = \"0s\"\n");
    for department in street.town.departments() {
        let name = source_of(department.which());
        let url = street.gates[name].origin();
        let config = match department.which() {
            Which::Support => "{ escalationField = 3600000000101 }",
            Which::Marketing => "{ portalId = \"4711\" }",
            Which::Sales | Which::Billing | Which::Usage => "{}",
        };
        let auth = match department.credentials() {
            Credentials::Bearer { token } => format!("bearer = {{ token = \"{token}\" }}"),
            Credentials::Basic { user, password } => {
                format!("basic = {{ user = \"{user}\", password = \"{password}\" }}")
            }
            Credentials::ClientCredentials { token_path, client_id, client_secret } => format!(
                "oauth2-client-credentials = {{ token_url = \"{url}{token_path}\", client_id = \"{client_id}\", \
                 client_secret = \"{client_secret}\", base_from = \"instance_url\" }}"
            ),
        };
        write!(out, "\n[sources.{name}]\nurl = \"{url}\"\nconfig = {config}\nauth = {{ {auth} }}\n{each}\n").unwrap();
    }
    out.push_str(more);
    out
}
