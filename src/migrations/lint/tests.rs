use super::super::{Folder, Migration};
use super::{Rule, lint};

/// The rules that files of a folder break, by name; a file that starts with `-- no-transaction` runs outside one.
fn rules(files: &[&str]) -> Vec<&'static str> {
    let migrations = files.iter().zip(1..).map(|(up, version)| Migration {
        version,
        name: "x".into(),
        up: (*up).to_owned(),
        down: Some(String::new()),
    });
    let folder = Folder { path: "".into(), migrations: migrations.collect(), snapshots: Vec::new() };
    lint(&folder).into_iter().map(|finding| finding.rule.name()).collect()
}

#[test]
fn what_locks_or_loses_is_seen_however_it_is_written() {
    for (sql, rule) in [
        ("DROP TABLE IF EXISTS a", Rule::DropTable),
        ("drop schema app cascade", Rule::DropTable),
        ("/* gone */ DROP -- for good\n TABLE a", Rule::DropTable),
        ("SELECT 1; DROP TABLE a", Rule::DropTable),
        ("ALTER TABLE a DROP b", Rule::DropColumn),
        ("ALTER TABLE IF EXISTS ONLY public.\"a\" ADD c INT, DROP COLUMN IF EXISTS b", Rule::DropColumn),
        ("ALTER TABLE a DROP CONSTRAINT k", Rule::DropConstraint),
        ("ALTER TABLE a RENAME b TO c", Rule::Rename),
        ("ALTER TABLE a RENAME TO c", Rule::Rename),
        ("ALTER TABLE a ALTER b TYPE bigint", Rule::AlterType),
        ("ALTER TABLE a ALTER COLUMN b SET DATA TYPE bigint", Rule::AlterType),
        ("ALTER TABLE a ALTER b SET NOT NULL", Rule::SetNotNull),
        ("ALTER TABLE a ADD b INT NOT NULL", Rule::AddRequired),
        ("ALTER TABLE a ADD b numeric(10, 2) NOT NULL CHECK (b IN (1, 2))", Rule::AddRequired),
        ("ALTER TABLE a ADD b UUID NOT NULL DEFAULT gen_random_uuid()", Rule::VolatileDefault),
        ("ALTER TABLE a ADD b BIGSERIAL", Rule::VolatileDefault),
        ("ALTER TABLE a ADD CHECK (b > 0)", Rule::ConstraintValid),
        ("ALTER TABLE a ADD CONSTRAINT k FOREIGN KEY (b) REFERENCES c (id)", Rule::ConstraintValid),
        ("ALTER TABLE a ADD CONSTRAINT k UNIQUE (b)", Rule::IndexBlocks),
        ("ALTER TABLE a ADD PRIMARY KEY (b)", Rule::IndexBlocks),
        ("CREATE UNIQUE INDEX i ON a (b)", Rule::IndexBlocks),
        ("REINDEX TABLE a", Rule::IndexBlocks),
        ("CREATE INDEX CONCURRENTLY i ON a (b)", Rule::IndexInTransaction),
        ("UPDATE a SET b = 'WHERE c = 1'", Rule::UpdateAll),
        ("UPDATE a SET b = (SELECT 1 WHERE true)", Rule::UpdateAll),
        ("UPDATE a SET b = 1 WHERE b IS NULL", Rule::UpdateAll),
        ("DELETE FROM a", Rule::DeleteAll),
        ("WITH old AS (SELECT 1 WHERE true) DELETE FROM a USING old", Rule::DeleteAll),
        ("TRUNCATE a", Rule::Truncate),
        ("BEGIN", Rule::Transaction),
        ("DO $$ BEGIN IF EXISTS (SELECT 1) THEN DROP TABLE a; END IF; END $$", Rule::DropTable),
        (
            "DO $x$ DECLARE r record; BEGIN FOR r IN SELECT 1 LOOP UPDATE a SET b = 1; END LOOP; END $x$",
            Rule::UpdateAll,
        ),
    ] {
        assert_eq!(rules(&[sql]), [rule.name()], "{sql}");
    }
}

