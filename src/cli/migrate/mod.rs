//! `ablo migrate`.

mod apply;
mod lint;
mod new;
mod status;
mod verify;

use std::time::Duration;

use ablo_schema::error::Code;

use super::args::{DatabaseUrl, Locks, Migrate, MigrateCommand};
use super::console::Console;
use super::exit::Exit;
use super::failure::{Failure, Outcome};
use super::runtime::block_on;
use super::source::Source;
use crate::migrations::Folder;
use crate::migrations::database::{Apply, Database};

/// Runs a migrate command.
pub(super) fn run(migrate: &Migrate, source: &Source, console: &Console) -> Outcome {
    let folder = Folder::read(&migrate.dir)?;
    match &migrate.command {
        MigrateCommand::New { name, hints, allow, tables, online, at } => {
            let asked = new::Asked { name, hints, allow, tables, online: online.online, at: *at };
            new::run(&folder, &asked, source, console)
        }
        MigrateCommand::Lint { allow } => lint::run(&folder, allow, console),
        MigrateCommand::Baseline { tables, .. } if folder.is_empty() => new::baseline(&folder, tables, source, console),
        command => block_on(run_against(command, &folder, migrate, source, console))?,
    }
}

async fn run_against(
    command: &MigrateCommand,
    folder: &Folder,
    migrate: &Migrate,
    source: &Source,
    console: &Console,
) -> Outcome {
    let database = connect(&migrate.database).await?;
    match command {
        MigrateCommand::Plan { to } => {
            status::plan(&database, folder, Apply { to: *to, ..Apply::default() }, console).await
        }
        MigrateCommand::Apply { to, allow, locks } => {
            let out_of_order = allow_out_of_order(allow)?;
            apply::apply(&database, folder, Apply { out_of_order, ..options(locks, *to) }, console).await
        }
        MigrateCommand::Revert { to, locks } => {
            apply::revert(&database, folder, *to, options(locks, None), console).await
        }
        MigrateCommand::Baseline { to, locks, .. } => {
            apply::baseline(&database, folder, options(locks, *to), console).await
        }
        MigrateCommand::Verify => verify::run(&database, folder, console).await,
        MigrateCommand::Status => {
            let behind = new::behind(folder, source)?;
            status::status(&database, folder, behind, console).await
        }
        // Both are done before a database is asked for.
        MigrateCommand::New { .. } | MigrateCommand::Lint { .. } => Ok(Exit::Ok),
    }
}

/// Connects to the database that was named.
pub(super) async fn connect(url: &DatabaseUrl) -> Result<Database, Failure> {
    let Some(url) = &url.database_url else {
        return Err(Failure::new(Code::DatabaseNotNamed, "no database was named")
            .fix("pass `--database-url postgres://user:password@host:port/database` or set DATABASE_URL"));
    };
    Ok(Database::connect(url).await?)
}

fn options(locks: &Locks, to: Option<i64>) -> Apply {
    Apply {
        lock_timeout: Duration::from_secs(locks.lock_timeout),
        lock_wait: Duration::from_secs(locks.lock_wait),
        to,
        out_of_order: false,
    }
}

const OUT_OF_ORDER: &str = "out-of-order";

fn allow_out_of_order(allow: &[String]) -> Result<bool, Failure> {
    match allow.iter().find(|what| *what != OUT_OF_ORDER) {
        None => Ok(!allow.is_empty()),
        Some(other) => Err(Failure::new(Code::ArgumentInvalid, format!("`--allow={other}` is not known here"))
            .fix(format!("`--allow={OUT_OF_ORDER}` is the only one"))),
    }
}
