//! What to think about before a file runs on live tables. It reads the files, so that edited ones are judged too.

mod judge;
#[cfg(test)]
mod tests;
mod tokens;

use super::{Folder, Migration, Statement, statements};
use judge::Judge;

/// Makes [`Rule`] from one table: name, why, fix.
macro_rules! rules {
    ($($rule:ident $name:literal $why:literal $fix:literal;)*) => {
        /// Something a migration should not do without being asked twice.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule {
            $(#[doc = $why] $rule,)*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$rule,)*];

            /// Its name, as `--allow` takes it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$rule => $name,)* }
            }

            /// What would happen.
            #[must_use]
            pub const fn why(self) -> &'static str {
                match self { $(Self::$rule => $why,)* }
            }

            /// What to do instead.
            #[must_use]
            pub const fn fix(self) -> &'static str {
                match self { $(Self::$rule => $fix,)* }
            }
        }
    };
}

rules! {
    DropTable "drop-table" "the rows are gone" "rename the table first and drop it once nobody reads it";
    DropColumn "drop-column" "the values are gone" "stop reading the column first, and drop it in a later release";
    DropConstraint "drop-constraint" "rows are no longer held to it" "check that the application holds to it, then allow it";
    Truncate "truncate" "the rows are gone" "delete what must go, by a condition, in batches";
    DeleteAll "delete-all" "a DELETE without WHERE removes every row" "say which rows must go";
    UpdateAll "update-all" "an UPDATE of every row locks them all until the transaction ends" "make the change with `migrate new --online`, or update in batches that commit";
    Rename "rename" "programs that run now use the old name" "add the new name, write both, and drop the old one in a later release";
    AlterType "alter-type" "the table is rewritten while nobody can read or write it" "make the change with `migrate new --online`, or add a column of the new type, copy in batches, and switch";
    VolatileDefault "volatile-default" "every row gets a value of its own, so the table is rewritten while nobody can read or write it" "add the column without it, set the default, and fill older rows in batches";
    SetNotNull "set-not-null" "the whole table is read while nobody can read or write it" "make the change with `migrate new --online`, or add CHECK (column IS NOT NULL) NOT VALID, VALIDATE it, then SET NOT NULL";
    AddRequired "add-required-column" "it fails unless the table is empty" "add the column with a default, or nullable and fill it";
    ConstraintValid "constraint-not-valid" "the whole table is read while writers wait" "add the constraint NOT VALID, and VALIDATE it in a later file";
    IndexBlocks "index-not-concurrent" "writers wait until the index is built" "make the change with `migrate new --online`, or CREATE INDEX CONCURRENTLY in a file of its own that starts with `-- no-transaction`";
    IndexInTransaction "concurrently-in-transaction" "CONCURRENTLY cannot run inside a transaction" "put the statement into a file of its own that starts with `-- no-transaction`";
    ManyOutside "several-outside-transaction" "when one fails, those before it stay" "one statement per `-- no-transaction` file";
    Transaction "transaction-control" "BEGIN and COMMIT break the transaction the file runs in" "remove them; the file is one transaction already";
    NoWayDown "no-way-down" "the migration cannot be taken back" "write its `.down.sql`";
}

impl Rule {
    /// The rule of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.name() == name)
    }
}

/// A rule broken by a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// The file.
    pub file: String,
    /// The line the statement starts on.
    pub line: usize,
    /// The statement; empty when the finding is about the file.
    pub statement: String,
}

/// Everything worth thinking about in the files that apply, oldest first. A file allows findings for itself with a
/// comment before its first statement: `-- allow: drop-column`.
#[must_use]
pub fn lint(folder: &Folder) -> Vec<Finding> {
    let mut judge = Judge::default();
    folder.migrations.iter().flat_map(|migration| lint_migration(migration, &mut judge)).collect()
}

/// The findings of a migration on its own.
pub(super) fn lint_alone(migration: &Migration) -> Vec<Finding> {
    lint_migration(migration, &mut Judge::default())
}

fn lint_migration(migration: &Migration, judge: &mut Judge) -> Vec<Finding> {
    let file = migration.up_file();
    let all = statements(&migration.up);
    let mut findings = Vec::new();
    judge.begin(&all, migration.is_transactional());
    for statement in &all {
        let mut rules = judge.statement(statement.text);
        rules.sort_unstable();
        rules.dedup();
        findings.extend(rules.into_iter().map(|rule| finding(rule, &file, *statement)));
    }
    if !migration.is_transactional()
        && let Some(second) = all.get(1)
    {
        findings.push(finding(Rule::ManyOutside, &file, *second));
    }
    if migration.down.is_none() {
        findings.push(Finding { rule: Rule::NoWayDown, file, line: 1, statement: String::new() });
    }
    let allowed = allowed(&migration.up);
    findings.retain(|finding| !allowed.contains(&finding.rule.name()));
    findings
}

fn finding(rule: Rule, file: &str, statement: Statement<'_>) -> Finding {
    Finding { rule, file: file.to_owned(), line: statement.line, statement: statement.text.to_owned() }
}

/// The rules that the file's own head allows.
fn allowed(sql: &str) -> Vec<&str> {
    let head = sql.lines().take_while(|line| line.trim().is_empty() || line.starts_with("--"));
    head.filter_map(|line| line.strip_prefix("-- allow:")).flat_map(|names| names.split(',').map(str::trim)).collect()
}
