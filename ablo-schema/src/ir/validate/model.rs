//! One model by itself.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{
    super::{FieldDef, FieldType, ModelDef, NumberFormat, RoleDef, Scope, Shape, Tenancy, names},
    Found,
    names::{check_renames, too_long},
};
use crate::{error::Code, typed::MAX_SAFE_INTEGER, wire::is_group_kind};

pub(super) fn check(key: &str, model: &ModelDef, found: &mut Found) {
    let path = format!("models.{key}");
    for (name, field) in &model.fields {
        check_field(name, field, &format!("{path}.fields.{name}"), found);
    }
    let renames = model.fields.iter().map(|(name, field)| (name.as_str(), field.renamed_from.as_deref()));
    check_renames(renames, &format!("{path}.fields"), found);
    check_columns(model, &path, found);
    check_tenancy(&model.tenancy, &format!("{path}.tenancy"), found);
    if let Tenancy::Column { column } = &model.tenancy
        && let Some(own) = model.fields.get("organizationId").and_then(|field| field.column.as_ref())
        && own != column
    {
        let message = format!("the organization cannot be both in `{own}` and in the tenancy column `{column}`");
        found.add(Code::SchemaTenancyInvalid, format!("{path}.fields.organizationId.column"), message);
    }
    if let Some(Scope::Flag(true) | Scope::Kind(_)) = model.scope
        && let Some(kind) = names::scope_kind(model)
    {
        check_kind(&kind, &format!("{path}.scope"), found);
    }
    let shape = Shape::of(model);
    for (position, role) in model.entity_roles.iter().flatten().enumerate() {
        let path = format!("{path}.entityRoles.{position}");
        check_role(role, &path, found);
        if names::is_identifier(&role.field) && role.field != "id" && shape.slot_of(&role.field).is_none() {
            let message = format!("there is no field `{}` to read", role.field);
            found.add(Code::SchemaRoleSourceInvalid, format!("{path}.source.field"), message);
        }
    }
}

fn check_field(name: &str, field: &FieldDef, path: &str, found: &mut Found) {
    if !names::is_camel_case(name) {
        let message = format!("`{name}` must start with a lower-case letter and go on with letters, digits and `_`");
        found.add(Code::SchemaFieldNotCamelcase, path, message);
    }
    if names::has_consecutive_capitals(name) {
        let message = format!("`{name}` has two capitals in a row; write them as one word, like `apiUrl`");
        found.add(Code::SchemaFieldConsecutiveCaps, path, message);
    }
    let column = field.column(name);
    if field.column.is_some() && !names::is_identifier(&column) {
        let message = format!("the column `{column}` is not an identifier");
        found.add(Code::SchemaNameInvalid, format!("{path}.column"), message);
    }
    if !names::fits_a_database(&column) {
        found.add(Code::SchemaNameTooLong, format!("{path}.column"), too_long("column", &column));
    }
    let base = match name {
        "createdAt" | "updatedAt" => Some(FieldType::Date),
        "id" | "organizationId" | "createdBy" => Some(FieldType::String),
        _ => None,
    };
    if base.is_some_and(|base| base != field.ty) {
        let message = format!("`{name}` is a base field of another type than {}", field.ty.as_str());
        found.add(Code::SchemaBaseFieldType, format!("{path}.type"), message);
    }
    if field.ty == FieldType::Enum {
        let values = field.enum_values.as_deref().unwrap_or_default();
        let mut seen = HashSet::new();
        if values.is_empty() || !values.iter().all(|value| seen.insert(value)) {
            let message = "an enum needs at least one value, and no value twice";
            found.add(Code::SchemaEnumValuesInvalid, format!("{path}.enumValues"), message);
        }
    }
    if let Some(default) = &field.default
        && !is_value_of(field, default)
    {
        found.add(
            Code::SchemaDefaultInvalid,
            format!("{path}.default"),
            format!("{default} is not a value of `{name}`"),
        );
    }
}

/// Whether a JSON value can stand in a field.
fn is_value_of(field: &FieldDef, value: &Value) -> bool {
    match (field.ty, value) {
        (_, Value::Null) => field.is_optional,
        (FieldType::String, Value::String(_)) | (FieldType::Boolean, Value::Bool(_)) | (FieldType::Json, _) => true,
        (FieldType::Date, Value::String(text)) => text.parse::<jiff::Timestamp>().is_ok(),
        (FieldType::Enum, Value::String(text)) => field.enum_values.iter().flatten().any(|known| known == text),
        (FieldType::Number, Value::Number(number)) => match field.number_format {
            NumberFormat::Float => number.as_f64().is_some_and(f64::is_finite),
            NumberFormat::Int32 => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            NumberFormat::Int64 => number.as_i64().is_some_and(|number| number.unsigned_abs() <= MAX_SAFE_INTEGER),
        },
        _ => false,
    }
}

fn check_columns(model: &ModelDef, path: &str, found: &mut Found) {
    let mut columns = HashMap::from([("id".to_owned(), "id")]);
    let shape = Shape::of(model);
    // Base fields first, so that the declared field is the one to blame.
    let (declared, base): (Vec<_>, Vec<_>) = shape.slots().iter().partition(|slot| slot.is_declared);
    for slot in base.into_iter().chain(declared) {
        if let Some(other) = columns.insert(slot.column.to_lowercase(), &slot.name) {
            let message = format!("the column `{}` is already that of `{other}`", slot.column);
            found.add(Code::SchemaColumnDuplicate, format!("{path}.fields.{}", slot.name), message);
        }
    }
}

fn check_tenancy(tenancy: &Tenancy, path: &str, found: &mut Found) {
    let names: Vec<(&str, &str)> = match tenancy {
        Tenancy::Column { column } => vec![("column", column)],
        Tenancy::Parent(via) => [
            ("via.localKey", Some(&via.local_key)),
            ("via.parentTable", Some(&via.parent_table)),
            ("via.parentKey", via.parent_key.as_ref()),
            ("via.parentOrgColumn", via.parent_org_column.as_ref()),
        ]
        .into_iter()
        .filter_map(|(member, name)| Some((member, name?.as_str())))
        .collect(),
        Tenancy::None => Vec::new(),
    };
    for (member, name) in names {
        if !names::is_identifier(name) || !names::fits_a_database(name) {
            let message = format!("`{name}` is not an identifier of at most {} bytes", names::MAX_NAME_BYTES);
            found.add(Code::SchemaTenancyInvalid, format!("{path}.{member}"), message);
        }
    }
}

pub(super) fn check_role(role: &RoleDef, path: &str, found: &mut Found) {
    check_kind(&role.kind, &format!("{path}.kind"), found);
    if !names::is_identifier(&role.field) {
        let message = format!("the source `{}` is not an identifier", role.field);
        found.add(Code::SchemaGrantsShapeInvalid, format!("{path}.source.field"), message);
    }
}

fn check_kind(kind: &str, path: &str, found: &mut Found) {
    if !is_group_kind(kind) {
        let message = format!("the kind `{kind}` must be a lower-case letter, then lower-case letters, digits and `_`");
        found.add(Code::SchemaScopeKindInvalid, path, message);
    }
}
