//! `ablo migrate` over folders written by hand, on a real PostgreSQL.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::harness::{Run, arg, command};
use crate::postgres::Database;

/// A folder of migrations and a database of its own.
struct Fixture {
    directory: tempfile::TempDir,
    database: Database,
}

impl Fixture {
    fn new(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let fixture = Self { directory, database: Database::new() };
        for (name, text) in files {
            fixture.write(name, text);
        }
        fixture
    }

    fn folder(&self) -> &Path {
        self.directory.path()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder().join(name), text).unwrap();
    }

    fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = command(&["migrate", "--dir", arg(self.folder()), "--database-url", &self.database.url]);
        command.args(args);
        command
    }

    /// Runs a migrate command; the database's name and times are masked.
    fn run(&self, args: &[&str]) -> Run {
        let mut run = Run::of(&mut self.command(args));
        for text in [&mut run.stdout, &mut run.stderr] {
            *text = mask(&text.replace(&self.database.target(), "DATABASE"));
        }
        run
    }

    fn tables(&self) -> String {
        self.database.query(
            "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class \
             WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> '_ablo_migrations'",
        )
    }
}

/// Replaces durations and times of day.
fn mask(text: &str) -> String {
    let mut masked = String::new();
    for line in text.split_inclusive('\n') {
        let end = if line.ends_with('\n') { "\n" } else { "" };
        let line = line.trim_end_matches('\n');
        let line = match line.rfind(" (").filter(|_| line.ends_with("s)")) {
            Some(at) => format!("{} (TIME)", &line[..at]),
            None => line.to_owned(),
        };
        let words: Vec<&str> = line.split(' ').map(|word| if is_instant(word) { "INSTANT" } else { word }).collect();
        masked += &(words.join(" ") + end);
    }
    masked
}

fn is_instant(word: &str) -> bool {
    let word = word.trim_matches('"');
    word.len() == 20 && word.ends_with('Z') && word.contains("T")
}

const TASKS: &[(&str, &str)] = &[
    ("20260101000000_tasks.up.sql", "CREATE TABLE tasks (id TEXT PRIMARY KEY, title TEXT NOT NULL);\n"),
    ("20260101000000_tasks.down.sql", "DROP TABLE tasks;\n"),
    ("20260102000000_decks.up.sql", "CREATE TABLE decks (id TEXT PRIMARY KEY);\nALTER TABLE tasks ADD deck TEXT;\n"),
    ("20260102000000_decks.down.sql", "ALTER TABLE tasks DROP deck;\nDROP TABLE decks;\n"),
    (
        "20260102000001_index.up.sql",
        "-- no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS tasks_title ON tasks (title);\n",
    ),
    ("20260102000001_index.down.sql", "-- no-transaction\nDROP INDEX CONCURRENTLY IF EXISTS tasks_title;\n"),
];

#[test]
fn a_folder_is_applied_once_and_taken_back() {
    let fixture = Fixture::new(TASKS);
    insta::assert_snapshot!("status_pending", fixture.run(&["status"]).exits(3));
    insta::assert_snapshot!("plan", fixture.run(&["plan"]).exits(3));
    assert_eq!(fixture.tables(), "", "looking changes nothing");
    insta::assert_snapshot!("apply", fixture.run(&["apply"]).exits(0));
    assert_eq!(fixture.tables(), "decks tasks");
    insta::assert_snapshot!("apply_again", fixture.run(&["apply"]).exits(0));
    insta::assert_snapshot!("status_applied", fixture.run(&["status"]).exits(0));
    fixture.run(&["plan"]).exits(0);
    insta::assert_snapshot!("revert_last", fixture.run(&["revert"]).exits(0));
    insta::assert_snapshot!("revert_all", fixture.run(&["revert", "--to", "0"]).exits(0));
    assert_eq!(fixture.tables(), "");
    fixture.run(&["apply"]).exits(0);
    assert_eq!(fixture.tables(), "decks tasks");
}

#[test]
fn the_machine_output_is_frozen() {
    let fixture = Fixture::new(TASKS);
    for args in [["plan"], ["status"], ["apply"], ["status"], ["revert"]] {
        let mut with_format = args.to_vec();
        with_format.extend(["--format", "json"]);
        insta::assert_snapshot!(fixture.run(&with_format).stdout);
    }
    insta::assert_snapshot!(fixture.run(&["plan", "--format", "sql"]).exits(3).stdout);
}

