//! The JSON artifact, SchemaJSON v3, in and out.
//!
//! What version 3 cannot say (doc comments, integer columns, uniqueness, ...) is ours alone. It lives in one member,
//! `x-ablo`, of the schema, of a model or of a field; only [`SchemaDef::to_artifact_extended`] writes it and the hash
//! never includes it. Members nobody here knows are kept where they were.

mod extension;
mod hash;
mod object;
mod read;
mod write;

pub use hash::SchemaHash;

use super::SchemaDef;
use crate::error::AbloError;

/// The only version of the artifact that is read and written.
const VERSION: &str = "3";

/// The member that carries what version 3 cannot say.
const EXTENSION: &str = "x-ablo";

impl SchemaDef {
    /// Reads an artifact, plain or extended.
    ///
    /// # Errors
    /// When it is not JSON, not version 3, or wrongly shaped: every problem at once, each with its path. Whether the
    /// schema makes sense is [`SchemaDef::validate`]'s business.
    pub fn from_artifact(text: &str) -> Result<Self, AbloError> {
        read::schema(text)
    }

    /// The artifact, on one line.
    #[must_use]
    pub fn to_artifact(&self) -> String {
        write::schema(self, false).to_string()
    }

    /// The artifact with what version 3 cannot say, on one line.
    #[must_use]
    pub fn to_artifact_extended(&self) -> String {
        write::schema(self, true).to_string()
    }

    /// The artifact as a value, to print it otherwise.
    #[must_use]
    pub fn to_json(&self, extended: bool) -> crate::json::Json {
        write::schema(self, extended)
    }

    /// What client and server compare to know that they mean the same schema.
    #[must_use]
    pub fn hash(&self) -> SchemaHash {
        SchemaHash::of(&write::schema(self, false))
    }
}
