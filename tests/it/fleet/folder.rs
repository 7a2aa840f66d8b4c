//! A gateway folder over the street's departments, as an operator would write it.

use std::fmt::Write as _;
use std::path::Path;

use c360::cli;
use c360::demo::{Credentials, Which};

use super::super::faults::street::{Street, source_of};

/// Writes `gateway.toml` and `schema/` of a gateway at `port`; `more` stands at the end of the former.
pub fn write(folder: &Path, street: &Street, port: u16, more: &str) {
    std::fs::create_dir_all(folder.join("schema")).unwrap();
    for file in cli::shipped_schema() {
        std::fs::write(folder.join(&file.name), &file.text).unwrap();
    }
    std::fs::write(folder.join("gateway.toml"), settings(street, port, more)).unwrap();
}

fn settings(street: &Street, port: u16, more: &str) -> String {
    let mut out = format!("[http]\nlisten = \"127.0.0.1:{port}\"\nnotice = \"500ms\"\n");
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
        write!(out, "\n[sources.{name}]\nurl = \"{url}\"\ntimeout = \"2s\"\nconfig = {config}\nauth = {{ {auth} }}\n")
            .unwrap();
    }
    out.push_str(more);
    out
}
