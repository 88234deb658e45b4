//! The command line, for the `ablo` binary and for a project's own one-line binary.
//!
//! ```no_run
//! use ablo::prelude::*;
//!
//! #[derive(AbloModel, Clone, Debug, PartialEq)]
//! pub struct Note {
//!     pub id: Id<Note>,
//!     pub text: String,
//! }
//!
//! #[derive(AbloSchema)]
//! pub struct Notes {
//!     pub notes: Note,
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     ablo::cli::run::<Notes>()
//! }
//! ```
//!
//! Data goes to standard output and everything else to standard error. Every command takes `--format json`.

mod args;
mod console;
mod db;
mod diff;
mod exit;
mod explain;
mod failure;
mod generate;
mod keys;
mod migrate;
mod progress;
mod runtime;
mod schema;
mod serve;
mod source;

use std::ffi::OsString;
use std::process::ExitCode;

use ablo_schema::error::Code;
use clap::{CommandFactory, Parser};

use args::{Cli, Command, Format};
use console::Console;
pub use exit::Exit;
use failure::{Failure, Outcome};
use source::Source;

/// Runs the command line over a compiled schema. `--schema FILE` still reads an artifact instead.
#[must_use]
pub fn run<S: crate::typed::Schema>() -> ExitCode {
    start(Source::compiled(S::def), std::env::args_os())
}

/// Runs the command line over the artifact named by `--schema`.
#[must_use]
pub fn run_artifact() -> ExitCode {
    start(Source::artifact(), std::env::args_os())
}

fn start(source: Source, args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(problem) => {
            // Clap prints help and version to standard output and mistakes to standard error.
            let _ = problem.print();
            return if problem.use_stderr() { Exit::Usage.into() } else { Exit::Ok.into() };
        }
    };
    let console = Console::new(cli.global.format, cli.global.color);
    let source = source.reading(cli.global.schema.clone());
    match dispatch(&cli.command, &source, &console) {
        Ok(exit) => exit.into(),
        Err(failure) if failure.is_closed_pipe() => Exit::Ok.into(),
        Err(failure) => {
            console.failure(&failure);
            failure.exit.into()
        }
    }
}

fn dispatch(command: &Command, source: &Source, console: &Console) -> Outcome {
    if console.format() == Format::Sql && !command.writes_sql() {
        let cause = "this command does not write SQL";
        return Err(Failure::new(Code::FormatUnsupported, cause).fix("use `--format human` or `--format json`"));
    }
    match command {
        Command::Schema(command) => schema::run(command, source, console),
        Command::Generate(command) => generate::run(command, source, console),
        Command::Keys(command) => keys::run(command, console),
        Command::Migrate(command) => migrate::run(command, source, console),
        Command::Db(command) => db::run(command, source, console),
        Command::Serve(command) => serve::run(command, source, console),
        Command::Explain { code } => explain::run(code, console),
        Command::Completions { shell } => completions(*shell, console),
    }
}

fn completions(shell: clap_complete::Shell, console: &Console) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "ablo", &mut script);
    if console.is_json() {
        let script = String::from_utf8_lossy(&script);
        console.json("ablo.completions/1", [("shell", shell.to_string().into()), ("script", (&*script).into())])?;
    } else {
        console.bytes(&script)?;
    }
    Ok(Exit::Ok)
}
