//! `ablo migrate new` and `verify`: a folder that grows with its schema, on a real PostgreSQL.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::{Run, arg, command, vectors};
use crate::postgres::Database;

/// The second version of the notes: a field renamed, one made required, one new with a foreign key to a new model.
const SECOND: &str = r#"{"v":3,"models":{
  "notes":{"fields":{
    "heading":{"type":"string","isIndexed":false,"isOptional":false},
    "stars":{"type":"number","isIndexed":true,"isOptional":false},
    "deckId":{"type":"string","isIndexed":false,"isOptional":true}},
  "relations":{"deck":{"type":"belongsTo","target":"decks","foreignKey":"deckId","foreignKeyColumn":"deck_id",
    "options":{"fk":true}}},"load":"instant","typename":"Note","tenancy":{"kind":"column","column":"organization_id"},
  "plane":"tenant","mutable":true},
  "decks":{"fields":{},"relations":{},"load":"instant","typename":"Deck",
  "tenancy":{"kind":"column","column":"organization_id"},"plane":"tenant"}},"identityRoles":[]}"#;

struct Project {
    directory: tempfile::TempDir,
    database: Database,
}

impl Project {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), database: Database::new() }
    }

    fn folder(&self) -> PathBuf {
        self.directory.path().join("migrations")
    }

    fn migrate(&self, schema: &str, args: &[&str]) -> Run {
        let file = self.directory.path().join("schema.json");
        fs::write(&file, schema).unwrap();
        let mut command = command(&["--schema", arg(&file), "migrate", "--dir", arg(&self.folder())]);
        command.args(["--database-url", &self.database.url]).args(args);
        let mut run = Run::of(&mut command);
        for text in [&mut run.stdout, &mut run.stderr] {
            *text = text.replace(arg(self.directory.path()), "PROJECT").replace(&self.database.target(), "DATABASE");
        }
        run
    }

    /// Every file of the folder, in order.
    fn files(&self) -> String {
        files(&self.folder())
    }
}

fn files(folder: &Path) -> String {
    let mut files: Vec<PathBuf> = list(folder);
    files.extend(list(&folder.join("meta")));
    let text = |file: &PathBuf| fs::read_to_string(file).unwrap();
    files.iter().map(|file| format!("== {}\n{}", file.strip_prefix(folder).unwrap().display(), text(file))).collect()
}

fn list(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.is_file());
    files.sort();
    files
}

const FIRST: &str = crate::schema::NOTES;
const HINTS: [&str; 4] = ["--rename", "notes.title:heading", "--backfill", "notes.stars=3"];

#[test]
fn a_folder_grows_with_its_schema_and_rows_stay() {
    let project = Project::new();
    let first = ["new", "Notes", "--foreign-keys", "--at", "20260101000000"];
    insta::assert_snapshot!("new_first", project.migrate(FIRST, &first).exits(0));
    project.migrate(FIRST, &["apply"]).exits(0);
    project.database.query(
        "INSERT INTO notes (id, organization_id, title, stars) VALUES ('a', 'o', 'Kept', 5), ('b', 'o', 'Too', NULL)",
    );

    insta::assert_snapshot!("new_refused", project.migrate(SECOND, &["new", "decks"]).exits(4));
    insta::assert_snapshot!("behind", project.migrate(SECOND, &["status"]).exits(3).stderr);
    let second = [&["new", "decks", "--at", "20260201000000"][..], &HINTS].concat();
    insta::assert_snapshot!("new_second", project.migrate(SECOND, &second).exits(0));
    project.migrate(SECOND, &["new", "again"]).exits(0);
    project.migrate(SECOND, &["verify"]).exits(0);
    project.migrate(SECOND, &["apply"]).exits(0);
    let rows = "SELECT string_agg(id || heading || stars, ' ' ORDER BY id) FROM notes";
    assert_eq!(project.database.query(rows), "aKept5 bToo3");
    project.migrate(SECOND, &["status"]).exits(0);

    // The whole change goes back at once, whatever number of files it has.
    project.migrate(SECOND, &["revert"]).exits(0);
    assert_eq!(project.database.query(&rows.replace("heading", "title")), "aKept5 bToo3");
    assert_eq!(project.database.query("SELECT count(*) FROM _ablo_migrations"), "1");
}

