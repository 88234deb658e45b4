//! A new change: its files, out of the statements that lead to it.

use std::fs;
use std::path::{Path, PathBuf};

use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::SchemaDef;
use ablo_schema::migrate;
use ablo_schema::sql::{Plan, Statement};

use super::folder::META;
use super::{Folder, Migration, NO_TRANSACTION, Rule, Snapshot, Tables, lint_alone};

/// What makes a change, beside its statements.
pub struct Change<'a> {
    /// Its name.
    pub name: &'a str,
    /// The version of its first file.
    pub version: i64,
    /// The schema it leads to.
    pub schema: &'a SchemaDef,
    /// How tables are made.
    pub tables: &'a Tables,
    /// The rules of [`super::lint()`] that the author has allowed.
    pub allowed: &'a [Rule],
}

/// A change that is not yet written.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its migrations, in order.
    pub migrations: Vec<Migration>,
    /// What it leads to.
    pub snapshot: Snapshot,
}

/// The migrations of a change. What cannot run in a transaction gets a file of its own.
#[must_use]
pub fn draft(change: &Change<'_>, parent: Option<&Snapshot>, migration: &migrate::Migration) -> Draft {
    let ups = groups(&migration.up);
    let downs = groups(&migration.down);
    let count = ups.len().max(downs.len());
    let mut migrations = Vec::new();
    for (index, version) in (0..count).zip(change.version..) {
        let name = if index == 0 { change.name.to_owned() } else { format!("{}_{}", change.name, index + 1) };
        let up = ups.get(index).map_or_else(|| "-- Nothing to apply.\n".to_owned(), |group| text(group));
        // The way down runs the files from the last to the first, so its last group belongs to the first file.
        let down = downs.len().checked_sub(index + 1).map(|at| text(&downs[at]));
        let mut down = down.unwrap_or_else(|| "-- Nothing to take back.\n".to_owned());
        if index == 0 {
            down = with_losses(down, migration);
        }
        let drafted = Migration { version, name, up, down: Some(down) };
        migrations.push(with_allowances(drafted, ups.get(index), change.allowed));
    }
    let snapshot = Snapshot {
        version: change.version,
        name: change.name.to_owned(),
        parent: parent.map(|parent| parent.hash.clone()),
        hash: String::new(),
        migrations: migrations.iter().map(Migration::stem).collect(),
        tables: change.tables.clone(),
        schema: change.schema.clone(),
    };
    Draft { migrations, snapshot: snapshot.sealed() }
}

/// Statements that share a file: neighbours that run in a transaction, or one that does not.
fn groups(plan: &Plan) -> Vec<Vec<&Statement>> {
    let mut groups: Vec<Vec<&Statement>> = Vec::new();
    for statement in &plan.statements {
        match groups.last_mut() {
            Some(last) if statement.is_transactional() && last.iter().all(|other| other.is_transactional()) => {
                last.push(statement)
            }
            _ => groups.push(vec![statement]),
        }
    }
    groups
}

fn text(group: &[&Statement]) -> String {
    let mut text = String::new();
    if group.iter().any(|statement| !statement.is_transactional()) {
        text += &format!("{NO_TRANSACTION}\n");
    }
    for statement in group {
        text += &format!("{}\n", statement.text);
    }
    text
}

/// Says at the head of the way down what it does not bring back.
fn with_losses(down: String, migration: &migrate::Migration) -> String {
    let lines: String = migration
        .lost
        .iter()
        .map(|note| {
            let model = note.cause.model.as_deref().unwrap_or_default();
            let field = note.cause.field.as_ref().map_or_else(String::new, |field| format!(".{field}"));
            format!("-- does not restore {model}{field}: {}\n", note.message)
        })
        .collect();
    after_head(&down, &lines)
}

/// Writes where the linter looks for it what the author has allowed, and what it would only say of statements that are
/// known to be safe, whatever they look like.
fn with_allowances(mut migration: Migration, group: Option<&Vec<&Statement>>, allowed: &[Rule]) -> Migration {
    let is_safe = |text: &str| {
        let mut statements = group.into_iter().flatten();
        statements.any(|statement| statement.risk.is_none() && statement.text.trim_end_matches(';') == text)
    };
    let findings = lint_alone(&migration);
    let is_known = |rule: Rule| findings.iter().all(|found| found.rule != rule || is_safe(&found.statement));
    let mut rules: Vec<Rule> = findings.iter().map(|finding| finding.rule).collect();
    rules.retain(|rule| allowed.contains(rule) || is_known(*rule));
    rules.sort_unstable();
    rules.dedup();
    if !rules.is_empty() {
        let names: Vec<&str> = rules.iter().map(|rule| rule.name()).collect();
        migration.up = after_head(&migration.up, &format!("-- allow: {}\n", names.join(", ")));
    }
    migration
}

/// Inserts comments where they are not the first bytes of a file that must start otherwise.
fn after_head(sql: &str, comments: &str) -> String {
    match sql.strip_prefix(NO_TRANSACTION).and_then(|rest| rest.strip_prefix('\n')) {
        Some(rest) => format!("{NO_TRANSACTION}\n{comments}{rest}"),
        None => format!("{comments}{sql}"),
    }
}

impl Draft {
    /// Writes the files; the snapshot last, so that a change that was cut short is not taken for a whole one.
    ///
    /// # Errors
    /// When a file cannot be written, or exists.
    pub fn write(&self, folder: &Folder) -> Result<Vec<PathBuf>, AbloError> {
        let mut written = Vec::new();
        for migration in &self.migrations {
            let down = migration.down.as_ref().map(|down| (migration.down_file(), down));
            for (name, text) in [(migration.up_file(), &migration.up)].into_iter().chain(down) {
                written.push(create(&folder.path.join(name), text)?);
            }
        }
        let name = format!("{}.json", self.snapshot.stem());
        written.push(create(&folder.path.join(META).join(name), &self.snapshot.to_json()?)?);
        Ok(written)
    }
}

fn create(path: &Path, text: &str) -> Result<PathBuf, AbloError> {
    let failed = |error: std::io::Error| {
        AbloError::new(Code::FileUnwritable, format!("cannot write {}: {error}", path.display()))
            .detail("fix", "check the folder and its permissions")
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = fs::File::create_new(path).map_err(failed)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
    Ok(path.to_owned())
}
