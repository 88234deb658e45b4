use std::io::Read;
use std::path::{Path, PathBuf};

use ablo_schema::error::Code;
use ablo_schema::ir::{SchemaDef, ValidSchema};

use super::failure::Failure;

/// Where commands find the schema: an artifact, or the compiled one unless an artifact is named.
pub(super) struct Source {
    compiled: Option<fn() -> SchemaDef>,
    file: Option<PathBuf>,
}

impl Source {
    /// The schema compiled into this binary.
    pub fn compiled(def: fn() -> SchemaDef) -> Self {
        Self { compiled: Some(def), file: None }
    }

    /// An artifact only.
    pub fn artifact() -> Self {
        Self { compiled: None, file: None }
    }

    /// Reads this file when one is named.
    pub fn reading(self, file: Option<PathBuf>) -> Self {
        Self { file, ..self }
    }

    /// Reads this file when no other was named.
    pub fn or_reading(&self, file: Option<PathBuf>) -> Self {
        Self { compiled: self.compiled, file: self.file.clone().or(file) }
    }

    /// Whether there is a schema to read.
    pub fn is_named(&self) -> bool {
        self.file.is_some() || self.compiled.is_some()
    }

    /// The schema as written, not yet validated.
    pub fn def(&self) -> Result<SchemaDef, Failure> {
        match (&self.file, self.compiled) {
            (Some(file), _) => read_artifact(file),
            (None, Some(def)) => Ok(def()),
            (None, None) => Err(Failure::new(Code::SchemaNotNamed, "no schema was named")
                .fix("pass `--schema schema.json` (or `-` for standard input) or set ABLO_SCHEMA")),
        }
    }

    /// The schema, validated.
    pub fn schema(&self) -> Result<ValidSchema, Failure> {
        Ok(self.def()?.validate()?)
    }
}

/// Reads an artifact from a file, or from standard input for `-`.
pub(super) fn read_artifact(file: &Path) -> Result<SchemaDef, Failure> {
    Ok(SchemaDef::from_artifact(&read_text(file)?)?)
}

/// Reads a file, or standard input for `-`.
pub(super) fn read_text(file: &Path) -> Result<String, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::new(Code::FileUnreadable, format!("cannot read {}: {error}", file.display()))
            .fix("check the path and its permissions")
    };
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).map_err(unreadable)?;
        return Ok(text);
    }
    std::fs::read_to_string(file).map_err(unreadable)
}