#[test]
fn what_only_looks_like_it_is_not() {
    for sql in [
        "SELECT 'DROP TABLE a'",
        "-- DROP TABLE a;\nSELECT 1",
        "/* TRUNCATE a; /* nested */ TRUNCATE b; */ SELECT 1",
        "COMMENT ON TABLE a IS 'ALTER TABLE a DROP COLUMN b'",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $f$ DELETE FROM a $f$",
        "INSERT INTO a (b) VALUES ('it''s'), (E'\\'; TRUNCATE a')",
        "ALTER TABLE a ADD \"drop\" INT, ADD \"NOT NULL\" TEXT",
        "ALTER TABLE a ADD type TEXT",
        "ALTER TABLE a ADD b INT NOT NULL DEFAULT 1",
        "ALTER TABLE a ADD b TIMESTAMPTZ NOT NULL DEFAULT now()",
        "ALTER TABLE a RENAME CONSTRAINT k TO l",
        "ALTER INDEX i RENAME TO j",
        "ALTER TABLE a ADD CONSTRAINT k UNIQUE USING INDEX i",
        "ALTER TABLE a ADD CONSTRAINT k CHECK (b > 0) NOT VALID",
        "ALTER TABLE a ALTER b DROP NOT NULL, ALTER b SET DEFAULT 1",
        "UPDATE a SET b = 1 WHERE id = 'x'",
        "DELETE FROM a WHERE b IS NULL",
        "SELECT * FROM a FOR UPDATE",
        "CREATE TABLE a (id TEXT PRIMARY KEY, b INT NOT NULL); CREATE INDEX i ON a (b); ALTER TABLE a DROP b",
        "CREATE TABLE public.\"A\" (id TEXT); CREATE INDEX i ON public.\"A\" (id); UPDATE public.\"A\" SET id = ''",
        "ALTER TABLE a DROP CONSTRAINT k; ALTER TABLE a ADD CONSTRAINT k CHECK (b > 0) NOT VALID",
        "-- no-transaction\nDO $$ BEGIN LOOP UPDATE a SET b = 1 WHERE b IS NULL; EXIT WHEN NOT FOUND; COMMIT; END LOOP; END $$",
        "-- no-transaction\nCREATE INDEX CONCURRENTLY i ON a (b)",
        "-- allow: drop-table\nDROP TABLE a",
    ] {
        assert_eq!(rules(&[sql]), [""; 0], "{sql}");
    }
}

/// A name in another case is another table, when it is quoted.
#[test]
fn a_new_table_is_not_taken_for_another() {
    assert_eq!(rules(&["CREATE TABLE \"A\" (id TEXT); ALTER TABLE a DROP b"]), ["drop-column"]);
    assert_eq!(rules(&["CREATE TABLE A (id TEXT); ALTER TABLE \"a\" DROP b"]), [""; 0]);
    assert_eq!(rules(&["CREATE TABLE a (id TEXT)", "ALTER TABLE a DROP b"]), ["drop-column"], "no longer new");
}

#[test]
fn a_validated_check_makes_set_not_null_safe_and_is_not_missed_afterwards() {
    let check = "ALTER TABLE app.a ADD CONSTRAINT k CHECK (\"b\" IS NOT NULL) NOT VALID";
    let alone = |sql: &str| format!("-- no-transaction\n{sql}");
    let validate = alone("ALTER TABLE app.a VALIDATE CONSTRAINT k");
    let set = "ALTER TABLE app.a ALTER COLUMN b SET NOT NULL";
    let drop = "ALTER TABLE app.a DROP CONSTRAINT k";
    assert_eq!(rules(&[check, &validate, set, drop]), [""; 0]);
    assert_eq!(rules(&[check, set]), ["set-not-null"], "not validated");
    assert_eq!(rules(&[check, &validate, "ALTER TABLE app.a ALTER COLUMN c SET NOT NULL"]), ["set-not-null"]);
    assert_eq!(rules(&[check, &validate, "ALTER TABLE other ALTER COLUMN b SET NOT NULL"]), ["set-not-null"]);
    assert_eq!(rules(&[check, &validate, drop]), ["drop-constraint"], "nothing has taken over");
}
