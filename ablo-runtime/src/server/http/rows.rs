use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::ModelRef;
use ablo_schema::wire::JsonText;

use crate::engine::{Found, Related, StoredRow};

/// The model of any spelling.
pub fn model<'a>(schema: &'a ablo_schema::ir::ValidSchema, spelling: &str) -> Result<ModelRef<'a>, AbloError> {
    schema.resolve(spelling).ok_or_else(|| {
        AbloError::new(Code::UnknownModel, format!("`{spelling}` is not a model of this schema.")).param("model")
    })
}

/// A row's text.
pub fn row(model: ModelRef<'_>, row: &StoredRow) -> Result<JsonText, AbloError> {
    row.to_json(model.shape()).map_err(|_| AbloError::new(Code::InternalError, "A stored row has no JSON form."))
}

/// A row's text with its related rows nested under their relations' names.
pub fn nested(model: ModelRef<'_>, found: &Found) -> Result<JsonText, AbloError> {
    let own = row(model, &found.row)?;
    if found.related.is_empty() {
        return Ok(own);
    }
    let broken = || AbloError::new(Code::InternalError, "A stored row has no JSON form.");
    let mut text = own.get().trim_end().strip_suffix('}').ok_or_else(broken)?.to_owned();
    for (name, related) in &found.related {
        let target = model.def().relations.get(name).and_then(|relation| model.schema().model(&relation.target));
        let target = target.ok_or_else(broken)?;
        let value = match related {
            Related::One(None) => "null".to_owned(),
            Related::One(Some(one)) => row(target, one)?.get().to_owned(),
            Related::Many(many) => {
                let rows = many.iter().map(|one| row(target, one)).collect::<Result<Vec<_>, _>>()?;
                list(&rows)
            }
        };
        text.push(',');
        text.push_str(&serde_json::Value::from(name.as_str()).to_string());
        text.push(':');
        text.push_str(&value);
    }
    text.push('}');
    JsonText::parse(&text).map_err(|_| broken())
}

/// Texts as a JSON array.
pub fn list(rows: &[JsonText]) -> String {
    let mut text = String::from("[");
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(row.get());
    }
    text.push(']');
    text
}
