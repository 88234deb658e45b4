use super::Extra;

/// Which side holds the key, and how many rows the other side has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RelationKind {
    /// This model holds the key.
    BelongsTo,
    /// The target holds the key; many rows.
    HasMany,
    /// The target holds the key; at most one row.
    HasOne,
}

/// The options of a `belongsTo`. Each is absent unless set; they are independent of one another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RelationOptions {
    /// Children are found in constant time.
    pub index: Option<bool>,
    /// Deltas arrive with the parent attached, best effort.
    pub enrich: Option<bool>,
    /// Ignored when ordering creates.
    pub defer: Option<bool>,
    /// This row lives in that one: sync groups inherit through it.
    pub parent: Option<bool>,
    /// A real foreign key in the database.
    pub fk: Option<bool>,
}

impl RelationOptions {
    /// Nothing set.
    pub const NONE: Self = Self { index: None, enrich: None, defer: None, parent: None, fk: None };
}

/// One relation of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct RelationDef {
    /// Which side holds the key.
    pub kind: RelationKind,
    /// The schema key of the other model.
    pub target: String,
    /// The wire name of the field that holds the key.
    pub foreign_key: String,
    /// The column of that field.
    pub foreign_key_column: String,
    /// Present only when an option is set.
    pub options: Option<RelationOptions>,
    /// The wire name of the field that orders a `hasMany`.
    pub order_by: Option<String>,
    /// Members of the artifact that this version does not know.
    pub extra: Extra,
}

impl RelationDef {
    /// The options, all unset when absent.
    #[must_use]
    pub fn options(&self) -> RelationOptions {
        self.options.unwrap_or_default()
    }

    /// Whether sync groups inherit through this relation.
    #[must_use]
    pub fn is_parent(&self) -> bool {
        self.kind == RelationKind::BelongsTo && self.options().parent == Some(true)
    }
}