#[test]
fn only_up_to_a_version() {
    let fixture = Fixture::new(TASKS);
    fixture.run(&["apply", "--to", "20260101000000"]).exits(0);
    assert_eq!(fixture.tables(), "tasks");
}

#[test]
fn a_failing_statement_is_named_and_its_migration_leaves_nothing() {
    let fixture = Fixture::new(TASKS);
    fixture
        .write("20260103000000_bad.up.sql", "CREATE TABLE halves (id TEXT);\n\nINSERT INTO halves\n  VALUES (1/0);\n");
    insta::assert_snapshot!(fixture.run(&["apply"]).exits(1));
    assert_eq!(fixture.tables(), "decks tasks", "what came before stays, the failed one leaves nothing");
    fixture.write("20260103000000_bad.up.sql", "CREATE TABLE halves (id TEXT);\n");
    fixture.run(&["apply"]).exits(0);
    assert_eq!(fixture.tables(), "decks halves tasks");
}

#[test]
fn an_edited_or_lost_file_is_refused() {
    let fixture = Fixture::new(TASKS);
    fixture.run(&["apply", "--to", "20260101000000"]).exits(0);
    fixture.write("20260101000000_tasks.up.sql", "CREATE TABLE tasks (id TEXT PRIMARY KEY);\n");
    insta::assert_snapshot!("changed", fixture.run(&["apply"]).exits(1));
    fs::remove_file(fixture.folder().join("20260101000000_tasks.up.sql")).unwrap();
    fs::remove_file(fixture.folder().join("20260101000000_tasks.down.sql")).unwrap();
    insta::assert_snapshot!("missing", fixture.run(&["apply"]).exits(1));
    insta::assert_snapshot!("missing_status", fixture.run(&["status"]).exits(3));
    assert_eq!(fixture.tables(), "tasks");
}

#[test]
fn an_older_migration_is_refused_until_allowed() {
    let fixture = Fixture::new(TASKS);
    fixture.run(&["apply"]).exits(0);
    fixture.write("20251231000000_late.up.sql", "CREATE TABLE late (id TEXT);\n");
    insta::assert_snapshot!(fixture.run(&["apply"]).exits(4));
    fixture.run(&["apply", "--allow=out-of-orders"]).exits(2);
    fixture.run(&["apply", "--allow=out-of-order"]).exits(0);
    assert_eq!(fixture.tables(), "decks late tasks");
}

#[test]
fn what_has_no_way_down_is_not_half_reverted() {
    let fixture = Fixture::new(TASKS);
    fixture.write("20260103000000_gone.up.sql", "CREATE TABLE gone (id TEXT);\n");
    fixture.write("20260104000000_last.up.sql", "CREATE TABLE last (id TEXT);\n");
    fixture.write("20260104000000_last.down.sql", "DROP TABLE last;\n");
    fixture.run(&["apply"]).exits(0);
    insta::assert_snapshot!(fixture.run(&["revert", "--to", "0"]).exits(4));
    assert_eq!(fixture.tables(), "decks gone last tasks", "refused before anything ran");
    fixture.write("20260103000000_gone.down.sql", "-- irreversible: the rows of `gone` are lost\n");
    insta::assert_snapshot!(fixture.run(&["revert", "--to", "0"]).exits(4));
}

#[test]
fn a_baseline_remembers_without_running() {
    let fixture = Fixture::new(TASKS);
    fixture.run(&["baseline", "--to", "20260101000000"]).exits(0);
    assert_eq!(fixture.tables(), "");
    fixture.database.query("CREATE TABLE tasks (id TEXT PRIMARY KEY, title TEXT NOT NULL)");
    insta::assert_snapshot!(fixture.run(&["apply"]).exits(0));
    assert_eq!(fixture.tables(), "decks tasks");
}

#[test]
fn a_run_waits_for_another_only_so_long() {
    let fixture = Fixture::new(TASKS);
    let lock = "SELECT pg_advisory_lock(hashtextextended('ablo.migrations.public', 0)), pg_sleep(60)";
    let mut holder = std::process::Command::new("psql")
        .args([&fixture.database.url, "--no-psqlrc", "--command", lock])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_until(
        &fixture,
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        "1",
    );
    insta::assert_snapshot!(fixture.run(&["apply", "--lock-wait", "0"]).exits(1));
    assert_eq!(fixture.tables(), "");
    holder.kill().unwrap();
    holder.wait().unwrap();
}

