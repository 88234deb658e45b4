//! What a database really holds, read from its catalog.

mod facts;
mod read;

pub use facts::Difference;

/// The tables of one schema, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    /// The schema read.
    pub schema: String,
    /// Its tables, by name.
    pub tables: Vec<Table>,
}

/// One table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its comment.
    pub comment: Option<String>,
    /// Whether row-level security is on.
    pub row_security: bool,
    /// Whether it binds the owner too.
    pub force_row_security: bool,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Its constraints, by name.
    pub constraints: Vec<Constraint>,
    /// Its indexes, by name, without those of constraints.
    pub indexes: Vec<Index>,
    /// Its policies, by name.
    pub policies: Vec<Policy>,
}

/// One column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, as PostgreSQL writes it.
    pub ty: String,
    /// Whether it may be null.
    pub nullable: bool,
    /// The expression of its default.
    pub default: Option<String>,
    /// Whether the database computes it: an identity or generated column.
    pub computed: bool,
    /// Its comment.
    pub comment: Option<String>,
}

/// What a constraint holds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstraintKind {
    /// The table's key.
    PrimaryKey,
    /// A reference to another table.
    ForeignKey,
    /// No two rows alike.
    Unique,
    /// A condition.
    Check,
    /// Anything else.
    Other,
}

/// One constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    /// Its name.
    pub name: String,
    /// What it holds to.
    pub kind: ConstraintKind,
    /// Its definition, as PostgreSQL writes it.
    pub definition: String,
    /// The columns it is about, in its order.
    pub columns: Vec<String>,
    /// The table a foreign key points at.
    pub references: Option<String>,
}

/// One index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Its definition, as PostgreSQL writes it.
    pub definition: String,
    /// Whether no two rows may be alike.
    pub unique: bool,
    /// Whether its build was finished.
    pub valid: bool,
    /// The columns it is on; empty names for expressions.
    pub columns: Vec<String>,
}

/// One row-level security policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its command, roles and conditions.
    pub definition: String,
}

impl Catalog {
    /// The table of this name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

impl Table {
    /// The column of this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns of the primary key.
    #[must_use]
    pub fn primary_key(&self) -> &[String] {
        let key = self.constraints.iter().find(|constraint| constraint.kind == ConstraintKind::PrimaryKey);
        key.map_or(&[], |key| &key.columns)
    }

    /// The table this column's foreign key points at.
    #[must_use]
    pub fn references(&self, column: &str) -> Option<&str> {
        let keys = self.constraints.iter().filter(|constraint| constraint.kind == ConstraintKind::ForeignKey);
        keys.filter(|key| key.columns == [column]).find_map(|key| key.references.as_deref())
    }
}
