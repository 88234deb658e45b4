use serde::Serialize;

use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::failure::Outcome;
use crate::cli::progress::Progress;
use crate::migrations::Folder;
use crate::migrations::database::{Apply, Database, Revert};

#[derive(Serialize)]
struct Applied<'a> {
    database: String,
    applied: &'a [String],
}

#[derive(Serialize)]
struct Reverted<'a> {
    database: String,
    reverted: &'a [String],
}

/// `ablo migrate apply`.
pub(super) async fn apply(database: &Database, folder: &Folder, options: Apply, console: &Console) -> Outcome {
    console.note(&format!("applying to {}", database.target()));
    let progress = Progress::start("applying");
    let all = database
        .apply(folder, options, |applied| {
            progress.aside(|| step(console, &format!("applied {} ({:.1?})", applied.stem, applied.elapsed)));
        })
        .await?;
    drop(progress);
    let applied: Vec<String> = all.into_iter().map(|applied| applied.stem).collect();
    tell(console, "ablo.apply/1", &Applied { database: database.target(), applied: &applied }, applied.is_empty())
}

/// `ablo migrate baseline`.
pub(super) async fn baseline(database: &Database, folder: &Folder, options: Apply, console: &Console) -> Outcome {
    console.note(&format!("remembering as applied in {}", database.target()));
    let applied = database.baseline(folder, options).await?;
    for stem in &applied {
        step(console, &format!("remembered {stem}"));
    }
    tell(console, "ablo.baseline/1", &Applied { database: database.target(), applied: &applied }, applied.is_empty())
}

/// `ablo migrate revert`.
pub(super) async fn revert(
    database: &Database,
    folder: &Folder,
    to: Option<i64>,
    options: Apply,
    console: &Console,
) -> Outcome {
    console.note(&format!("taking back in {}", database.target()));
    let how_far = to.map_or(Revert::Last, Revert::To);
    let progress = Progress::start("taking back");
    let all = database
        .revert(folder, how_far, options, |reverted| {
            progress.aside(|| step(console, &format!("reverted {}", reverted.stem)));
        })
        .await?;
    drop(progress);
    let reverted: Vec<String> = all.into_iter().map(|reverted| reverted.stem).collect();
    tell(console, "ablo.revert/1", &Reverted { database: database.target(), reverted: &reverted }, reverted.is_empty())
}

/// Tells a step as it is done. A reader that went away does not stop a migration halfway.
fn step(console: &Console, text: &str) {
    if !console.is_json() {
        let _ = console.data(&format!("{text}\n"));
    }
}

fn tell(console: &Console, schema: &'static str, done: &impl Serialize, is_empty: bool) -> Outcome {
    if console.is_json() {
        console.document(schema, done)?;
    } else if is_empty {
        console.data("nothing to do\n")?;
    }
    Ok(Exit::Ok)
}
