//! What models say about each other.

use super::{
    super::{FieldType, ModelDef, RelationKind, SchemaDef, Shape, create_order, names},
    Found,
};
use crate::error::Code;

pub(super) fn check(schema: &SchemaDef, key: &str, model: &ModelDef, found: &mut Found) {
    let path = format!("models.{key}");
    let shape = Shape::of(model);
    for (name, relation) in &model.relations {
        let path = format!("{path}.relations.{name}");
        if !names::is_identifier(name) {
            found.add(Code::SchemaNameInvalid, &path, format!("the relation name `{name}` is not an identifier"));
        }
        if !schema.models.contains_key(&relation.target) {
            let message = format!("there is no model `{}` in the schema", relation.target);
            found.add(Code::SchemaRelationTargetMissing, format!("{path}.target"), message);
        }
        if relation.kind != RelationKind::BelongsTo {
            continue;
        }
        match shape.slot_of(&relation.foreign_key).map(|slot| &shape.slots()[slot]) {
            None if relation.foreign_key != "id" => {
                let message = format!("there is no field `{}` to hold the key", relation.foreign_key);
                found.add(Code::SchemaFieldUnknown, format!("{path}.foreignKey"), message);
            }
            Some(slot) if relation.options().fk == Some(true) && slot.def.ty != FieldType::String => {
                let message = format!("ids are strings; `{}` cannot be a foreign key of the database", slot.name);
                found.add(Code::SchemaRelationKeyType, format!("{path}.foreignKey"), message);
            }
            _ => {}
        }
    }
    check_grants(schema, model, &path, found);
}

fn check_grants(schema: &SchemaDef, model: &ModelDef, path: &str, found: &mut Found) {
    let Some(grants) = &model.grants else { return };
    for (member, name) in [("subject", &grants.subject), ("scope", &grants.scope)] {
        let path = format!("{path}.grants.{member}");
        if !names::is_identifier(name) {
            found.add(Code::SchemaGrantsShapeInvalid, path, format!("`{name}` is not an identifier"));
            continue;
        }
        let Some(relation) = model.relations.get(name) else {
            let message = format!("there is no relation `{name}` on this model");
            found.add(Code::SchemaGrantsRelationMissing, path, message);
            continue;
        };
        if relation.kind != RelationKind::BelongsTo {
            let message = format!("`{name}` is a {}; only a belongsTo can grant", relation.kind.as_str());
            found.add(Code::SchemaGrantsRelationKind, path, message);
        } else if member == "scope"
            && schema.models.get(&relation.target).is_some_and(|target| names::scope_kind(target).is_none())
        {
            let message = format!("`{}` is not a scope root; give it a scope", relation.target);
            found.add(Code::SchemaGrantsTargetNotScopeRoot, path, message);
        }
    }
}

/// Refuses `parent` relations that lead over another model back to where they started.
pub(super) fn check_cycles(schema: &SchemaDef, found: &mut Found) {
    let targets: Vec<Vec<usize>> = schema
        .models
        .iter()
        .map(|(key, model)| {
            model
                .relations
                .values()
                .filter(|relation| relation.is_parent() && relation.target != *key)
                .filter_map(|relation| schema.models.get_index_of(&relation.target))
                .collect()
        })
        .collect();
    let reaches = create_order::reachable(&targets);
    for (position, key) in schema.models.keys().enumerate() {
        if reaches[position][position] {
            let message = "its parent relations lead back to it; a row cannot live in itself";
            found.add(Code::SchemaRelationCycle, format!("models.{key}.relations"), message);
        }
    }
}
