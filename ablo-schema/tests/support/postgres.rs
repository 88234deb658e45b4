//! A database of one's own on a real PostgreSQL, driven through psql.

use std::{
    io::Write as _,
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

/// The server: the one a variable names, else the one the project's script finds or sets up.
fn server() -> String {
    static URL: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    URL.get_or_init(|| {
        std::env::var("ABLO_TEST_POSTGRES").unwrap_or_else(|_| {
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/postgres.sh");
            let output = Command::new("bash").arg(script).stderr(Stdio::inherit()).output().unwrap();
            assert!(output.status.success(), "no PostgreSQL to test with");
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        })
    })
    .clone()
}

/// A database that is dropped in the end.
pub struct Database {
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub url: String,
}

impl Database {
    /// An empty one.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("ablo_schema_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let server = server();
        psql(&server, &format!("CREATE DATABASE {name} TEMPLATE template0;")).unwrap();
        let (before, _) = server.rsplit_once('/').unwrap();
        Self { url: format!("{before}/{name}"), name }
    }

    /// What a script prints, or its first error.
    pub fn run(&self, script: &str) -> Result<String, String> {
        psql(&self.url, script)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = psql(&server(), &format!("DROP DATABASE IF EXISTS {} WITH (FORCE);", self.name));
    }
}

/// Runs a script, each statement by itself, up to the first that fails.
pub fn psql(url: &str, script: &str) -> Result<String, String> {
    let mut child = Command::new("psql")
        .args([url, "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"])
        .env("PGOPTIONS", "--client-min-messages=warning -c synchronous_commit=off")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let script = script.to_owned();
    let writer = std::thread::spawn(move || input.write_all(script.as_bytes()));
    let output = child.wait_with_output().unwrap();
    // A script that fails is not read to its end.
    let _ = writer.join().unwrap();
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).unwrap())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// A query whose rows are the facts a database schema holds, one per line.
pub fn catalog(schema: &str) -> String {
    format!(
        r#"
WITH t AS (SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity FROM pg_class c
           WHERE c.relnamespace = to_regnamespace('{schema}') AND c.relkind = 'r')
SELECT regexp_replace(fact, '\s+', ' ', 'g') FROM (
  SELECT 'table ' || relname AS fact FROM t
  UNION ALL SELECT 'column ' || relname || '.' || attname || ' ' || format_type(atttypid, atttypmod)
    FROM t JOIN pg_attribute a ON attrelid = t.oid AND attnum > 0 AND NOT attisdropped
  UNION ALL SELECT 'not null ' || relname || '.' || attname
    FROM t JOIN pg_attribute a ON attrelid = t.oid AND attnum > 0 AND NOT attisdropped WHERE attnotnull
  UNION ALL SELECT 'default ' || relname || '.' || attname || ' ' || pg_get_expr(adbin, adrelid)
    FROM t JOIN pg_attribute a ON attrelid = t.oid JOIN pg_attrdef d ON adrelid = t.oid AND adnum = attnum
  UNION ALL SELECT 'constraint ' || relname || ' ' || conname || ' ' || pg_get_constraintdef(k.oid)
    FROM t JOIN pg_constraint k ON conrelid = t.oid
  UNION ALL SELECT 'index ' || pg_get_indexdef(indexrelid) || CASE WHEN indisvalid THEN '' ELSE ' INVALID' END
    FROM t JOIN pg_index ON indrelid = t.oid
  UNION ALL SELECT 'row security ' || relname || ' forced ' || relforcerowsecurity FROM t WHERE relrowsecurity
  UNION ALL SELECT 'policy ' || relname || ' ' || polname || ' ' || polcmd::text || ' ' || polpermissive::text || ' '
      || polroles::text || ' USING ' || coalesce(pg_get_expr(polqual, polrelid), '')
      || ' CHECK ' || coalesce(pg_get_expr(polwithcheck, polrelid), '')
    FROM t JOIN pg_policy ON polrelid = t.oid
  UNION ALL SELECT 'comment ' || relname || coalesce('.' || attname, '') || ' ' || description
    FROM t JOIN pg_description s ON s.objoid = t.oid AND s.classoid = 'pg_class'::regclass
    LEFT JOIN pg_attribute a ON attrelid = t.oid AND attnum = objsubid AND objsubid > 0
) facts ORDER BY fact COLLATE "C";
"#
    )
}
