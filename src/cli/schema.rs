//! `c360 schema`: the contract that clients see, and the directives' definitions for editors.

use clap::Subcommand;

use super::say::say;
use super::{Failure, Folder};
use crate::{sdl, startup};

/// Look at the contract
#[derive(Debug, Subcommand)]
pub(super) enum Schema {
    /// Print the contract that clients see: connections expanded, directives and hidden fields left out
    Print(Folder),
    /// Print the definitions of the directives, by which GraphQL language servers complete and check (docs/editors.md)
    Directives,
}

impl Schema {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Schema::Print(folder) = self else {
            say(sdl::DIRECTIVES);
            return Ok(());
        };
        let files = startup::read_schema(&folder.folder)?;
        match sdl::read(&files) {
            Ok(reading) => {
                say(reading.contract);
                Ok(())
            }
            Err(schema) => Err(startup::Faults { schema, files, ..Default::default() }.into()),
        }
    }
}
