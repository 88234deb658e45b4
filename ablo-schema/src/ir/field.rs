use serde_json::Value;

use super::Extra;

/// What a field holds, as the artifact names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// Text.
    String,
    /// A JSON number.
    Number,
    /// True or false.
    Boolean,
    /// An instant, ISO-8601 text on the wire.
    Date,
    /// One of a fixed list of strings.
    Enum,
    /// Any JSON value.
    Json,
}

/// What kind of number a `number` field carries. Ours: outside the artifact's hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NumberFormat {
    /// A double.
    #[default]
    Float,
    /// A signed integer of at most 32 bits.
    Int32,
    /// A signed integer of at most 64 bits; values a JSON number cannot carry exactly are refused.
    Int64,
}

/// What kind of text a `string` field carries. Ours: outside the artifact's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StringFormat {
    /// A UUID.
    Uuid,
    /// A decimal number kept as text.
    Decimal,
    /// A calendar date without a time.
    CivilDate,
}

/// One field of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDef {
    /// What it holds.
    pub ty: FieldType,
    /// Whether look-ups by this field are constant time.
    pub is_indexed: bool,
    /// Whether it may be null or absent.
    pub is_optional: bool,
    /// The explicit column name, when it differs from the derived one.
    pub column: Option<String>,
    /// The values of an enum field, in declaration order.
    pub enum_values: Option<Vec<String>>,
    /// Ours: the kind of number.
    pub number_format: NumberFormat,
    /// Ours: the kind of text.
    pub string_format: Option<StringFormat>,
    /// Ours: no two rows of an organization share a value.
    pub is_unique: bool,
    /// Ours: the value a create takes when the field is absent.
    pub default: Option<Value>,
    /// Ours: the doc comment.
    pub doc: Option<String>,
    /// Ours: the JSON Schema of a typed JSON field. Values that are not of it are refused.
    pub json_schema: Option<Value>,
    /// Ours: the field's previous wire name, so that a diff renames instead of dropping.
    pub renamed_from: Option<String>,
    /// Members of the artifact that this version does not know.
    pub extra: Extra,
}

impl FieldDef {
    /// A required field without any option.
    #[must_use]
    pub fn new(ty: FieldType) -> Self {
        Self {
            ty,
            is_indexed: false,
            is_optional: false,
            column: None,
            enum_values: None,
            number_format: NumberFormat::Float,
            string_format: None,
            is_unique: false,
            default: None,
            doc: None,
            json_schema: None,
            renamed_from: None,
            extra: Extra::default(),
        }
    }

    /// The column under this wire name.
    #[must_use]
    pub fn column(&self, name: &str) -> String {
        self.column.clone().unwrap_or_else(|| super::names::snake_case(name))
    }
}
