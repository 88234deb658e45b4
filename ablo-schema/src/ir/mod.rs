//! The intermediate representation: what a schema says, independent of Rust types and of any output format.
//!
//! A [`SchemaDef`] is built from derived constants ([`crate::typed::Schema`]) or from a JSON artifact and may be
//! wrong; [`ValidSchema`] is what every emitter and the engine read.

mod artifact;
mod create_order;
mod extra;
mod field;
mod from_spec;
mod groups;
mod model;
pub mod names;
mod project;
mod relation;
mod schema;
mod shape;
mod valid;
pub mod validate;
mod words;

pub use artifact::SchemaHash;
pub use extra::Extra;
pub use field::{FieldDef, FieldType, NumberFormat, StringFormat};
pub use model::{
    AutoFill, AutoFillSource, GrantsDef, LoadStrategy, ModelDef, Persist, Plane, Scope, Tenancy, TenancyVia,
};
pub use relation::{RelationDef, RelationKind, RelationOptions};
pub use schema::{Casing, QueryDef, QueryInputDef, RoleDef, SchemaDef};
pub use shape::{BaseField, GrantEdge, ParentEdge, Shape, Slot};
pub use valid::{ModelIndex, ModelRef, ValidSchema};
