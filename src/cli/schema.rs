//! `ablo schema`.

use ablo_schema::error::Problem;
use serde::Serialize;

use super::args::SchemaCommand;
use super::console::Console;
use super::diff;
use super::exit::Exit;
use super::failure::{Failure, Outcome};
use super::source::Source;

/// Runs a schema command.
pub(super) fn run(command: &SchemaCommand, source: &Source, console: &Console) -> Outcome {
    match command {
        SchemaCommand::Check => check(source, console),
        SchemaCommand::Hash => hash(source, console),
        SchemaCommand::Print { extended } => print(*extended, source, console),
        SchemaCommand::Diff(args) => diff::run(args, source, console),
    }
}

#[derive(Serialize)]
struct Check {
    ok: bool,
    models: usize,
    hash: String,
    problems: Vec<Problem>,
}

fn check(source: &Source, console: &Console) -> Outcome {
    let def = source.def()?;
    let (models, hash) = (def.models.len(), def.hash().to_string());
    let failure = def.validate().err().map(Failure::from);
    if console.is_json() {
        let ok = failure.is_none();
        let problems = failure.map_or_else(Vec::new, |failure| failure.problems);
        console.document("ablo.check/1", &Check { ok, models, hash, problems })?;
        return Ok(if ok { Exit::Ok } else { Exit::Failed });
    }
    match failure {
        Some(failure) => Err(failure),
        None => {
            let noun = if models == 1 { "model" } else { "models" };
            console.data(&format!("ok: {models} {noun}, hash {hash}\n"))?;
            Ok(Exit::Ok)
        }
    }
}

#[derive(Serialize)]
struct Hash {
    hash: String,
}

fn hash(source: &Source, console: &Console) -> Outcome {
    let hash = source.def()?.hash().to_string();
    if console.is_json() {
        console.document("ablo.hash/1", &Hash { hash })?;
    } else {
        console.data(&(hash + "\n"))?;
    }
    Ok(Exit::Ok)
}

/// The artifact is JSON in every format.
fn print(extended: bool, source: &Source, console: &Console) -> Outcome {
    let def = source.def()?;
    let mut text = if extended { def.to_artifact_extended() } else { def.to_artifact() };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    console.data(&text)?;
    Ok(Exit::Ok)
}
