//! `ablo db`.

use std::path::Path;

use ablo_runtime::store::{CopyProgress, SqliteUpgrade, backup_sqlite, restore_sqlite};
use ablo_schema::error::AbloError;
use ablo_schema::json::Json;
use serde::Serialize;

use super::args::{Db, DbCommand, HintArgs};
use super::console::Console;
use super::diff;
use super::exit::Exit;
use super::failure::Outcome;
use super::migrate::connect;
use super::progress::Progress;
use super::runtime::block_on;
use super::source::Source;
use crate::migrations::adopt::{check, pull};
use crate::migrations::database::catalog::Catalog;

/// Runs a db command.
pub(super) fn run(db: &Db, source: &Source, console: &Console) -> Outcome {
    match &db.command {
        DbCommand::Check => run_check(db, source, console),
        DbCommand::Pull { name } => run_pull(db, name, console),
        DbCommand::Backup { file, copy } => run_copy(backup_sqlite, file, copy, console),
        DbCommand::Restore { copy, file } => run_copy(restore_sqlite, copy, file, console),
        DbCommand::Upgrade { file, hints, allow } => run_upgrade(file, hints, allow, source, console),
    }
}

fn catalog(db: &Db) -> Result<Catalog, super::failure::Failure> {
    let _progress = Progress::start("reading the catalog");
    block_on(async {
        let database = connect(&db.database).await?;
        let target = db.target.as_deref().unwrap_or(database.schema());
        Ok(database.catalog(target).await?)
    })?
}

#[derive(Serialize)]
struct Check<'a> {
    models: Vec<Model<'a>>,
}

#[derive(Serialize)]
struct Model<'a> {
    model: &'a str,
    table: &'a str,
    fits: bool,
    problems: Vec<Problem<'a>>,
}

#[derive(Serialize)]
struct Problem<'a> {
    column: Option<&'a str>,
    message: &'a str,
}

fn run_check(db: &Db, source: &Source, console: &Console) -> Outcome {
    let schema = source.schema()?;
    let fits = check(&schema, &catalog(db)?);
    if console.is_json() {
        let models = fits.iter().map(|fit| Model {
            model: &fit.model,
            table: &fit.table,
            fits: fit.misfits.is_empty(),
            problems: fit
                .misfits
                .iter()
                .map(|misfit| Problem { column: misfit.column.as_deref(), message: &misfit.message })
                .collect(),
        });
        console.document("ablo.dbcheck/1", &Check { models: models.collect() })?;
    } else {
        let mut text = String::new();
        for fit in &fits {
            let mark = if fit.misfits.is_empty() { "+ fits " } else { "! no   " };
            text += &format!("{mark} {} (table {})\n", fit.model, fit.table);
            for misfit in &fit.misfits {
                let place = misfit.column.as_ref().map_or_else(String::new, |column| format!("{column}: "));
                text += &format!("    {place}{}\n", misfit.message);
            }
        }
        console.data(&text)?;
    }
    let all = fits.iter().all(|fit| fit.misfits.is_empty());
    Ok(if all { Exit::Ok } else { Exit::Pending })
}

/// One of the two ways to copy a file.
type Copying = fn(&Path, &Path, &mut dyn FnMut(CopyProgress)) -> Result<u64, AbloError>;

fn run_copy(copying: Copying, from: &Path, to: &Path, console: &Console) -> Outcome {
    let progress = Progress::start("copying");
    let bytes = copying(from, to, &mut |CopyProgress { done, total }| {
        progress.set(if done < total {
            format!("copying: {} %", done * 100 / total)
        } else {
            "checking the copy".into()
        });
    })?;
    drop(progress);
    if console.is_json() {
        let members = [("file", Json::from(&*to.to_string_lossy())), ("bytes", Json::from(bytes))];
        console.json("ablo.copy/1", members)?;
    } else {
        console.data(&format!("wrote {} ({bytes} bytes)\n", to.display()))?;
    }
    Ok(Exit::Ok)
}

/// Upgrades an embedded file.
fn run_upgrade(file: &Path, hints: &HintArgs, allow: &[String], source: &Source, console: &Console) -> Outcome {
    let schema = source.schema()?;
    let upgrade = SqliteUpgrade { hints: diff::hints(hints, &schema)?, allowed: diff::allowed(allow)? };
    let steps = upgrade.run(file, &schema)?;
    if console.is_json() {
        let steps = steps.iter().map(ablo_schema::migrate::Step::to_json).collect();
        console.json("ablo.upgrade/1", [("steps", Json::Array(steps))])?;
    } else if steps.is_empty() {
        console.data("nothing to do\n")?;
    } else {
        console.data(&diff::steps(&steps))?;
    }
    Ok(Exit::Ok)
}

#[derive(Serialize)]
struct Pull<'a> {
    rust: &'a str,
    notes: &'a [String],
}

fn run_pull(db: &Db, name: &str, console: &Console) -> Outcome {
    let pulled = pull(&catalog(db)?, name);
    if console.is_json() {
        console.document("ablo.pull/1", &Pull { rust: &pulled.rust, notes: &pulled.notes })?;
        return Ok(Exit::Ok);
    }
    console.data(&pulled.rust)?;
    for note in &pulled.notes {
        console.note(&format!("note: {note}"));
    }
    Ok(Exit::Ok)
}
