//! Schemas that came as artifacts, written as structs, give the same artifact and the same hash.
#![allow(dead_code)]

use ablo::prelude::*;

mod schema_001;
mod schema_002;
mod schema_004;
mod schema_005;
mod schema_007;
mod schema_008;
mod schema_009;
mod schema_010;
mod schema_013;
mod schema_014;
mod schema_017;
mod schema_019;
mod schema_020;
mod schema_022;
mod schema_023;
mod schema_025;
mod schema_026;
mod schema_027;

#[derive(serde::Deserialize)]
struct Vector<'a> {
    #[serde(borrow)]
    schema: &'a serde_json::value::RawValue,
    hash: &'a str,
}

fn check<S: Schema>(vector: &str) {
    let vector: Vector<'_> = serde_json::from_str(vector).unwrap();
    // Read and written again, so that the order of members counts and white space does not.
    let expected = ablo::ir::SchemaDef::from_artifact(vector.schema.get()).unwrap();
    assert_eq!(S::def().to_artifact(), expected.to_artifact());
    assert_eq!(S::def().hash().to_string(), vector.hash);
}

macro_rules! vectors {
    ($($name:ident $file:literal;)*) => {$(
        #[test]
        fn $name() {
            check::<$name::App>(include_str!(concat!("../../../ablo-schema/tests/vectors/", $file)));
        }
    )*};
}

vectors! {
    schema_001 "schema-001.json";
    schema_002 "schema-002.json";
    schema_004 "schema-004.json";
    schema_005 "schema-005.json";
    schema_007 "schema-007.json";
    schema_008 "schema-008.json";
    schema_009 "schema-009.json";
    schema_010 "schema-010.json";
    schema_013 "schema-013.json";
    schema_014 "schema-014.json";
    schema_017 "schema-017.json";
    schema_019 "schema-019.json";
    schema_020 "schema-020.json";
    schema_022 "schema-022.json";
    schema_023 "schema-023.json";
    schema_025 "schema-025.json";
    schema_026 "schema-026.json";
    schema_027 "schema-027.json";
}
