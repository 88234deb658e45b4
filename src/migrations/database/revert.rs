use ablo_schema::error::{AbloError, Code};

use super::status::check_history;
use super::{Apply, Database, State};
use crate::migrations::folder::is_transactional;
use crate::migrations::{Folder, Migration, statements};

/// How far to go back.
#[derive(Clone, Copy, Debug)]
pub enum Revert {
    /// The newest change: all migrations its snapshot lists, else the newest migration.
    Last,
    /// Everything newer than this version.
    To(i64),
}

/// A migration that was just taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reverted {
    /// Its file's name, without the ending.
    pub stem: String,
}

impl Database {
    /// Takes applied migrations back, newest first.
    ///
    /// # Errors
    /// When one of them has no way down, then nothing is taken back; and the first statement that fails.
    pub async fn revert(
        &self,
        folder: &Folder,
        how_far: Revert,
        options: Apply,
        mut done: impl FnMut(&Reverted),
    ) -> Result<Vec<Reverted>, AbloError> {
        self.lock(options.lock_wait).await?;
        self.prepare(options.lock_timeout).await?;
        let mut all = Vec::new();
        for (migration, down) in self.to_revert(folder, how_far).await? {
            if !is_transactional(down) {
                self.unfinish(migration.version).await?;
            }
            self.run_file(&migration.down_file(), down, async || self.forget(migration.version).await).await?;
            let reverted = Reverted { stem: migration.stem() };
            done(&reverted);
            all.push(reverted);
        }
        Ok(all)
    }

    /// What going back means: applied migrations, newest first, with their way down.
    ///
    /// # Errors
    /// When one of them has no way down.
    pub async fn to_revert<'a>(
        &self,
        folder: &'a Folder,
        how_far: Revert,
    ) -> Result<Vec<(&'a Migration, &'a str)>, AbloError> {
        let all = self.status(folder).await?;
        check_history(&all)?;
        let applied: Vec<i64> = all
            .iter()
            .filter(|status| matches!(status.state, State::Applied | State::Interrupted))
            .map(|status| status.version)
            .collect();
        let Some(newest) = applied.last() else { return Ok(Vec::new()) };
        let floor = match how_far {
            Revert::To(version) => version,
            Revert::Last => first_of_change(folder, *newest) - 1,
        };
        let migrations = folder.migrations.iter().rev();
        migrations
            .filter(|migration| migration.version > floor && applied.contains(&migration.version))
            .map(|migration| Ok((migration, way_down(migration)?)))
            .collect()
    }
}

/// The oldest version of the change that this version belongs to.
fn first_of_change(folder: &Folder, version: i64) -> i64 {
    let stem = folder.migrations.iter().find(|migration| migration.version == version).map(Migration::stem);
    let change =
        folder.snapshots.iter().find(|snapshot| stem.as_ref().is_some_and(|stem| snapshot.migrations.contains(stem)));
    change.map_or(version, |snapshot| snapshot.version)
}

fn way_down(migration: &Migration) -> Result<&str, AbloError> {
    let refuse = |why: String| {
        AbloError::new(Code::MigrationIrreversible, format!("{} has no way down: {why}", migration.stem()))
            .detail("fix", format!("write {} by hand, or restore a backup", migration.down_file()))
    };
    match &migration.down {
        None => Err(refuse("it has no `.down.sql`".to_owned())),
        Some(down) if is_irreversible(down) => Err(refuse(first_comment(down))),
        Some(down) => Ok(down),
    }
}

/// What a generated file starts with when the change cannot be taken back.
pub(in crate::migrations) const IRREVERSIBLE: &str = "-- irreversible:";

fn is_irreversible(down: &str) -> bool {
    down.starts_with(IRREVERSIBLE) && statements(down).is_empty()
}

fn first_comment(down: &str) -> String {
    down.lines().next().unwrap_or_default().trim_start_matches(IRREVERSIBLE).trim().to_owned()
}
