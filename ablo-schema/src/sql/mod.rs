//! Tables for a schema: what a database must hold, as statements.
//!
//! [`provision`] makes the application's tables and [`control_plane`] the runtime's own. Both are additive and
//! idempotent: applied twice they change nothing, applied to live tables they lose nothing. A [`Statement`] says which
//! lock it takes, whether it may run in a transaction, and which model and field it is for.

mod control;
pub mod names;
mod options;
mod postgres;
mod sqlite;
mod statement;
mod table;
mod text;

pub use control::control_plane;
pub use options::{Columns, Dialect, Options, Planes, RUNTIME_COLUMNS};
pub(crate) use postgres::Postgres;
pub(crate) use sqlite::{create_index as create_sqlite_index, create_table as create_sqlite_table};
pub use statement::{Cause, Lock, Note, Phase, Plan, Risk, Statement, Unless};
pub(crate) use table::{Column, Index, Isolation, Table};
pub(crate) use text::{ident, literal};

use crate::ir::{SchemaDef, ValidSchema};

/// The statements that give a schema its tables.
#[must_use]
pub fn provision(schema: &ValidSchema, options: &Options) -> Plan {
    provision_def(schema.def(), options)
}

/// The same for a schema that may have problems; what cannot be made is noted.
pub(crate) fn provision_def(schema: &SchemaDef, options: &Options) -> Plan {
    let tables = Table::all(schema, options);
    match options.dialect {
        Dialect::Postgres => postgres::provision(&tables, options),
        Dialect::Sqlite => sqlite::provision(&tables, options),
    }
}