#[test]
fn what_cannot_run_in_a_transaction_starts_with_the_bytes_that_say_so_and_is_alone() {
    let project = Project::new();
    project.migrate(FIRST, &["new", "notes", "--foreign-keys", "--at", "20260101000000"]).exits(0);
    project.migrate(SECOND, &[&["new", "decks", "--at", "20260201000000"][..], &HINTS].concat()).exits(0);
    let mut alone = 0;
    for file in list(&project.folder()) {
        let text = fs::read_to_string(&file).unwrap();
        if text.starts_with("-- no-transaction\n") {
            alone += 1;
            assert_eq!(text.matches(";\n").count(), 1, "{text}");
        } else {
            assert!(!text.contains("CONCURRENTLY"), "{text}");
        }
    }
    assert!(alone >= 2, "{}", project.files());
}

#[test]
fn the_same_change_is_written_to_the_same_bytes() {
    let folders = [Project::new(), Project::new()].map(|project| {
        project.migrate(FIRST, &["new", "notes", "--at", "20260101000000"]).exits(0);
        project.migrate(SECOND, &[&["new", "decks", "--at", "20260201000000"][..], &HINTS].concat()).exits(0);
        project.files()
    });
    assert_eq!(folders[0], folders[1]);
}

#[test]
fn two_branches_that_both_migrate_are_seen() {
    let project = Project::new();
    project.migrate(FIRST, &["new", "notes", "--at", "20260101000000"]).exits(0);
    let renamed = FIRST.replace("title", "heading");
    project.migrate(&renamed, &["new", "ours", "--at", "20260201000000", "--rename", "notes.title:heading"]).exits(0);
    // The other branch does not have our change yet.
    let other = Project::new();
    other.migrate(FIRST, &["new", "notes", "--at", "20260101000000"]).exits(0);
    let starless = FIRST.replace("stars", "points");
    other.migrate(&starless, &["new", "theirs", "--at", "20260202000000", "--rename", "notes.stars:points"]).exits(0);
    for file in list(&other.folder()).into_iter().chain(list(&other.folder().join("meta"))) {
        fs::copy(&file, project.folder().join(file.strip_prefix(other.folder()).unwrap())).unwrap();
    }
    insta::assert_snapshot!(project.migrate(FIRST, &["new", "more"]).exits(1));
    project.migrate(FIRST, &["lint"]).exits(1);
    fs::remove_file(project.folder().join("meta/20260101000000_notes.json")).unwrap();
    project.migrate(FIRST, &["new", "more"]).exits(1);
}

#[test]
fn verify_sees_a_migration_that_was_edited_into_something_else() {
    let project = Project::new();
    project.migrate(FIRST, &["new", "notes", "--at", "20260101000000"]).exits(0);
    let up = project.folder().join("20260101000000_notes.up.sql");
    let text = fs::read_to_string(&up).unwrap();
    fs::write(&up, text.replace("\"stars\" DOUBLE PRECISION", "\"stars\" TEXT")).unwrap();
    insta::assert_snapshot!("verify_up", project.migrate(FIRST, &["verify"]).exits(3));
    fs::write(&up, text + "CREATE TABLE forgotten (id TEXT);\n").unwrap();
    project.migrate(FIRST, &["verify"]).exits(3);
    let verified = project.migrate(FIRST, &["verify", "--format", "json"]).exits(3);
    insta::assert_snapshot!("verify_json", verified.stdout);
    let left = format!("SELECT count(*) FROM pg_database WHERE datname LIKE 'ablo_verify_%_{}_%'", verified.process);
    assert_eq!(project.database.query(&left), "0");
}

#[test]
fn a_folder_may_start_from_tables_that_exist() {
    let project = Project::new();
    let sql = project.migrate(FIRST, &["baseline"]).exits(0).stdout;
    assert!(sql.contains("_baseline.json"), "{sql}");
    project.migrate(FIRST, &["new", "nothing"]).exits(0);
    project.migrate(SECOND, &[&["new", "decks"][..], &HINTS].concat()).exits(0);
    project.migrate(SECOND, &["verify"]).exits(0);
}

#[test]
fn settled_options_and_names_are_held_to() {
    let project = Project::new();
    project.migrate(FIRST, &["new", "notes", "--target", "app", "--at", "20260101000000"]).exits(0);
    insta::assert_snapshot!(
        "settled",
        project
            .migrate(
                SECOND,
                &["new", "x", "--target", "public", "--allow=made-required,drop-field,required-field-added"]
            )
            .exits(2)
    );
    project.migrate(FIRST, &["new", "no/slash"]).exits(0); // nothing changed, so no name is needed
    project.migrate(SECOND, &[&["new", "no/slash"][..], &HINTS].concat()).exits(2);
    project.migrate(SECOND, &[&["new", "early", "--at", "20250101000000"][..], &HINTS].concat()).exits(2);
    insta::assert_snapshot!("allow_unknown", project.migrate(SECOND, &["new", "x", "--allow=everything"]).exits(2));
    project.migrate(FIRST, &["verify"]).exits(0);
}

