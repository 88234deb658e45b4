//! `ablo db`: tables that exist already.

use ablo::Schema;

use crate::harness::{Run, arg, command};
use crate::postgres::Database;
use crate::pulled;

const LEGACY: &str = include_str!("legacy.sql");

fn db(database: &Database, args: &[&str]) -> Run {
    Run::of(command(&["db", "--database-url", &database.url]).args(args))
}

fn legacy() -> Database {
    let database = Database::new();
    database.run_file(LEGACY);
    database
}

/// The pulled models' artifact, as a file.
fn artifact() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pulled::Legacy::def().to_artifact_extended()).unwrap();
    file
}

#[test]
fn pulled_models_are_the_ones_compiled_here() {
    let run = db(&legacy(), &["pull", "--name", "Legacy"]).exits(0);
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/pulled.rs"), &run.stdout).unwrap();
    }
    assert_eq!(run.stdout, include_str!("pulled.rs"));
    insta::assert_snapshot!("pull_notes", run.stderr);
    assert!(pulled::Legacy::schema().is_ok(), "{:?}", pulled::Legacy::schema().err());
}

#[test]
fn what_was_pulled_makes_tables_that_pull_to_the_same() {
    let (database, artifact) = (Database::new(), artifact());
    let sql = ["generate", "sql", "--foreign-keys", "--schema", arg(artifact.path())];
    database.run_file(&Run::of(&mut command(&sql)).exits(0).stdout);
    let again = db(&database, &["pull", "--name", "Legacy"]).exits(0);
    // What the models cannot say is not in the tables they make, and a date without a time is text there.
    let expected = include_str!("pulled.rs").replace("Option<ablo::time::civil::Date>", "Option<String>");
    let (found, expected) = (fields(&again.stdout), fields(&expected));
    let differences: Vec<_> = found.symmetric_difference(&expected).collect();
    assert!(differences.is_empty(), "{differences:#?}\n{again}");
    db(&database, &["check", "--schema", arg(artifact.path())]).exits(0);
}

/// The lines of a source, the order of fields aside.
fn fields(source: &str) -> std::collections::BTreeSet<&str> {
    source.lines().collect()
}

#[test]
fn check_says_per_model_whether_its_table_fits() {
    let (database, artifact) = (legacy(), artifact());
    let check = ["check", "--schema", arg(artifact.path())];
    insta::assert_snapshot!("check", db(&database, &check).exits(3));
    database.query("ALTER TABLE companies DROP COLUMN name, ALTER tax_number SET NOT NULL, ADD founder TEXT NOT NULL");
    database.query("ALTER TABLE companies ALTER created_at TYPE date, ENABLE ROW LEVEL SECURITY");
    database.query("DROP TABLE rates");
    insta::assert_snapshot!("check_worse", db(&database, &check).exits(3));
    insta::assert_snapshot!("check_json", db(&database, &[&check[..], &["--format", "json"]].concat()).exits(3).stdout);
}

#[test]
fn an_empty_database_and_another_schema_have_no_tables() {
    let database = legacy();
    database.query("CREATE SCHEMA other");
    insta::assert_snapshot!(db(&database, &["pull", "--target", "other", "--format", "json"]).exits(0));
}
