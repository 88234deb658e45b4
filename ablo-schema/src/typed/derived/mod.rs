//! What derived code refers to and nobody else should: judges of types, and questions asked while compiling.

mod check;
mod text;
mod types;

pub use check::{Names, check_member, check_query, is_scope_root, wire_name};
pub use serde::{Deserializer, Serializer};
pub use serde_json::Value;
pub use text::Text;
pub use types::{Column, Duplicate, ForeignKey, HoldsId, IdField, JsonField, NotProbed, OwnDefault, Probe, at, column};
