//! `c360 config schema`: what may stand in gateway.toml, for editors.

use clap::Subcommand;

use super::Failure;
use super::say::say;
use crate::config;

/// Look at the configuration
#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Print the JSON Schema of gateway.toml, by which editors complete and check it (docs/editors.md)
    Schema,
}

impl Config {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Config::Schema = self;
        say(format_args!("{:#}\n", config::json_schema()));
        Ok(())
    }
}
