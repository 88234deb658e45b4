//! Names that must differ across models.

use std::collections::HashMap;

use super::{
    super::{ModelDef, SchemaDef, names},
    Found,
};
use crate::{
    error::Code,
    sql::{Options, Table},
};

pub(super) fn check(schema: &SchemaDef, found: &mut Found) {
    let mut spellings: HashMap<String, &str> = HashMap::new();
    let mut tables: HashMap<String, &str> = HashMap::new();
    for (key, model) in &schema.models {
        let path = format!("models.{key}");
        let mut own = vec![
            names::key_spelling(key, model),
            names::typename_spelling(key, model),
            names::stripped_spelling(key, model),
        ];
        own.sort();
        own.dedup();
        for spelling in own {
            if let Some(other) = spellings.insert(spelling.clone(), key) {
                let message = format!("`{spelling}` on the wire could mean this model or `{other}`; rename one");
                found.add(Code::SchemaModelAmbiguous, &path, message);
            }
        }
        // Some databases compare names without case.
        if let Some(other) = tables.insert(model.table(key).to_lowercase(), key) {
            let message = format!("the table `{}` is already that of `{other}`", model.table(key));
            found.add(Code::SchemaTableDuplicate, format!("{path}.tableName"), message);
        }
        check_model(key, model, &path, found);
    }
    let renames = schema.models.iter().map(|(key, model)| (key.as_str(), model.renamed_from.as_deref()));
    check_renames(renames, "models", found);
    check_emitted(schema, found);
}

/// Tables and indexes share one space of names, and long names are cut: two could come out equal.
fn check_emitted(schema: &SchemaDef, found: &mut Found) {
    let mut taken: HashMap<String, String> = HashMap::new();
    let mut tables = Table::all(schema, &Options::postgres("public").with_foreign_keys().for_runtime());
    // Two models in one table are a problem already told.
    tables.retain(|table| taken.insert(table.name.to_lowercase(), format!("the table of `{}`", table.key)).is_none());
    for table in &tables {
        for index in &table.indexes {
            let path = format!("models.{}", table.key);
            let owner = format!("an index of `{}`", table.key);
            if let Some(other) = taken.insert(index.name.to_lowercase(), owner) {
                let message = format!("its index `{}` has the name of {other}", index.name);
                found.add(Code::SchemaEmittedNameDuplicate, path, message);
            }
        }
    }
}

fn check_model(key: &str, model: &ModelDef, path: &str, found: &mut Found) {
    if !names::is_identifier(key) {
        found.add(Code::SchemaNameInvalid, path, format!("the schema key `{key}` is not an identifier"));
    }
    if names::RESERVED_MODEL_KEYS.contains(&key) {
        let message = format!("`{key}` is a name of the typed client's own; choose another");
        found.add(Code::SchemaNameReserved, path, message);
    }
    if !names::is_identifier(&model.typename) {
        let message = format!("the typename `{}` is not an identifier", model.typename);
        found.add(Code::SchemaNameInvalid, format!("{path}.typename"), message);
    }
    let table = model.table(key);
    if model.table_name.is_some() && !names::is_identifier(table) {
        let message = format!("the table `{table}` is not an identifier");
        found.add(Code::SchemaTableInvalid, format!("{path}.tableName"), message);
    }
    if !names::fits_a_database(table) {
        found.add(Code::SchemaNameTooLong, format!("{path}.tableName"), too_long("table", table));
    }
}

/// Renames must come from names that are gone, each from another.
pub(super) fn check_renames<'a>(
    names: impl Iterator<Item = (&'a str, Option<&'a str>)> + Clone,
    path: &str,
    found: &mut Found,
) {
    let mut taken: HashMap<&str, &str> = names.clone().map(|(name, _)| (name, name)).collect();
    for (name, from) in names {
        let Some(from) = from else { continue };
        if let Some(other) = taken.insert(from, name) {
            let message = format!("cannot be renamed from `{from}`, which `{other}` already stands for");
            found.add(Code::SchemaRenameInvalid, format!("{path}.{name}"), message);
        }
    }
}

pub(super) fn too_long(what: &str, name: &str) -> String {
    format!("the {what} name `{name}` is {} bytes long; databases take at most {}", name.len(), names::MAX_NAME_BYTES)
}
