use std::cmp::Ordering;

use ablo_schema::error::Code;
use ablo_schema::ir::FieldType;
use ablo_schema::typed::Compare;
use serde_json::Value;

use super::{StoredRow, time_text, values};
use crate::store::Field;

/// A condition on a row, with its value in the form the field keeps.
///
/// It means what SQL means: a comparison with null holds for nothing, except `is`, `is not` and `not in` nothing at all. Text compares by code
/// point. `like` knows `%` (any text) and `_` (one character) and minds the case; `ilike` does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// What is compared.
    pub field: Field,
    /// What the field holds.
    pub ty: FieldType,
    /// How.
    pub compare: Compare,
    /// With what. An array for `In` and `NotIn`.
    pub value: Value,
}

impl Test {
    pub(crate) fn new(field: Field, ty: FieldType, compare: Compare, value: &Value) -> Result<Self, values::Refusal> {
        let value = match (compare, value) {
            (Compare::Like | Compare::NotLike | Compare::Ilike | Compare::NotIlike, Value::String(_)) => {
                if !matches!(ty, FieldType::String | FieldType::Enum) {
                    return Err((Code::QueryUnsupportedOperator, "only text can be matched with a pattern".into()));
                }
                value.clone()
            }
            (Compare::Lt | Compare::Le | Compare::Gt | Compare::Ge, _) if ty == FieldType::Json => {
                return Err((Code::QueryUnsupportedOperator, "a JSON field has no order".into()));
            }
            (Compare::In | Compare::NotIn, Value::Array(items)) => {
                items.iter().map(|item| kept(ty, item)).collect::<Result<_, _>>()?
            }
            (Compare::In | Compare::NotIn, _) => {
                return Err((Code::ModelQueryFailed, "takes a list of values".into()));
            }
            (_, value) => kept(ty, value)?,
        };
        Ok(Self { field, ty, compare, value })
    }

    /// Whether a row passes.
    #[must_use]
    pub fn holds(&self, row: &StoredRow) -> bool {
        let id;
        let value = match self.field {
            Field::Id => {
                id = Value::from(row.id.as_str());
                &id
            }
            Field::Slot(slot) => row.values.get(slot).unwrap_or(&Value::Null),
        };
        self.accepts(value)
    }

    pub(crate) fn accepts(&self, value: &Value) -> bool {
        let is_equal = |other: &Value| compare(self.ty, value, other) == Ordering::Equal;
        let items = || self.value.as_array().map(Vec::as_slice).unwrap_or_default();
        match self.compare {
            Compare::Is => return is_equal(&self.value),
            Compare::IsNot => return !is_equal(&self.value),
            // No value is in an empty list, an unknown one neither.
            Compare::NotIn if items().is_empty() => return true,
            _ if value.is_null() || self.value.is_null() => return false,
            _ => {}
        }
        let ordering = || compare(self.ty, value, &self.value);
        let matches = |any_case: bool| match (value, &self.value) {
            (Value::String(text), Value::String(pattern)) => like(text, pattern, any_case),
            _ => false,
        };
        match self.compare {
            Compare::Is | Compare::IsNot => false,
            Compare::Eq => ordering().is_eq(),
            Compare::Ne => ordering().is_ne(),
            Compare::Lt => ordering().is_lt(),
            Compare::Le => ordering().is_le(),
            Compare::Gt => ordering().is_gt(),
            Compare::Ge => ordering().is_ge(),
            Compare::In => items().iter().any(|item| !item.is_null() && is_equal(item)),
            // As in SQL, a null in the list leaves it open whether the value is in it.
            Compare::NotIn => !items().iter().any(|item| item.is_null() || is_equal(item)),
            Compare::Like => matches(false),
            Compare::NotLike => !matches(false),
            Compare::Ilike => matches(true),
            Compare::NotIlike => !matches(true),
        }
    }
}

/// The form a field keeps a value in. Nulls stay: what they mean is the operator's affair.
fn kept(ty: FieldType, value: &Value) -> Result<Value, values::Refusal> {
    match (ty, value) {
        (_, Value::Null) => Ok(Value::Null),
        // Any text can be compared with an enum; only some can equal it.
        (FieldType::Enum, Value::String(_)) => Ok(value.clone()),
        _ => values::check(&ablo_schema::ir::FieldDef::new(ty), value.clone()),
    }
}

/// The order of two kept values of one field: null first.
#[must_use]
pub fn compare(ty: FieldType, a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
        },
        (Value::String(a), Value::String(b)) if ty == FieldType::Date => {
            time_text::sort_key(a).cmp(time_text::sort_key(b))
        }
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (a, b) if a == b => Ordering::Equal,
        (a, b) => a.to_string().cmp(&b.to_string()),
    }
}

/// Matches a pattern of `%` and `_`, without an escape character.
pub(crate) fn like(text: &str, pattern: &str, any_case: bool) -> bool {
    if any_case {
        return like(&text.to_lowercase(), &pattern.to_lowercase(), false);
    }
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let (mut t, mut p) = (0, 0);
    // Where the last `%` was, and how much text it covers so far.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('%') => {
                star = Some((p, t));
                p += 1;
            }
            Some('_') => (t, p) = (t + 1, p + 1),
            Some(c) if *c == text[t] => (t, p) = (t + 1, p + 1),
            _ => match star {
                Some((at, covered)) => {
                    star = Some((at, covered + 1));
                    (t, p) = (covered + 1, at + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '%')
}
