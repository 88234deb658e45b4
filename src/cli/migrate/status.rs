use serde::Serialize;

use crate::cli::args::Format;
use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::failure::Outcome;
use crate::migrations::database::{Apply, Database, State};
use crate::migrations::{Folder, stale, statements};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    version: i64,
    name: &'a str,
    state: &'a str,
    applied_at: Option<&'a str>,
}

#[derive(Serialize)]
struct Lines<'a> {
    migrations: Vec<Line<'a>>,
    /// How many changes the models are ahead of the folder; null when no schema was named.
    behind: Option<usize>,
}

/// `ablo migrate status`.
pub(super) async fn status(database: &Database, folder: &Folder, behind: Option<usize>, console: &Console) -> Outcome {
    let all = database.status(folder).await?;
    if console.is_json() {
        let migrations = all
            .iter()
            .map(|one| Line {
                version: one.version,
                name: &one.name,
                state: one.state.as_str(),
                applied_at: one.applied_at.as_deref(),
            })
            .collect();
        console.document("ablo.status/1", &Lines { migrations, behind })?;
    } else {
        let text: String = all
            .iter()
            .map(|one| {
                let mark = match one.state {
                    State::Applied => '+',
                    State::Pending => '~',
                    State::Interrupted | State::Changed | State::Missing => '!',
                };
                let at = one.applied_at.as_deref().map_or_else(String::new, |at| format!("  {at}"));
                format!("{mark} {:<11}  {}_{}{at}\n", one.state.as_str(), one.version, one.name)
            })
            .collect();
        console.data(if all.is_empty() { "no migrations\n" } else { &text })?;
    }
    let ahead = behind.filter(|changes| *changes > 0);
    if let Some(changes) = ahead {
        console.note(&stale(changes));
    }
    let settled = ahead.is_none() && all.iter().all(|one| one.state == State::Applied);
    Ok(if settled { Exit::Ok } else { Exit::Pending })
}

#[derive(Serialize)]
struct Planned<'a> {
    stem: String,
    transaction: bool,
    statements: Vec<&'a str>,
}

#[derive(Serialize)]
struct Plan<'a> {
    database: String,
    pending: Vec<Planned<'a>>,
}

/// `ablo migrate plan`.
pub(super) async fn plan(database: &Database, folder: &Folder, options: Apply, console: &Console) -> Outcome {
    let pending = database.pending(folder, options).await?;
    match console.format() {
        Format::Json => {
            let pending = pending
                .iter()
                .map(|migration| Planned {
                    stem: migration.stem(),
                    transaction: migration.is_transactional(),
                    statements: statements(&migration.up).iter().map(|statement| statement.text).collect(),
                })
                .collect();
            console.document("ablo.plan/1", &Plan { database: database.target(), pending })?;
        }
        Format::Sql => {
            let text: String =
                pending.iter().map(|migration| format!("-- {}\n{}\n", migration.up_file(), migration.up)).collect();
            console.data(&text)?;
        }
        Format::Human => {
            let text: String = pending
                .iter()
                .map(|migration| {
                    let how = if migration.is_transactional() { "" } else { ", outside a transaction" };
                    let lines: String = statements(&migration.up)
                        .iter()
                        .map(|statement| format!("    {}\n", statement.text.replace('\n', "\n    ")))
                        .collect();
                    format!("~ {}{how}\n{lines}", migration.stem())
                })
                .collect();
            console.data(if pending.is_empty() { "nothing is pending\n" } else { &text })?;
        }
    }
    Ok(if pending.is_empty() { Exit::Ok } else { Exit::Pending })
}