#[test]
fn what_was_allowed_is_written_where_the_linter_looks() {
    let project = Project::new();
    project.migrate(SECOND, &["new", "notes", "--at", "20260101000000"]).exits(0);
    let without = FIRST.replace("title", "heading");
    let drop = ["new", "drop", "--online", "--at", "20260201000000", "--allow=drop-field,drop-model"];
    project.migrate(&without, &drop).exits(0);
    let up = fs::read_to_string(project.folder().join("20260201000000_drop.up.sql")).unwrap();
    assert!(up.starts_with("-- allow: drop-table, drop-column\n"), "{up}");
    let down = fs::read_to_string(project.folder().join("20260201000000_drop.down.sql")).unwrap();
    assert!(down.starts_with("-- no-transaction\n-- does not restore notes.deckId: "), "{down}");
    project.migrate(&without, &["lint"]).exits(0);
}

#[test]
fn vectors_migrate_and_verify() {
    let everything =
        "--allow=drop-model,drop-field,risky-cast,lossy-recreate,enum-value-removed,required-field-added,made-required";
    let mut verified = 0;
    for vector in vectors() {
        // Each run makes and drops two databases; a handful says what all would.
        if verified == 5 {
            break;
        }
        let project = Project::new();
        let (old, new) = (vector.text("/schema"), vector.text("/diff/next"));
        let first = project.migrate(&old, &["new", "first", "--foreign-keys", "--at", "20260101000000"]);
        if first.code != 0 || vector.json["diff"]["hints"] != serde_json::json!({}) {
            continue;
        }
        if project.migrate(&new, &["new", "second", "--at", "20260201000000", everything]).code != 0 {
            continue;
        }
        project.migrate(&new, &["verify"]).exits(0);
        verified += 1;
    }
    assert_eq!(verified, 5);
}

/// The folder that stands in the repository: written again it has the same bytes, and it runs up and down.
#[test]
fn the_golden_folder_is_written_again_and_runs() {
    let project = Project::new();
    project.migrate(FIRST, &["new", "notes", "--foreign-keys", "--at", "20260101000000"]).exits(0);
    project.migrate(SECOND, &[&["new", "decks", "--at", "20260201000000"][..], &HINTS].concat()).exits(0);
    let without = SECOND.replace(r#""stars":{"type":"number","isIndexed":true,"isOptional":false},"#, "");
    project.migrate(&without, &["new", "starless", "--at", "20260301000000", "--allow=drop-field"]).exits(0);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/golden");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        let _ = fs::remove_dir_all(&golden);
        fs::create_dir_all(golden.join("meta")).unwrap();
        for file in list(&project.folder()).into_iter().chain(list(&project.folder().join("meta"))) {
            fs::copy(&file, golden.join(file.strip_prefix(project.folder()).unwrap())).unwrap();
        }
    }
    assert_eq!(project.files(), files(&golden));
    project.migrate(&without, &["verify"]).exits(0);
    project.migrate(&without, &["apply"]).exits(0);
    project.migrate(&without, &["revert", "--to", "0"]).exits(0);
    let tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'";
    assert_eq!(project.database.query(tables), "1", "nothing but the history is left");
}

/// What is made for tables in use has nothing left to flag, and what is made for small ones says how to do better.
#[test]
fn the_linter_knows_what_is_safe_of_what_was_made_here() {
    let project = Project::new();
    project.migrate(FIRST, &["new", "notes", "--foreign-keys", "--at", "20260101000000"]).exits(0);
    project.migrate(FIRST, &["lint"]).exits(0);
    let second = [&["new", "decks", "--at", "20260201000000"][..], &HINTS].concat();
    let other = Project::new();
    other.migrate(FIRST, &["new", "notes", "--foreign-keys", "--at", "20260101000000"]).exits(0);
    other.migrate(SECOND, &second).exits(0);
    insta::assert_snapshot!("lint_plain", other.migrate(SECOND, &["lint"]).exits(4));
    project.migrate(SECOND, &[&second[..], &["--online"]].concat()).exits(0);
    insta::assert_snapshot!("lint_online", project.migrate(SECOND, &["lint"]).exits(0));
    insta::assert_snapshot!("online_files", project.migrate(SECOND, &["plan", "--format", "sql"]).exits(3).stdout);
    project.migrate(FIRST, &["apply", "--to", "20260101000000"]).exits(0);
    project.database.query("INSERT INTO notes (id, organization_id, title) VALUES ('a', 'o', 'Kept')");
    project.migrate(SECOND, &["apply"]).exits(0);
    assert_eq!(project.database.query("SELECT heading, stars FROM notes"), "Kept|3");
    project.migrate(SECOND, &["verify"]).exits(0);
}
