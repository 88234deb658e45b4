//! Which JSON values a field takes, and the one form each is kept in.

use ablo_schema::error::Code;
use ablo_schema::ir::{FieldDef, FieldType, NumberFormat, StringFormat};
use ablo_schema::typed::MAX_SAFE_INTEGER;
use serde_json::Value;

use super::time_text;

/// Why a value is not taken.
pub(crate) type Refusal = (Code, String);

/// The kept form of a value, or why the field does not take it.
pub(crate) fn check(field: &FieldDef, value: Value) -> Result<Value, Refusal> {
    if value.is_null() {
        return if field.is_optional {
            Ok(value)
        } else {
            Err((Code::NotNullViolation, "is required; give it a value".into()))
        };
    }
    match (field.ty, value) {
        (FieldType::Json, value) | (FieldType::Boolean, value @ Value::Bool(_)) => Ok(value),
        (FieldType::String, Value::String(text)) => string(field.string_format, text),
        (FieldType::Number, Value::Number(number)) => self::number(field.number_format, &number),
        (FieldType::Date, Value::String(text)) => match time_text::parse(&text) {
            Some(time) => Ok(time_text::canonical(time).into()),
            None => {
                Err((Code::InvalidType, format!("`{text}` is not an ISO-8601 time; write 2026-11-22T09:44:47.102Z")))
            }
        },
        (FieldType::Enum, Value::String(text)) => {
            let values = field.enum_values.as_deref().unwrap_or_default();
            if values.contains(&text) {
                return Ok(Value::String(text));
            }
            Err((Code::InvalidEnumValue, format!("`{text}` is not one of {}", values.join(", "))))
        }
        (ty, value) => Err((Code::InvalidType, format!("takes {}, not {}", name_of(ty), kind_of(&value)))),
    }
}

fn string(format: Option<StringFormat>, text: String) -> Result<Value, Refusal> {
    let (valid, form) = match format {
        None => return Ok(Value::String(text)),
        Some(StringFormat::Uuid) => (is_uuid(&text), "a UUID"),
        Some(StringFormat::Decimal) => (is_decimal(&text), "a decimal number"),
        Some(StringFormat::CivilDate) => {
            (text.len() == 10 && text.parse::<ablo_schema::time::civil::Date>().is_ok(), "a date such as 2026-11-22")
        }
    };
    if valid { Ok(Value::String(text)) } else { Err((Code::InvalidType, format!("`{text}` is not {form}"))) }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "the range is checked first")]
fn number(format: NumberFormat, number: &serde_json::Number) -> Result<Value, Refusal> {
    let refused = |why: &str| Err((Code::NumberNotRepresentable, format!("{number} {why}")));
    let Some(float) = number.as_f64().filter(|float| float.is_finite()) else {
        return refused("is not a number JSON can carry");
    };
    let is_integer = float.fract() == 0.0;
    let is_exact = float.abs() <= MAX_SAFE_INTEGER as f64;
    match format {
        NumberFormat::Int32 | NumberFormat::Int64 if !is_integer => {
            Err((Code::InvalidType, format!("takes an integer, not {number}")))
        }
        NumberFormat::Int32 if i32::try_from(float as i64).is_err() => refused("is not a 32-bit integer"),
        NumberFormat::Int64 if !is_exact => refused("is an integer a JSON number cannot carry exactly"),
        NumberFormat::Float if (number.is_i64() || number.is_u64()) && !is_exact => {
            refused("is an integer a JSON number cannot carry exactly")
        }
        // 1 and 1.0 are one number: kept, compared and written as 1.
        _ if is_integer && is_exact => Ok(Value::from(float as i64)),
        _ => Ok(Value::from(float)),
    }
}

fn name_of(ty: FieldType) -> &'static str {
    match ty {
        FieldType::String => "text",
        FieldType::Number => "a number",
        FieldType::Boolean => "true or false",
        FieldType::Date => "an ISO-8601 time as text",
        FieldType::Enum => "one of its values as text",
        FieldType::Json => "any JSON",
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
