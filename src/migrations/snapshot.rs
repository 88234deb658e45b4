use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::SchemaDef;
use ablo_schema::sql::Options;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What a change leads to and which change it follows, like a commit: two branches that both migrate are seen.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The version of the change's first migration.
    pub version: i64,
    /// The change's name.
    pub name: String,
    /// The hash of the change this one follows; `None` for the first.
    pub parent: Option<String>,
    /// The change's own hash.
    pub hash: String,
    /// The stems of its migrations, in order; empty for a baseline, whose tables exist already.
    pub migrations: Vec<String>,
    /// How its tables are made.
    pub tables: Tables,
    /// The schema after the change.
    pub schema: SchemaDef,
}

/// How the tables of a folder are made; the same for all its changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tables {
    /// The database schema they live in.
    pub target: String,
    /// Whether relations marked `fk` are foreign keys.
    pub foreign_keys: bool,
}

impl Default for Tables {
    fn default() -> Self {
        Self { target: "public".to_owned(), foreign_keys: false }
    }
}

impl Tables {
    /// The same, for the emitter.
    #[must_use]
    pub fn options(&self) -> Options {
        Options { foreign_keys: self.foreign_keys, ..Options::postgres(&self.target) }
    }
}

/// The document's own name and version.
const FORMAT: &str = "ablo.migration/1";

#[derive(Serialize, Deserialize)]
struct Document {
    format: String,
    version: i64,
    name: String,
    parent: Option<String>,
    hash: String,
    migrations: Vec<String>,
    tables: Tables,
    schema: Box<RawValue>,
}

impl Snapshot {
    /// The name its files start with.
    #[must_use]
    pub fn stem(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    /// When the text is not a snapshot, or one of a newer format.
    pub fn from_json(text: &str) -> Result<Self, AbloError> {
        let invalid = |message: String| AbloError::new(Code::MigrationFolderInvalid, message);
        let document: Document =
            serde_json::from_str(text).map_err(|error| invalid(format!("not a snapshot: {error}")))?;
        if document.format != FORMAT {
            return Err(invalid(format!("format `{}` is not known here; upgrade ablo", document.format)));
        }
        Ok(Self {
            version: document.version,
            name: document.name,
            parent: document.parent,
            hash: document.hash,
            migrations: document.migrations,
            tables: document.tables,
            schema: SchemaDef::from_artifact(document.schema.get())?,
        })
    }

    /// Writes a snapshot, byte for byte the same for the same contents.
    ///
    /// # Errors
    /// When the schema's artifact is not JSON, which would be our mistake.
    pub fn to_json(&self) -> Result<String, AbloError> {
        let broken = |error: serde_json::Error| AbloError::new(Code::MigrationFolderInvalid, error.to_string());
        let document = Document {
            format: FORMAT.to_owned(),
            version: self.version,
            name: self.name.clone(),
            parent: self.parent.clone(),
            hash: self.hash.clone(),
            migrations: self.migrations.clone(),
            tables: self.tables.clone(),
            schema: RawValue::from_string(self.schema.to_artifact_extended()).map_err(broken)?,
        };
        Ok(serde_json::to_string_pretty(&document).map_err(broken)? + "\n")
    }

    /// Sets the hash: SHA-256 over what the change is and which change it follows.
    #[cfg(feature = "migrate")]
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.hash = self.computed_hash();
        self
    }

    /// What the hash must be.
    #[cfg(feature = "migrate")]
    #[must_use]
    pub fn computed_hash(&self) -> String {
        let parent = self.parent.as_deref().unwrap_or("");
        let artifact = self.schema.to_artifact_extended();
        super::hex_sha256(format!("{}\n{}\n{parent}\n{artifact}", self.version, self.name).as_bytes())
    }
}
