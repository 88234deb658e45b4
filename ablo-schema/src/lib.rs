//! The schema of shared state: one intermediate representation, its artifact, its emitters and its wire types.
//!
//! Nothing here performs I/O or knows an async runtime. Start at [`ir::SchemaDef`], which every emitter and the
//! server read, and at [`typed::Model`], which the derives implement.

pub mod diagram;
pub mod error;
pub mod ir;
pub mod json;
pub mod json_schema;
pub mod migrate;
pub mod openapi;
pub mod sql;
pub mod typed;
pub mod typescript;
pub mod wire;

pub use jiff as time;
pub use schemars;
pub use uuid;
