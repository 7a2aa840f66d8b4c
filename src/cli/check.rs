//! `c360 check`: proves schema and configuration together, without opening a port.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::diagnostics::{Diagnostic, Format};
use super::say::say;
use super::{Failure, Folder};
use crate::startup::{self, Assembled, Faults};
use crate::{config, sdl};

/// Check a gateway folder: every problem at once, with file, line, column and a way to mend it
#[derive(Debug, Args)]
#[command(after_help = "Exit codes:\n  \
    0  the folder can be served; there may be warnings\n  \
    1  it cannot, or --portable or --deny-warnings found something\n  \
    2  the command line is wrong\n\n\
    Examples:\n  \
    c360 check ./my-gateway\n  \
    c360 check ./my-gateway --portable\n  \
    c360 check ./my-gateway --format github       # in a workflow: problems stand beside the lines\n  \
    c360 check ./my-gateway --explain '{ customer(id: \"c-1\") { name tickets { nodes { subject } } } }'\n  \
    c360 check ./my-gateway --explain query.graphql\n\n\
    Every code with an example: docs/check.md")]
pub(super) struct Check {
    #[command(flatten)]
    folder: Folder,
    /// Show what a query would call: steps, widths, what each waits for. A text, or a file that holds it
    #[arg(long, value_name = "QUERY", conflicts_with_all = ["format", "portable"])]
    explain: Option<String>,
    /// How problems are printed: drawn with their lines, as JSON, or as GitHub workflow commands
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Also tell what another implementation of connect/v0.4 would not run
    #[arg(long)]
    portable: bool,
    /// End with 1 where there are warnings, too
    #[arg(long)]
    deny_warnings: bool,
}

impl Check {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let _inside = runtime.enter();
        let mut found = Found::default();
        if let Some(assembled) = found.read(&self) {
            if let Some(query) = &self.explain {
                eprint!("{}", sdl::draw(&assembled.warnings, &found.files, std::io::stderr().is_terminal()));
                let text = query_of(query)?;
                say(assembled.gateway.explain(&text, None)?);
                return Ok(ExitCode::SUCCESS);
            }
            found.schema.extend(assembled.warnings);
            found.notes = assembled.notes;
            if self.portable {
                found.schema.extend(sdl::portability(&found.files));
            }
        }
        found.print(&self);
        let fails = found.errors() > 0 || self.deny_warnings && found.warnings() > 0;
        Ok(if fails { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// The query itself, or the file that holds it.
fn query_of(said: &str) -> Result<String, Failure> {
    match std::fs::read_to_string(said) {
        Ok(text) => Ok(text),
        // Every query has a brace, and hardly a file's name.
        Err(_) if said.contains('{') => Ok(said.to_owned()),
        Err(why) => Err(format!(
            "{said}: cannot be read ({why}); expected a query such as '{{ __typename }}', or a file that holds one"
        )
        .into()),
    }
}

/// What is wrong with a folder.
#[derive(Default)]
struct Found {
    files: Vec<sdl::SourceText>,
    schema: Vec<sdl::Problem>,
    config: Vec<config::Problem>,
    others: Vec<String>,
    notes: Vec<String>,
}

impl Found {
    /// The gateway as assembled, where the folder can be served.
    fn read(&mut self, check: &Check) -> Option<Assembled> {
        let folder = match startup::read_folder(&check.folder.folder, &config::variable) {
            Ok(folder) => folder,
            Err(faults) => {
                self.take(faults);
                return None;
            }
        };
        self.files.clone_from(&folder.files);
        match startup::assemble(folder, Arc::new(config::variable), None) {
            Ok(assembled) => Some(assembled),
            Err(faults) => {
                self.take(faults);
                None
            }
        }
    }

    fn take(&mut self, faults: Faults) {
        self.schema.extend(faults.schema);
        self.config.extend(faults.config);
        self.others.extend(faults.others);
        if self.files.is_empty() {
            self.files = faults.files;
        }
    }

    fn errors(&self) -> usize {
        self.schema.len() - self.warnings() + self.config.len() + self.others.len()
    }

    fn warnings(&self) -> usize {
        self.schema.iter().filter(|problem| problem.severity == sdl::Severity::Warning).count()
    }

    fn print(&self, check: &Check) {
        let all = self.diagnostics(check);
        match check.format {
            Format::Json => say(Diagnostic::json(&all)),
            Format::Github => say(all.iter().map(|diagnostic| diagnostic.github() + "\n").collect::<String>()),
            Format::Human => {
                eprint!("{}", sdl::draw(&self.schema, &self.files, std::io::stderr().is_terminal()));
                self.config.iter().for_each(|problem| eprintln!("{problem}"));
                self.others.iter().chain(&self.notes).for_each(|sentence| eprintln!("{sentence}"));
                let (errors, warnings) = (counted(self.errors(), "error"), counted(self.warnings(), "warning"));
                let files = counted(self.files.len(), "file");
                if self.errors() == 0 {
                    let portable = if check.portable { ", here and elsewhere" } else { "" };
                    say(format_args!("{files}, {warnings}: this folder can be served{portable}\n"));
                } else {
                    eprintln!("{files}, {errors}, {warnings}");
                }
            }
        }
    }

    fn diagnostics(&self, check: &Check) -> Vec<Diagnostic> {
        let folder = &check.folder.folder;
        let schema = self.schema.iter().map(|problem| Diagnostic::of_schema(problem, folder, &self.files));
        let config = self.config.iter().map(Diagnostic::of_config);
        let others = self.others.iter().map(|sentence| Diagnostic::of_folder(sentence));
        schema.chain(config).chain(others).collect()
    }
}

/// `1 file`, `2 files`.
fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
