//! What the derives implement: models, enums, fields and schemas as Rust types.

mod codec;
#[doc(hidden)]
pub mod derived;
mod field;
mod filter;
mod foreign;
mod id;
mod model;
mod partial;
mod query;
mod schema;
mod spec;

pub use codec::{DecodeError, decode_model, decode_partial, decode_row, encode_model};
pub use derived::{Column, Duplicate, ForeignKey, HoldsId, IdField, JsonField, OwnDefault};
pub use field::{AbloEnum, AbloField, IntoField, Json, MAX_SAFE_INTEGER, TypeSpec, deserialize_enum};
pub use filter::{Accessor, Compare, Condition, FieldRef, Filter, Order};
pub use id::Id;
pub use model::{Model, ReadFields, Row, RowMeta, VisitFields};
pub use partial::Partial;
pub use query::{ConditionSpec, OperandSpec, Query, QueryInput, QueryList, QuerySpec};
pub use schema::{ModelFamily, Schema};
pub use spec::{
    FieldSpec, FieldSpecs, GrantsSpec, ModelSpec, RelationSpec, RoleSpec, SchemaSpec, ScopeSpec, TenancySpec,
};
