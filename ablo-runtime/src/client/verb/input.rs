use ablo_schema::{
    error::{AbloError, Code},
    typed::{Model, Partial, encode_model},
};
use serde_json::{Map, Value};

/// The members of a create: every field, without the id. `key` is the model's.
pub(crate) fn of_model<M: Model>(model: &M, key: &str) -> Result<Map<String, Value>, AbloError> {
    let refused = |why: String| AbloError::new(Code::NumberNotRepresentable, format!("{key}: {why}")).param(key);
    let text = encode_model(model).map_err(|error| refused(error.to_string()))?;
    let mut members: Map<String, Value> = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
    members.remove("id");
    Ok(members)
}

/// The members an update sets. `key` is the model's.
pub(crate) fn of_patch<M: Model>(patch: &Partial<M>, key: &str) -> Result<Map<String, Value>, AbloError> {
    let name = |index: usize| M::FIELDS.get(index).map_or("id", |field| field.name);
    if let Some((index, why)) = patch.refused() {
        let path = format!("{key}.{}", name(index));
        return Err(AbloError::new(Code::NumberNotRepresentable, format!("{path}: {why}")).param(path));
    }
    Ok(patch.iter().map(|(index, value)| (name(index).to_owned(), value.clone())).collect())
}
