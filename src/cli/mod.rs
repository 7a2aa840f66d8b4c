//! The command line: one file per command. Never engine logic.
//!
//! Exit codes: 0 all is well, 1 something is wrong with what was read or asked, 2 the command line itself is. `test` has
//! a failed test for 1, and 2 also for suites that cannot be read.

#![deny(clippy::print_stdout, reason = "it panics when the reader has left; `say` does not")]

mod check;
mod config;
mod demo;
mod diagnostics;
mod init;
mod log;
mod map;
mod say;
mod schema;
mod serve;
mod signals;
mod test;
mod trace;

pub use demo::{settings_of, shipped_schema};

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// One GraphQL endpoint that shows the whole customer, over the systems a company already has.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "A gateway is a folder:\n  \
        gateway.toml       where things are: addresses, credentials, limits (optional)\n  \
        schema/*.graphql   what clients see, and which source gives which field\n\n\
        Start with `c360 demo`: it needs no folder and no account.\n\
        `c360 init --list` shows which systems are connected ready-made.\n\
        C360_LOG sets what is logged: `C360_LOG=debug c360 serve`, `C360_LOG=c360=trace …`."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Init(init::Init),
    Serve(serve::Serve),
    Check(check::Check),
    Test(test::Test),
    Map(map::Map),
    #[command(subcommand)]
    Schema(schema::Schema),
    #[command(subcommand)]
    Config(config::Config),
}

/// Where a gateway folder is.
#[derive(Debug, clap::Args)]
struct Folder {
    /// Folder with gateway.toml and schema/*.graphql
    #[arg(default_value = ".", value_name = "FOLDER")]
    folder: PathBuf,
}

/// Reads the command line, does what it says, and returns the exit code.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    // A gateway that is served has the settings of its folder say how it logs.
    let is_served = matches!(cli.command, Command::Serve(_));
    let begun = if is_served { log::wanted().map(|_| ()) } else { log::begin(&crate::telemetry::Log::default()) };
    if let Err(why) = begun {
        eprintln!("{why}");
        return ExitCode::from(2);
    }
    let done = match cli.command {
        Command::Demo(demo) => block_on(demo.run()).map(|()| ExitCode::SUCCESS),
        Command::Init(init) => init.run().map(|()| ExitCode::SUCCESS),
        Command::Serve(serve) => block_on(serve.run()).map(|()| ExitCode::SUCCESS),
        Command::Check(check) => check.run(),
        Command::Test(test) => test.run(),
        Command::Map(map) => map.run().map(|()| ExitCode::SUCCESS),
        Command::Schema(schema) => schema.run().map(|()| ExitCode::SUCCESS),
        Command::Config(config) => config.run().map(|()| ExitCode::SUCCESS),
    };
    match done {
        Ok(code) => code,
        Err(why) => {
            eprintln!("{}", why.to_string().trim_end());
            ExitCode::FAILURE
        }
    }
}

/// What a command ends with when it cannot do its work.
type Failure = Box<dyn std::error::Error>;

fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}
