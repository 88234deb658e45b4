use crate::ir::{FieldDef, FieldType, NumberFormat, Plane, Tenancy};

/// A value that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct From<T> {
    /// What it was.
    pub from: T,
    /// What it is.
    pub to: T,
}

impl<T: PartialEq> From<T> {
    /// The change, if there is one.
    pub(super) fn of(from: T, to: T) -> Option<Self> {
        (from != to).then_some(Self { from, to })
    }
}

/// How the values of a field get from one type to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cast {
    /// Every value has a counterpart.
    Safe,
    /// Some values may have none.
    Risky,
    /// None has: the column is made anew.
    NotCastable,
}

impl Cast {
    /// How values get from one type to another.
    #[must_use]
    pub fn between(from: FieldType, to: FieldType) -> Self {
        use FieldType::{Boolean, Date, Enum, Json, Number, String};
        match (from, to) {
            (from, to) if from == to => Self::Safe,
            (_, String) => Self::Safe,
            (String | Number | Boolean | Date, Enum)
            | (String | Enum, Number | Date | Json)
            | (String | Enum | Number, Boolean) => Self::Risky,
            _ => Self::NotCastable,
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Risky => "risky",
            Self::NotCastable => "notCastable",
        }
    }
}

/// A change of type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeChange {
    /// What it was.
    pub from: FieldType,
    /// What it is.
    pub to: FieldType,
    /// How values get there.
    pub cast: Cast,
}

/// What changed about a field; absent facets did not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// The column.
    pub column: Option<From<String>>,
    /// The type.
    pub ty: Option<TypeChange>,
    /// Whether it is optional.
    pub nullability: Option<From<bool>>,
    /// The values of an enum: those that are new, and those that are gone.
    pub enum_values: Option<(Vec<String>, Vec<String>)>,
    /// Whether it is indexed.
    pub indexed: Option<From<bool>>,
    /// Ours: the kind of number.
    pub number: Option<From<NumberFormat>>,
    /// Ours: whether its values are unique.
    pub unique: Option<From<bool>>,
    /// Ours: the default.
    pub default: Option<From<Option<serde_json::Value>>>,
    /// Ours: the doc comment.
    pub doc: Option<From<Option<String>>>,
}

impl Changes {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One change. Models and fields go by the names of the next schema, except in drops.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the members are what the names say")]
pub enum Step {
    /// A new model.
    CreateModel { model: String, table_name: String },
    /// A model under a new schema key.
    RenameModel { from: String, to: String },
    /// Ours: a model's table, tenancy, plane or doc comment changed.
    AlterModel {
        model: String,
        table_name: Option<From<String>>,
        tenancy: Option<From<Tenancy>>,
        plane: Option<From<Plane>>,
        doc: Option<From<Option<String>>>,
    },
    /// A field under a new name.
    RenameField { model: String, from: String, to: String },
    /// A new field.
    AddField { model: String, field: String, meta: FieldDef },
    /// A field that is no longer what it was.
    AlterField { model: String, field: String, changes: Changes },
    /// A field that is gone.
    DropField { model: String, field: String },
    /// A model that is gone.
    DropModel { model: String, table_name: String },
}

/// What is at stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FindingCode {
    /// The rows of a model are lost.
    DropModel,
    /// The values of a field are lost.
    DropField,
    /// Values may have no counterpart in the new type.
    RiskyCast,
    /// The values of a field are lost, for the new type takes none of them.
    LossyRecreate,
    /// Rows may hold a value that is no longer allowed.
    EnumValueRemoved,
    /// Rows have no value for a new required field.
    RequiredFieldAdded,
    /// Rows may lack a value for a field that is now required.
    MadeRequired,
}

impl FindingCode {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DropModel => "drop_model",
            Self::DropField => "drop_field",
            Self::RiskyCast => "risky_cast",
            Self::LossyRecreate => "lossy_recreate",
            Self::EnumValueRemoved => "enum_value_removed",
            Self::RequiredFieldAdded => "required_field_added",
            Self::MadeRequired => "made_required",
        }
    }

    /// What happens to rows that exist.
    #[must_use]
    pub const fn stake(self) -> &'static str {
        match self {
            Self::DropModel => "its rows are lost",
            Self::DropField => "its values are lost",
            Self::RiskyCast => "values that do not fit the new type make it fail",
            Self::LossyRecreate => "its values are lost, for none fits the new type",
            Self::EnumValueRemoved => "rows with a value that is gone make it fail",
            Self::RequiredFieldAdded => "rows have no value for it",
            Self::MadeRequired => "rows may lack a value for it",
        }
    }

    /// Whether it fails on a table that has rows, unless they get a value.
    #[must_use]
    pub const fn is_blocker(self) -> bool {
        matches!(self, Self::RequiredFieldAdded | Self::MadeRequired)
    }

    /// Every one of them.
    pub const ALL: [Self; 7] = [
        Self::DropModel,
        Self::DropField,
        Self::RiskyCast,
        Self::LossyRecreate,
        Self::EnumValueRemoved,
        Self::RequiredFieldAdded,
        Self::MadeRequired,
    ];

    /// How `--allow` names it on the command line.
    #[must_use]
    pub fn flag(self) -> String {
        self.as_str().replace('_', "-")
    }
}

impl Finding {
    /// The model, or the model and the field.
    #[must_use]
    pub fn place(&self) -> String {
        match &self.field {
            Some(field) => format!("{}.{field}", self.model),
            None => self.model.clone(),
        }
    }
}

/// Something at stake, and where.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Finding {
    /// What.
    pub code: FindingCode,
    /// The schema key of the model.
    pub model: String,
    /// The wire name of the field.
    pub field: Option<String>,
}
