//! A database of its own for a test, on a real server.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A database that goes away with the test.
pub struct Database {
    name: String,
    pub url: String,
}

impl Database {
    pub fn new() -> Self {
        let name = format!("ablo_cli_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        run(&server(), &format!("CREATE DATABASE {name}"));
        let url = sibling(&server(), &name);
        Self { name, url }
    }

    /// How the tool names it: host, port and database.
    pub fn target(&self) -> String {
        let start = self.url.split('?').next().unwrap().split_once("://").unwrap().1;
        start.rsplit('@').next().unwrap().to_owned()
    }

    /// Runs SQL and gives its rows, one line each.
    pub fn query(&self, sql: &str) -> String {
        run(&self.url, sql)
    }
}

impl Database {
    /// Runs a script, each statement on its own.
    pub fn run_file(&self, script: &str) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), script).unwrap();
        let output = Command::new("psql")
            .args([&self.url, "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file"])
            .arg(file.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        run(&server(), &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// The URL of the test server.
pub fn server() -> String {
    std::env::var("ABLO_TEST_POSTGRES").unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".to_owned())
}

/// The URL of another database of the same server.
fn sibling(url: &str, name: &str) -> String {
    let (start, query) = url.split_once('?').map_or((url, None), |(start, query)| (start, Some(query)));
    let (host, _) = start.rsplit_once('/').unwrap();
    query.map_or_else(|| format!("{host}/{name}"), |query| format!("{host}/{name}?{query}"))
}

fn run(url: &str, sql: &str) -> String {
    let output = Command::new("psql")
        .args([
            url,
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--set",
            "ON_ERROR_STOP=1",
            "--command",
            sql,
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{sql}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}
