use std::io;

use ablo_schema::error::{AbloError, Code, ErrorCode, Problem};
use serde::Serialize;

use super::exit::Exit;

/// What every command gives.
pub(super) type Outcome = Result<Exit, Failure>;

/// Why a command did not finish: its code, the cause and the fix.
#[derive(Debug, Serialize)]
pub(super) struct Failure {
    #[serde(skip)]
    pub exit: Exit,
    pub code: ErrorCode,
    pub cause: String,
    pub fix: String,
    pub problems: Vec<Problem>,
    #[serde(skip)]
    closed_pipe: bool,
}

impl Failure {
    /// A failure whose fix is the registry's advice unless replaced.
    pub fn new(code: Code, cause: impl Into<String>) -> Self {
        AbloError::new(code, cause).into()
    }

    /// Replaces the fix.
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }

    /// Lists what is behind it.
    pub fn problems(mut self, problems: Vec<Problem>) -> Self {
        self.problems = problems;
        self
    }

    /// Whether the reader of our output went away, which is not worth a word.
    pub fn is_closed_pipe(&self) -> bool {
        self.closed_pipe
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let closed_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        Self { closed_pipe, ..Self::new(Code::FileUnwritable, format!("cannot write: {error}")) }
    }
}

impl From<AbloError> for Failure {
    fn from(error: AbloError) -> Self {
        let parts = error.into_parts();
        let fix = match parts.details.get(FIX).and_then(serde_json::Value::as_str) {
            Some(fix) => fix.to_owned(),
            None => format!("`ablo explain {}` says what to do", parts.code),
        };
        Self {
            exit: exit_of(&parts.code),
            code: parts.code,
            cause: cause(parts.message, &parts.problems),
            fix,
            problems: parts.problems,
            closed_pipe: false,
        }
    }
}

/// Several problems are listed one by one, so the cause only counts them, unless it says something of its own.
fn cause(message: String, problems: &[Problem]) -> String {
    match problems {
        [first, ..] if !message.starts_with(&first.path) => message,
        [] => message,
        [one] if one.path.is_empty() => one.message.clone(),
        [one] => format!("{}: {}", one.path, one.message),
        many => format!("{} problems", many.len()),
    }
}

/// The detail of an error that says what to do about this very case.
const FIX: &str = "fix";

fn exit_of(code: &ErrorCode) -> Exit {
    match code.known() {
        Some(Code::SchemaNotNamed | Code::DatabaseNotNamed | Code::FormatUnsupported | Code::ArgumentInvalid) => {
            Exit::Usage
        }
        Some(Code::MigrationsStale | Code::DatabaseDiffers) => Exit::Pending,
        Some(Code::MigrationUnsafe | Code::MigrationOutOfOrder | Code::MigrationIrreversible) => Exit::Unsafe,
        Some(Code::DatabaseUnreachable) => Exit::Unreachable,
        _ => Exit::Failed,
    }
}
