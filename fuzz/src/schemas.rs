//! Artifacts: read or refused; what is sound is written back as the same schema, and every emitter takes it.

use ablo_schema::diagram::Diagram;
use ablo_schema::ir::SchemaDef;
use ablo_schema::{json_schema, openapi, sql, typescript};

/// The bytes are an artifact.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(def) = SchemaDef::from_artifact(text) else { return };
    let again = SchemaDef::from_artifact(&def.to_artifact_extended()).unwrap();
    assert_eq!(def.hash(), again.hash());
    assert_eq!(def.to_artifact_extended(), again.to_artifact_extended());
    let Ok(schema) = def.validate() else { return };
    assert!(again.validate().is_ok());
    let _ = openapi::document(&schema, &openapi::Options::default()).to_pretty();
    let _ = json_schema::bundle(&schema).to_pretty();
    let _ = typescript::emit(&schema);
    let _ = sql::provision(&schema, &sql::Options::postgres("public"));
    let _ = sql::provision(&schema, &sql::Options::sqlite().for_runtime());
    let diagram = Diagram::of(&schema);
    let _ = (diagram.to_svg(), diagram.to_mermaid(), diagram.to_dot());
}
