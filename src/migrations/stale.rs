use ablo_schema::error::AbloError;
use ablo_schema::ir::SchemaDef;
use ablo_schema::migrate::{Hints, diff};

use super::Folder;

/// How many changes the models are ahead of a folder.
///
/// # Errors
/// When the folder has two heads.
pub fn behind_by(folder: &Folder, schema: &SchemaDef) -> Result<usize, AbloError> {
    let head = folder.head()?;
    Ok(diff(head.map(|head| &head.schema), schema, &Hints::default())?.steps.len())
}

/// Says so, and what to do.
#[must_use]
pub fn stale(changes: usize) -> String {
    let noun = if changes == 1 { "change" } else { "changes" };
    format!("migrations are {changes} {noun} behind the models; run `ablo migrate new NAME`")
}
