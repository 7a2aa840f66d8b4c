//! `c360 schema print`: the contract that clients see.

use clap::Subcommand;

use super::{Failure, Folder};
use crate::{config, sdl, startup};

/// Look at the contract
#[derive(Debug, Subcommand)]
pub(super) enum Schema {
    /// Print the contract that clients see: connections expanded, directives and hidden fields left out
    Print(Folder),
}

impl Schema {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Schema::Print(folder) = self;
        let folder = startup::read_folder(&folder.folder, &config::variable)?;
        match sdl::read(&folder.files) {
            Ok(reading) => {
                print!("{}", reading.contract);
                Ok(())
            }
            Err(schema) => Err(startup::Faults { schema, files: folder.files, ..Default::default() }.into()),
        }
    }
}
