//! `c360 check`: proves schema and configuration together, without opening a port.

use std::io::IsTerminal;
use std::sync::Arc;

use clap::Args;

use super::{Failure, Folder};
use crate::{config, sdl, startup};

/// Check a gateway folder: every problem at once, with file, line and a way to mend it
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    c360 check ./my-gateway\n  \
    c360 check ./my-gateway --explain '{ customer(id: \"c-1\") { name tickets { nodes { subject } } } }'\n  \
    c360 check ./my-gateway --explain query.graphql")]
pub(super) struct Check {
    #[command(flatten)]
    folder: Folder,
    /// Show what a query would call: steps, widths, what each waits for. A text, or a file that holds it
    #[arg(long, value_name = "QUERY")]
    explain: Option<String>,
}

impl Check {
    pub(super) fn run(self) -> Result<(), Failure> {
        let colour = std::io::stderr().is_terminal();
        let folder = startup::read_folder(&self.folder.folder, &config::variable)?;
        let files = folder.files.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let _inside = runtime.enter();
        let assembled =
            startup::assemble(folder, Arc::new(config::variable), None).map_err(|faults| faults.draw(colour))?;
        eprint!("{}", sdl::draw(&assembled.warnings, &files, colour));
        match self.explain {
            None => println!("{} files, {} warnings: this folder can be served", files.len(), assembled.warnings.len()),
            Some(query) => {
                let text = std::fs::read_to_string(&query).unwrap_or(query);
                print!("{}", assembled.gateway.explain(&text, None)?);
            }
        }
        Ok(())
    }
}
