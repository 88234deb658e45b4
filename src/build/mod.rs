//! For build scripts: checks migrations against the models, and writes what follows from the models into `OUT_DIR`.
//!
//! ```no_run
//! # use ablo::prelude::*;
//! # #[derive(AbloModel, Clone, Debug, PartialEq)]
//! # pub struct Note { pub id: Id<Note>, pub text: String }
//! # #[derive(AbloSchema)]
//! # pub struct Notes { pub notes: Note }
//! // build.rs, with the models in a crate of their own that is a dependency and a build-dependency
//! fn main() {
//!     ablo::build::of(Notes::def())
//!         .migrations("migrations")
//!         .openapi_to_out_dir("openapi.json")
//!         .typescript_to_out_dir("models.ts")
//!         .run();
//! }
//! ```
//!
//! Nothing is written outside `OUT_DIR`, and no database, network or clock is asked: the same models give the same
//! bytes. Migrations that are behind the models are a warning, and an error when `CI` is set or `ABLO_BUILD=strict`.

use std::io::Write;
use std::path::{Component, Path, PathBuf};

use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::{SchemaDef, ValidSchema};
use ablo_schema::{openapi, sql, typescript};

use crate::migrations::{Folder, behind_by, stale};

/// Starts a build step over a schema.
#[must_use]
pub fn of(schema: SchemaDef) -> Build {
    Build { schema, migrations: None, outputs: Vec::new() }
}

/// What a build script does with a schema.
#[derive(Clone, Debug)]
pub struct Build {
    schema: SchemaDef,
    migrations: Option<PathBuf>,
    outputs: Vec<(PathBuf, Output)>,
}

#[derive(Clone, Debug)]
enum Output {
    OpenApi(openapi::Options),
    TypeScript,
    Sql(sql::Options),
}

/// What the surroundings say, so that a run can be tested without them.
#[derive(Clone, Debug, Default)]
struct Surroundings {
    out_dir: PathBuf,
    root: PathBuf,
    strict: bool,
}

impl Build {
    /// Checks this folder, relative to the package, against the models. It is never written.
    #[must_use]
    pub fn migrations(mut self, folder: impl Into<PathBuf>) -> Self {
        self.migrations = Some(folder.into());
        self
    }

    /// Writes the OpenAPI document to a file in `OUT_DIR`.
    #[must_use]
    pub fn openapi_to_out_dir(self, file: impl Into<PathBuf>) -> Self {
        self.output(file, Output::OpenApi(openapi::Options::default()))
    }

    /// Writes TypeScript types to a file in `OUT_DIR`.
    #[must_use]
    pub fn typescript_to_out_dir(self, file: impl Into<PathBuf>) -> Self {
        self.output(file, Output::TypeScript)
    }

    /// Writes the statements that make the tables to a file in `OUT_DIR`.
    #[must_use]
    pub fn sql_to_out_dir(self, file: impl Into<PathBuf>, options: sql::Options) -> Self {
        self.output(file, Output::Sql(options))
    }

    fn output(mut self, file: impl Into<PathBuf>, output: Output) -> Self {
        self.outputs.push((file.into(), output));
        self
    }

    /// Does it, and tells cargo what it found and when to run it again.
    pub fn run(self) {
        let is_on = |name: &str| std::env::var(name).is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
        let path = |name: &str| PathBuf::from(std::env::var_os(name).unwrap_or_default());
        let surroundings = Surroundings {
            out_dir: path("OUT_DIR"),
            root: path("CARGO_MANIFEST_DIR"),
            strict: is_on("CI") || std::env::var("ABLO_BUILD").is_ok_and(|value| value == "strict"),
        };
        // Cargo reads these lines; there is nobody to tell when it does not.
        let _ = std::io::stdout().write_all(self.directives(&surroundings).as_bytes());
    }

