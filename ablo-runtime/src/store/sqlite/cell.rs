//! Values as SQLite keeps them.

use ablo_schema::ir::{FieldType, NumberFormat, Slot};
use ablo_schema::typed::MAX_SAFE_INTEGER;
use rusqlite::ToSql;
use rusqlite::types::{FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use serde_json::Value;

/// A kept value on its way into a column.
pub(super) struct Cell<'a> {
    pub ty: FieldType,
    pub format: NumberFormat,
    pub value: Option<&'a Value>,
}

impl<'a> Cell<'a> {
    pub fn new(slot: &Slot, value: Option<&'a Value>) -> Self {
        Self { ty: slot.def.ty, format: slot.def.number_format, value }
    }
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match (self.ty, self.value) {
            (_, None | Some(Value::Null)) => ToSqlOutput::Borrowed(ValueRef::Null),
            (FieldType::Json, Some(value)) => value.to_string().into(),
            (FieldType::Date, Some(Value::String(text))) => sortable(text).into(),
            (_, Some(Value::String(text))) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            (_, Some(Value::Bool(value))) => (*value).into(),
            (_, Some(Value::Number(number))) => match number.as_i64().filter(|_| self.format != NumberFormat::Float) {
                Some(integer) => integer.into(),
                None => number.as_f64().unwrap_or_default().into(),
            },
            (_, Some(value @ (Value::Array(_) | Value::Object(_)))) => value.to_string().into(),
        })
    }
}

/// A column's value in its kept form. SQL's null is the value null.
pub(super) fn value(slot: &Slot, column: ValueRef<'_>) -> FromSqlResult<Value> {
    let is_date = slot.def.ty == FieldType::Date;
    Ok(match (slot.def.ty, column) {
        (_, ValueRef::Null) => Value::Null,
        (FieldType::Boolean, ValueRef::Integer(value)) => Value::Bool(value != 0),
        (_, ValueRef::Integer(value)) => value.into(),
        (_, ValueRef::Real(value)) => number(value),
        (FieldType::Json, ValueRef::Text(text)) => {
            serde_json::from_slice(text).map_err(|error| FromSqlError::Other(Box::new(error)))?
        }
        (_, column) => {
            let text = column.as_str()?;
            Value::from(if is_date { canonical(text) } else { text.to_owned() })
        }
    })
}

/// Whether a column holds this text, in its kept form.
pub(super) fn is_text(slot: &Slot, column: ValueRef<'_>, text: &str) -> bool {
    let ValueRef::Text(column) = column else { return false };
    match slot.def.ty {
        FieldType::Json => false,
        FieldType::Date if text.len() == MILLIS => {
            column.strip_suffix(b"000Z").is_some_and(|start| text.as_bytes().strip_suffix(b"Z") == Some(start))
        }
        _ => column == text.as_bytes(),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "the range is checked first")]
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() <= MAX_SAFE_INTEGER as f64 {
        Value::from(value as i64)
    } else {
        value.into()
    }
}

/// A canonical time with all six digits of its fraction: these sort as the times do.
fn sortable(text: &str) -> String {
    match text.strip_suffix('Z') {
        Some(start) if text.len() == MILLIS => format!("{start}000Z"),
        _ => text.to_owned(),
    }
}

/// The reverse of [`sortable`].
fn canonical(text: &str) -> String {
    match text.strip_suffix("000Z") {
        Some(start) if text.len() == MILLIS + 3 => format!("{start}Z"),
        _ => text.to_owned(),
    }
}

/// How long a time with milliseconds is.
const MILLIS: usize = "2026-11-22T09:44:47.102Z".len();

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ablo_schema::ir::SchemaDef;

    use super::*;

    #[test]
    fn a_column_holds_the_text_that_was_put_into_it_and_no_other() {
        let artifact = include_str!("../../../../tests/conformance/schema.json");
        let schema = SchemaDef::from_artifact(artifact).unwrap().validate().unwrap();
        let texts = ["2026-11-22T09:44:47.102Z", "2026-11-22T09:44:47.102001Z", "2026-11-22T09:44:47.103Z", "todo", ""];
        for slot in schema.models().flat_map(|model| model.shape().slots()) {
            for text in texts {
                let value = Value::from(text);
                let cell = Cell::new(slot, Some(&value));
                let column = cell.to_sql().unwrap();
                let column = match &column {
                    ToSqlOutput::Borrowed(column) => *column,
                    ToSqlOutput::Owned(column) => column.into(),
                    _ => continue,
                };
                for other in texts {
                    let is_it = other == text && slot.def.ty != FieldType::Json;
                    assert_eq!(is_text(slot, column, other), is_it, "{:?}: {text}, {other}", slot.def.ty);
                }
            }
        }
    }
}
