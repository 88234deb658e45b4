//! The command line over a schema compiled in: the whole binary of a team's own crate.
#![allow(missing_docs)]

use ablo::prelude::*;

#[derive(AbloModel, Clone, Debug)]
#[ablo(mutable)]
pub struct Note {
    pub id: Id<Note>,
    pub text: String,
}

#[derive(AbloSchema)]
pub struct Notes {
    pub notes: Note,
}

fn main() -> std::process::ExitCode {
    ablo::cli::run::<Notes>()
}