#[test]
fn a_table_lock_that_is_held_stops_the_run_instead_of_the_application() {
    let fixture = Fixture::new(TASKS);
    fixture.run(&["apply", "--to", "20260101000000"]).exits(0);
    let mut holder = std::process::Command::new("psql")
        .args([&fixture.database.url, "--no-psqlrc", "--command", "BEGIN; LOCK tasks; SELECT pg_sleep(60)"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_until(
        &fixture,
        "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'tasks'::regclass",
        "1",
    );
    insta::assert_snapshot!(fixture.run(&["apply", "--lock-timeout", "1"]).exits(1));
    holder.kill().unwrap();
    holder.wait().unwrap();
}

#[test]
fn a_killed_run_is_taken_up_where_it_stopped() {
    let fixture = Fixture::new(TASKS);
    fixture.write("20260103000000_slow.up.sql", "CREATE TABLE slow (id TEXT);\nSELECT pg_sleep(600);\n");
    let mut child = fixture.command(&["apply"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until(&fixture, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600)%'", "1");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(fixture.tables(), "decks tasks", "the migration that was cut short left nothing");
    fixture.write("20260103000000_slow.up.sql", "CREATE TABLE slow (id TEXT);\n");
    // The server notices by itself that nobody waits for the sleep any more, and lets the lock go.
    fixture.run(&["apply", "--lock-wait", "60"]).exits(0);
    assert_eq!(fixture.tables(), "decks slow tasks");
}

#[test]
fn an_index_build_that_was_cut_short_is_done_again() {
    let fixture = Fixture::new(TASKS);
    fixture.run(&["apply", "--to", "20260102000000"]).exits(0);
    // What a killed run leaves: a migration that began, and an invalid index under the right name.
    fixture.database.query(
        "INSERT INTO _ablo_migrations (version, name, checksum) VALUES (20260102000001, 'index', 'of a killed run')",
    );
    fixture.database.query("CREATE INDEX tasks_title ON tasks (title)");
    fixture.database.query("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'tasks_title'::regclass");
    insta::assert_snapshot!("interrupted", fixture.run(&["status"]).exits(3).stdout);
    fixture.run(&["apply"]).exits(0);
    assert_eq!(
        fixture.database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'tasks_title'::regclass"),
        "t"
    );
    fixture.run(&["status"]).exits(0);
}

#[test]
fn no_database_and_no_server_have_codes_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let folder = arg(directory.path());
    insta::assert_snapshot!("not_named", Run::of(&mut command(&["migrate", "status", "--dir", folder])).exits(2));
    let nowhere = ["migrate", "status", "--dir", folder, "--database-url", "postgres://u:secret@127.0.0.1:1/x"];
    let run = Run::of(&mut command(&nowhere)).exits(5);
    assert!(!run.stderr.contains("secret"), "{run}");
    insta::assert_snapshot!("unreachable", run);
    let wrong = ["migrate", "status", "--dir", folder, "--database-url", "postgres://127.0.0.1:port"];
    insta::assert_snapshot!("not_a_url", Run::of(&mut command(&wrong)).exits(2));
}

#[test]
fn a_folder_with_wrong_files_is_refused() {
    let fixture = Fixture::new(TASKS);
    fixture.write("tasks_v2.sql", "SELECT 1;");
    fixture.write("20260101000000_other.up.sql", "SELECT 1;");
    fixture.write("20260105000000_alone.down.sql", "SELECT 1;");
    insta::assert_snapshot!(fixture.run(&["status"]).exits(1));
}

#[test]
fn lint_flags_what_locks_or_loses_and_takes_no_for_an_answer() {
    let fixture = Fixture::new(&[
        (
            "20260101000000_unsafe.up.sql",
            "-- allow: rename\nBEGIN;\nDROP TABLE a;\nALTER TABLE b DROP COLUMN c, ALTER COLUMN d TYPE bigint;\n\
             ALTER TABLE \"public\".\"b\" ALTER COLUMN e SET NOT NULL;\nALTER TABLE b RENAME COLUMN x TO y;\n\
             ALTER TABLE b ADD CONSTRAINT k FOREIGN KEY (c) REFERENCES d (id);\nUPDATE b SET c = 'WHERE';\n\
             DELETE FROM b;\nTRUNCATE b;\nCREATE UNIQUE INDEX i ON b (c);\nCREATE INDEX CONCURRENTLY j ON b (c);\n\
             ALTER TABLE b ADD COLUMN f TEXT NOT NULL;\nALTER TABLE b DROP CONSTRAINT l;\n",
        ),
        (
            "20260102000000_safe.up.sql",
            "CREATE TABLE IF NOT EXISTS public.\"n\" (id TEXT);\nCREATE INDEX n_id ON public.n (id);\n\
             ALTER TABLE n ALTER COLUMN id SET NOT NULL;\nALTER TABLE b ADD COLUMN g TEXT NOT NULL DEFAULT 'DROP TABLE x';\n\
             ALTER TABLE b ADD CONSTRAINT q CHECK (c <> '') NOT VALID;\nDELETE FROM b WHERE c IS NULL; -- DROP TABLE b\n",
        ),
        ("20260102000000_safe.down.sql", "SELECT 1;\n"),
        (
            "20260103000000_many.up.sql",
            "-- no-transaction\nCREATE INDEX CONCURRENTLY m ON b (c);\nCREATE INDEX CONCURRENTLY o ON b (d);\n",
        ),
        ("20260103000000_many.down.sql", "SELECT 1;\n"),
    ]);
    insta::assert_snapshot!("lint", fixture.run(&["lint"]).exits(4));
    insta::assert_snapshot!(
        "lint_json",
        fixture.run(&["lint", "--format", "json", "--allow=no-way-down"]).exits(4).stdout
    );
    insta::assert_snapshot!("lint_unknown", fixture.run(&["lint", "--allow=nothing"]).exits(2));
    let all = "--allow=drop-table,drop-column,drop-constraint,truncate,delete-all,update-all,alter-type,set-not-null,\
               add-required-column,constraint-not-valid,index-not-concurrent,concurrently-in-transaction,\
               several-outside-transaction,transaction-control,no-way-down";
    fixture.run(&["lint", all]).exits(0);
}

/// Runs a command with a terminal for its standard error, says `seen` once this text is there, and ends with what the
/// terminal was given, the command's exit code first.
const TERMINAL: &str = r#"
import os, pty, subprocess, sys
wanted, *command = sys.argv[1:]
master, slave = pty.openpty()
child = subprocess.Popen(command, stderr=slave, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
os.close(slave)
text = b""
while True:
    try:
        more = os.read(master, 4096)
    except OSError:
        break
    if not more:
        break
    before, text = wanted.encode() in text, text + more
    if not before and wanted.encode() in text:
        print("seen", flush=True)
print(child.wait(), repr(text))
"#;

#[test]
fn only_a_terminal_is_told_what_takes_long() {
    use std::io::{BufRead, BufReader};
    let fixture = Fixture::new(TASKS);
    let lock = "SELECT pg_advisory_lock(hashtextextended('ablo.migrations.public', 0)), pg_sleep(600)";
    let mut holder = std::process::Command::new("psql")
        .args([&fixture.database.url, "--no-psqlrc", "--command", lock])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until(
        &fixture,
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        "1",
    );
    let apply = ["apply", "--lock-wait", "600"];
    let mut piped = fixture.command(&apply);
    let piped = piped.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let command = fixture.command(&apply);
    let mut watched = std::process::Command::new("python3")
        .args(["-c", TERMINAL, "applying ("])
        .arg(command.get_program())
        .args(command.get_args())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watched.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "seen");
    fixture.database.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()",
    );
    let end = lines.next().unwrap().unwrap();
    assert!(end.starts_with("0 ") && end.ends_with(r"\r\x1b[K'"), "{end}");
    assert!(watched.wait().unwrap().success());
    let piped = piped.wait_with_output().unwrap();
    let text = String::from_utf8(piped.stderr).unwrap();
    assert!(piped.status.success() && text.lines().count() == 1 && !text.contains('\r'), "{text}");
    let _ = holder.wait();
}

/// Asks the database again and again until it gives this answer.
fn wait_until(fixture: &Fixture, sql: &str, answer: &str) {
    for _ in 0..600 {
        if fixture.database.query(sql) == answer {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("never came true: {sql}");
}
