//! What to think about before a file runs on live tables. It reads the files, so that edited ones are judged too.

use std::collections::BTreeSet;

use super::{Folder, Migration, Statement, statements};

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
    UpdateAll "update-all" "an UPDATE of every row locks them all until the transaction ends" "update in batches, outside the migration";
    Rename "rename" "programs that run now use the old name" "add the new name, write both, and drop the old one in a later release";
    AlterType "alter-type" "the table is rewritten while nobody can read or write it" "add a column of the new type, copy in batches, and switch";
    SetNotNull "set-not-null" "the whole table is read while nobody can read or write it" "add CHECK (column IS NOT NULL) NOT VALID, VALIDATE it, then SET NOT NULL";
    AddRequired "add-required-column" "it fails unless the table is empty" "add the column with a default, or nullable and fill it";
    ConstraintValid "constraint-not-valid" "the whole table is read while writers wait" "add the constraint NOT VALID, and VALIDATE it in a later file";
    IndexBlocks "index-not-concurrent" "writers wait until the index is built" "CREATE INDEX CONCURRENTLY in a file of its own that starts with `-- no-transaction`";
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
    folder.migrations.iter().flat_map(lint_migration).collect()
}

pub(super) fn lint_migration(migration: &Migration) -> Vec<Finding> {
    let file = migration.up_file();
    let all = statements(&migration.up);
    let mut findings = Vec::new();
    let mut new_tables = BTreeSet::new();
    for statement in &all {
        let words = words(statement.text);
        let mut rules = judge(&words, migration.is_transactional(), &new_tables);
        if let Some(table) = created_table(&words) {
            new_tables.insert(table);
        }
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

/// The words of a statement in upper case, quoted names as they are; texts and comments are left out.
fn words(sql: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut chars = sql.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                let mut text = String::new();
                while let Some(inner) = chars.next() {
                    if inner == c && chars.next_if_eq(&c).is_none() {
                        break;
                    }
                    text.push(inner);
                }
                if c == '"' {
                    words.push(text);
                }
            }
            '-' if chars.next_if_eq(&'-').is_some() => while chars.next_if(|next| *next != '\n').is_some() {},
            c if c.is_alphanumeric() || c == '_' => {
                let mut word = c.to_uppercase().to_string();
                while let Some(next) = chars.next_if(|next| next.is_alphanumeric() || *next == '_') {
                    word.extend(next.to_uppercase());
                }
                words.push(word);
            }
            c if c.is_whitespace() => {}
            c => words.push(c.to_string()),
        }
    }
    words
}

fn judge(words: &[String], transactional: bool, new_tables: &BTreeSet<String>) -> Vec<Rule> {
    let has = |phrase: &str| find(words, phrase).is_some();
    let starts = |phrase: &str| find(words, phrase) == Some(0);
    // Nobody waits for a table that this very file makes.
    let is_new = target_table(words).is_some_and(|table| new_tables.contains(&table));
    let mut rules = Vec::new();
    let mut flag = |rule: Rule, holds: bool| {
        if holds {
            rules.push(rule);
        }
    };
    flag(Rule::DropTable, starts("DROP TABLE"));
    flag(Rule::Truncate, starts("TRUNCATE"));
    flag(Rule::DeleteAll, starts("DELETE FROM") && !has("WHERE"));
    flag(Rule::UpdateAll, starts("UPDATE") && transactional && !is_new);
    flag(Rule::Transaction, transactional && (starts("BEGIN") || starts("COMMIT") || starts("ROLLBACK")));
    flag(Rule::IndexInTransaction, transactional && has("CONCURRENTLY"));
    let index = starts("CREATE INDEX") || starts("CREATE UNIQUE INDEX");
    flag(Rule::IndexBlocks, index && !has("CONCURRENTLY") && !is_new);
    if starts("ALTER TABLE") && !is_new {
        flag(Rule::DropColumn, has("DROP COLUMN"));
        flag(Rule::DropConstraint, has("DROP CONSTRAINT"));
        flag(Rule::Rename, has("RENAME COLUMN") || has("RENAME TO"));
        flag(Rule::AlterType, has("TYPE") && has("ALTER COLUMN"));
        flag(Rule::SetNotNull, has("SET NOT NULL"));
        flag(Rule::AddRequired, has("ADD COLUMN") && has("NOT NULL") && !has("DEFAULT") && !has("SET NOT NULL"));
        let constraint = has("ADD CONSTRAINT") && (has("FOREIGN KEY") || has("CHECK"));
        flag(Rule::ConstraintValid, constraint && !has("NOT VALID"));
    }
    rules
}

/// Where a phrase stands among the words.
fn find(words: &[String], phrase: &str) -> Option<usize> {
    let phrase: Vec<&str> = phrase.split(' ').collect();
    words.windows(phrase.len()).position(|window| window.iter().zip(&phrase).all(|(word, wanted)| word == wanted))
}

fn created_table(words: &[String]) -> Option<String> {
    if find(words, "CREATE TABLE") != Some(0) {
        return None;
    }
    name_after(words, if find(words, "IF NOT EXISTS") == Some(2) { 5 } else { 2 })
}

/// The table a statement changes.
fn target_table(words: &[String]) -> Option<String> {
    let first = words.first()?.as_str();
    match first {
        "ALTER" => name_after(words, if find(words, "IF EXISTS") == Some(2) { 4 } else { 2 }),
        "UPDATE" => name_after(words, 1),
        "CREATE" => name_after(words, find(words, "ON")? + 1),
        _ => None,
    }
}

/// A name that may be qualified, without its schema; unquoted names in lower case.
fn name_after(words: &[String], at: usize) -> Option<String> {
    let at = if words.get(at)? == "ONLY" { at + 1 } else { at };
    let name = if words.get(at + 1).is_some_and(|word| word == ".") { words.get(at + 2)? } else { words.get(at)? };
    Some(name.to_lowercase())
}
