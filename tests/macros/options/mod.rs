//! Every word of the derives changes the artifact, and something that happens at run time. The test of a word is
//! called after its place and itself; `ablo-macros` sees to it that none is missing.

use ablo::{
    ir::{ModelRef, SchemaDef, ValidSchema},
    prelude::*,
};
use serde_json::Value;

mod enums;
mod field;
mod model;
mod query;
mod relation;
mod schema;

/// A member of the plain artifact, by JSON pointer; null when it is absent.
fn plain<S: Schema>(pointer: &str) -> Value {
    at(&S::def().to_artifact(), pointer)
}

/// A member of the extended artifact, which the plain one does not have.
fn extended<S: Schema>(pointer: &str) -> Value {
    assert_eq!(plain::<S>(pointer), Value::Null, "{pointer} is part of the plain artifact");
    at(&S::def().to_artifact_extended(), pointer)
}

fn at(artifact: &str, pointer: &str) -> Value {
    SchemaDef::from_artifact(artifact).unwrap();
    let artifact: Value = serde_json::from_str(artifact).unwrap();
    artifact.pointer(pointer).cloned().unwrap_or_default()
}

/// The schema as the engine reads it.
fn valid<S: Schema>() -> ValidSchema {
    S::schema().unwrap()
}

/// What one model of it says, asked of the valid schema.
fn ask<S: Schema, T>(key: &str, question: impl FnOnce(ModelRef<'_>) -> T) -> T {
    question(valid::<S>().model(key).unwrap())
}

/// A schema of one model under the key `items`, declared where it is used.
macro_rules! items {
    ([$($words:tt)*] { $($fields:tt)* }) => {
        #[derive(AbloModel, Clone, Debug, PartialEq)]
        #[ablo($($words)*)]
        pub struct Item {
            pub id: Id<Item>,
            $($fields)*
        }

        #[derive(AbloSchema)]
        pub struct App {
            pub items: Item,
        }
    };
}
pub(crate) use items;
