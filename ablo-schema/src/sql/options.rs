use crate::ir::Plane;

/// Which database the statements are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// PostgreSQL, from version 15 on.
    Postgres,
    /// SQLite, from version 3.37 on.
    Sqlite,
}

/// Which models get tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Planes {
    /// Those of the application.
    Tenant,
    /// Those of the runtime.
    Control,
    /// All: one database holds both planes.
    Both,
}

impl Planes {
    pub(crate) fn hold(self, plane: Plane) -> bool {
        match self {
            Self::Both => true,
            Self::Tenant => plane == Plane::Tenant,
            Self::Control => plane == Plane::Control,
        }
    }
}

/// Which columns tables have beyond the declared ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Columns {
    /// Those an application's database has: the id, the tenancy column, who created the row, and when it was created
    /// and last changed.
    Application,
    /// One for every slot of the model's shape, and [`RUNTIME_COLUMNS`]: the runtime keeps rows here. In SQLite, where
    /// one file serves every organization, the key is then the organization and the id.
    Runtime,
}

/// The columns a runtime needs beside a row's own: the last delta that changed the row, and the one that created it.
pub const RUNTIME_COLUMNS: [&str; 2] = ["ablo_sync_id", "ablo_created_id"];

/// How tables are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The database.
    pub dialect: Dialect,
    /// PostgreSQL: the database schema the tables live in.
    pub target: String,
    /// Whether relations marked `fk` become foreign keys.
    pub foreign_keys: bool,
    /// Which models.
    pub planes: Planes,
    /// Which columns.
    pub columns: Columns,
    /// PostgreSQL: whether tables are large and in use, so that indexes are built, rows filled and constraints checked
    /// after the transaction, while reads and writes go on. Who runs the plan must then see the rows of every
    /// organization (a superuser, or a role with BYPASSRLS).
    pub online: bool,
}

impl Options {
    /// An application's tables in a PostgreSQL schema.
    #[must_use]
    pub fn postgres(target: impl Into<String>) -> Self {
        Self {
            dialect: Dialect::Postgres,
            target: target.into(),
            foreign_keys: false,
            planes: Planes::Tenant,
            columns: Columns::Application,
            online: false,
        }
    }

    /// An application's tables in an SQLite file.
    #[must_use]
    pub fn sqlite() -> Self {
        Self { dialect: Dialect::Sqlite, target: "main".into(), ..Self::postgres("") }
    }

    /// With foreign keys.
    #[must_use]
    pub fn with_foreign_keys(self) -> Self {
        Self { foreign_keys: true, ..self }
    }

    /// For large tables in use; see [`Options::online`].
    #[must_use]
    pub fn online(self) -> Self {
        Self { online: true, ..self }
    }

    /// The tables a runtime keeps every model's rows in.
    #[must_use]
    pub fn for_runtime(self) -> Self {
        Self { planes: Planes::Both, columns: Columns::Runtime, ..self }
    }
}
