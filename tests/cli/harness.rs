//! Runs the binary and says what it did.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ablo::json::Json;

/// What a run of the binary gave.
#[derive(Debug)]
pub struct Run {
    pub process: u32,
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// Runs a command.
    pub fn of(command: &mut Command) -> Self {
        finish(command, "")
    }

    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }

    /// Fails the test unless the exit code is this one.
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit: {}\n-- stdout\n{}-- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

/// The binary, without anything of the surroundings that could change what it does.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ablo"));
    command.args(args);
    for name in ["ABLO_SCHEMA", "DATABASE_URL", "NO_COLOR", "CLICOLOR_FORCE", "CI", "ABLO_BUILD"] {
        command.env_remove(name);
    }
    command
}

/// Runs the binary.
pub fn ablo(args: &[&str]) -> Run {
    finish(&mut command(args), "")
}

/// Runs the binary with this text on standard input.
pub fn ablo_reading(input: &str, args: &[&str]) -> Run {
    finish(&mut command(args), input)
}

fn finish(command: &mut Command, input: &str) -> Run {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let process = child.id();
    // A command that does not read its input closes it early.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Run {
        process,
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// One test vector.
pub struct Vector {
    pub name: String,
    pub json: serde_json::Value,
    /// The same with members in order, which artifacts mind.
    ordered: Json,
}

impl Vector {
    /// Writes a member of the vector (a JSON pointer) as a file.
    pub fn write(&self, pointer: &str, directory: &Path) -> PathBuf {
        let file = directory.join(format!("{}{}.json", self.name, pointer.replace('/', "-")));
        std::fs::write(&file, self.text(pointer)).unwrap();
        file
    }

    /// The text of a member of the vector.
    pub fn text(&self, pointer: &str) -> String {
        let member = pointer.split('/').skip(1).fold(&self.ordered, |json, name| json.get(name).unwrap());
        member.to_pretty()
    }
}

/// Every vector, in order.
pub fn vectors() -> Vec<Vector> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ablo-schema/tests/vectors");
    let mut all: Vec<Vector> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let (json, ordered) = (serde_json::from_str(&text).unwrap(), Json::parse(&text).unwrap());
            Vector { name: path.file_stem().unwrap().to_string_lossy().into_owned(), json, ordered }
        })
        .collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(all.len(), 30);
    all
}

/// A path as an argument.
pub fn arg(path: &Path) -> &str {
    path.to_str().unwrap()
}
