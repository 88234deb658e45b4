use std::{fmt, ops::Deref};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Code, ErrorCode};

/// One thing wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The code.
    pub code: ErrorCode,
    /// Where, for example `models.tasks.fields.title`.
    pub path: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl Problem {
    /// A problem at a path.
    pub fn new(code: impl Into<ErrorCode>, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), path: path.into(), message: message.into() }
    }
}

/// The members of an [`AbloError`], which derefs to them.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorParts {
    /// The code.
    pub code: ErrorCode,
    /// What happened and what to do.
    pub message: String,
    /// The HTTP status, when it is not the code's.
    pub status: Option<u16>,
    /// The part of the input that is to blame, for example `tasks.title`.
    pub param: Option<String>,
    /// Every problem of an input that has several.
    pub problems: Vec<Problem>,
    /// Facts a program can act on, under their wire names: `requiredCapability`, `readAt`, `conflicts`, `claims`.
    pub details: Map<String, Value>,
}

/// A failure: its code, what happened and what to do, and the facts.
#[derive(Clone, PartialEq)]
pub struct AbloError(Box<ErrorParts>);

impl AbloError {
    /// A failure with a message of its own; say what happened and what to do.
    pub fn new(code: impl Into<ErrorCode>, message: impl Into<String>) -> Self {
        Self(Box::new(ErrorParts {
            code: code.into(),
            message: message.into(),
            status: None,
            param: None,
            problems: Vec::new(),
            details: Map::new(),
        }))
    }

    /// One failure out of every problem of an input: its code is the first problem's.
    ///
    /// # Errors
    /// When there is a problem.
    pub fn check(problems: Vec<Problem>) -> Result<(), Self> {
        let Some(first) = problems.first() else { return Ok(()) };
        let message = match problems.len() {
            1 => format!("{}: {}", first.path, first.message),
            count => format!("{}: {} (and {} more)", first.path, first.message, count - 1),
        };
        let mut error = Self::new(first.code.clone(), message).param(first.path.clone());
        error.0.problems = problems;
        Err(error)
    }

    /// Names the part of the input that is to blame.
    #[must_use]
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.0.param = Some(param.into());
        self
    }

    /// Answers with another HTTP status than the code's.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Adds a fact under its wire name. A value without a JSON form is left out.
    #[must_use]
    pub fn detail(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            self.0.details.insert(name.into(), value);
        }
        self
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &ErrorCode {
        &self.0.code
    }

    /// Whether the code is this one.
    #[must_use]
    pub fn is(&self, code: Code) -> bool {
        self.0.code == ErrorCode::Known(code)
    }

    /// The HTTP status to answer with.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status.unwrap_or_else(|| self.0.code.status())
    }

    /// Whether repeating the same request can succeed.
    #[must_use]
    pub fn retryable(&self) -> bool {
        self.0.code.retryable()
    }

    /// The members, to take them apart.
    #[must_use]
    pub fn into_parts(self) -> ErrorParts {
        *self.0
    }
}

impl From<ErrorParts> for AbloError {
    fn from(parts: ErrorParts) -> Self {
        Self(Box::new(parts))
    }
}

impl From<Code> for AbloError {
    fn from(code: Code) -> Self {
        Self::new(code, code.message())
    }
}

impl Deref for AbloError {
    type Target = ErrorParts;

    fn deref(&self) -> &ErrorParts {
        &self.0
    }
}

impl fmt::Debug for AbloError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for AbloError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.message)
    }
}

impl std::error::Error for AbloError {}