    /// Does it, and gives the lines for cargo.
    fn directives(&self, surroundings: &Surroundings) -> String {
        let mut lines = "cargo::rerun-if-env-changed=ABLO_BUILD\ncargo::rerun-if-env-changed=CI\n".to_owned();
        if let Some(folder) = &self.migrations {
            let folder = surroundings.root.join(folder);
            // While the folder is not there the script runs at every build, so that the warning ends once it is.
            lines += &format!("cargo::rerun-if-changed={}\n", folder.display());
            let level = if surroundings.strict { "error" } else { "warning" };
            match current(&folder, &self.schema) {
                Ok(()) => {}
                Err(error) if error.is(Code::MigrationsStale) => {
                    lines += &format!("cargo::{level}={}\n", error.message)
                }
                Err(error) => lines += &one_line("error", &error),
            }
        }
        if let Err(error) = self.write(surroundings) {
            lines += &one_line("error", &error);
        }
        lines
    }

    fn write(&self, surroundings: &Surroundings) -> Result<(), AbloError> {
        let schema = self.schema.clone().validate()?;
        for (file, output) in &self.outputs {
            if !file.components().all(|part| matches!(part, Component::Normal(_))) {
                let message = format!("{} is not a file below OUT_DIR, and nothing else is written", file.display());
                return Err(AbloError::new(Code::FileUnwritable, message));
            }
            let path = surroundings.out_dir.join(file);
            write_if_changed(&path, &output.text(&schema)).map_err(|error| {
                AbloError::new(Code::FileUnwritable, format!("cannot write {}: {error}", path.display()))
            })?;
        }
        Ok(())
    }
}

impl Output {
    fn text(&self, schema: &ValidSchema) -> String {
        match self {
            Self::OpenApi(options) => openapi::document(schema, options).to_pretty(),
            Self::TypeScript => typescript::emit(schema),
            Self::Sql(options) => sql::provision(schema, options).to_string(),
        }
    }
}

/// Whether a migrations folder leads to these models; what [`crate::assert_migrations_current!`] asks.
///
/// # Errors
/// `migrations_stale` when the models are ahead; any problem of the folder or of the schema.
pub fn current(folder: &Path, schema: &SchemaDef) -> Result<(), AbloError> {
    schema.clone().validate()?;
    match behind_by(&Folder::read(folder)?, schema)? {
        0 => Ok(()),
        changes => Err(AbloError::new(Code::MigrationsStale, stale(changes))),
    }
}

/// A file that stays as it is does not make cargo compile again what includes it.
fn write_if_changed(path: &Path, text: &str) -> std::io::Result<()> {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    std::fs::write(path, text)
}

/// Every problem of an error, each on a line of its own as cargo wants it.
fn one_line(level: &str, error: &AbloError) -> String {
    let flat = |text: &str| text.replace('\n', " ");
    if error.problems.is_empty() {
        return format!("cargo::{level}={}\n", flat(&error.to_string()));
    }
    let lines = error
        .problems
        .iter()
        .map(|problem| format!("cargo::{level}={}: {}: {}\n", problem.code, problem.path, flat(&problem.message)));
    lines.collect()
}

/// Fails the test it stands in when migrations are behind the models.
///
/// ```
/// # use ablo::prelude::*;
/// # #[derive(AbloModel, Clone, Debug, PartialEq)]
/// # pub struct Note { pub id: Id<Note>, pub text: String }
/// # #[derive(AbloSchema)]
/// # pub struct Notes { pub notes: Note }
/// // in a test
/// # fn migrations_are_current() {
/// ablo::assert_migrations_current!(Notes, "migrations");
/// # }
/// ```
#[macro_export]
macro_rules! assert_migrations_current {
    ($schema:ty, $folder:expr $(,)?) => {{
        let folder = ::std::path::Path::new(::core::env!("CARGO_MANIFEST_DIR")).join($folder);
        let outcome = $crate::build::current(&folder, &<$schema as $crate::typed::Schema>::def());
        ::core::assert!(outcome.is_ok(), "{}", outcome.err().map(|error| error.to_string()).unwrap_or_default());
    }};
}

#[cfg(test)]
mod tests;
