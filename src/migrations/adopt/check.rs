use ablo_schema::ir::{FieldDef, FieldType, ModelDef, NumberFormat, Plane, SchemaDef, StringFormat, Tenancy};

use super::{BASE, TEXTS, bare_type};
use crate::migrations::database::catalog::{Catalog, Column, Table};

/// Whether a model fits its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// The model's schema key.
    pub model: String,
    /// The table.
    pub table: String,
    /// Why it does not fit; empty when it does.
    pub misfits: Vec<Misfit>,
}

/// One reason why a model does not fit its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The column; `None` for the table.
    pub column: Option<String>,
    /// What is the matter and what to do.
    pub message: String,
}

/// Whether the application's models fit the tables of a database, in the schema's order.
#[must_use]
pub fn check(schema: &SchemaDef, catalog: &Catalog) -> Vec<Fit> {
    let models = schema.models.iter().filter(|(_, model)| model.plane == Plane::Tenant);
    models
        .map(|(key, model)| {
            let table = model.table_name.as_ref().unwrap_or(key);
            let misfits = match catalog.table(table) {
                Some(found) => misfits(model, found),
                None => vec![misfit(None, format!("there is no table `{table}`; `ablo generate sql` makes it"))],
            };
            Fit { model: key.clone(), table: table.clone(), misfits }
        })
        .collect()
}

fn misfit(column: Option<&str>, message: impl Into<String>) -> Misfit {
    Misfit { column: column.map(str::to_owned), message: message.into() }
}

fn misfits(model: &ModelDef, table: &Table) -> Vec<Misfit> {
    let mut found = Vec::new();
    let mut known = vec!["id".to_owned()];
    check_id(table, &mut found);
    check_base(model, table, &mut known, &mut found);
    for (name, field) in &model.fields {
        let column = field.column(name);
        match table.column(&column) {
            None => found.push(misfit(Some(&column), format!("the field `{name}` has no such column; add it"))),
            Some(there) => check_column(field, there, &mut found),
        }
        known.push(column);
    }
    let strangers = table.columns.iter().filter(|column| !known.contains(&column.name));
    found.extend(strangers.filter(|column| needs_value(column)).map(|column| {
        misfit(
            Some(&column.name),
            "it needs a value and the model has no such field; give it a default, or add the field",
        )
    }));
    if model.tenancy != Tenancy::None && !(table.row_security && table.force_row_security) {
        found.push(misfit(None, "row-level security is not forced; `ALTER TABLE ... FORCE ROW LEVEL SECURITY`"));
    }
    found
}

fn needs_value(column: &Column) -> bool {
    !column.nullable && column.default.is_none() && !column.computed
}

fn check_id(table: &Table, found: &mut Vec<Misfit>) {
    match table.column("id") {
        None => found.push(misfit(Some("id"), "every model needs a column `id`; add it, or rename the key")),
        Some(id) if !TEXTS.contains(&bare_type(&id.ty)) => {
            found.push(misfit(Some("id"), format!("ids are text and it is `{}`", id.ty)));
        }
        Some(_) => {}
    }
    if table.primary_key() != ["id"] {
        let key = table.primary_key();
        let is = if key.is_empty() { "missing".to_owned() } else { format!("({})", key.join(", ")) };
        found.push(misfit(None, format!("the primary key must be (id) and is {is}")));
    }
}

fn check_base(model: &ModelDef, table: &Table, known: &mut Vec<String>, found: &mut Vec<Misfit>) {
    for (name, types) in BASE {
        let (name, is_required) = match (&model.tenancy, name) {
            (Tenancy::Column { column }, "organization_id") => (column.as_str(), true),
            (_, "organization_id" | "archived_at") => (name, false),
            _ => (name, true),
        };
        known.push(name.to_owned());
        match table.column(name) {
            None if is_required => found.push(misfit(Some(name), "every model needs it; add it")),
            Some(column) if !types.contains(&bare_type(&column.ty)) => {
                found.push(misfit(Some(name), format!("it is `{}` and should be `{}`", column.ty, types[0])));
            }
            Some(column) if name == "created_by" && !column.nullable => {
                found.push(misfit(Some(name), "rows without a known author cannot be written; make it nullable"));
            }
            _ => {}
        }
    }
}

fn check_column(field: &FieldDef, column: &Column, found: &mut Vec<Misfit>) {
    let types = types_of(field);
    if !types.contains(&bare_type(&column.ty)) {
        found.push(misfit(
            Some(&column.name),
            format!("it is `{}` and a {} field needs `{}`", column.ty, field.ty.as_str(), types.join("`, `")),
        ));
    }
    if !field.is_optional && column.nullable {
        found.push(misfit(Some(&column.name), "the field is required and the column may be null; SET NOT NULL"));
    }
    if field.is_optional && !column.nullable {
        found.push(misfit(Some(&column.name), "the field is optional and the column may not be null; DROP NOT NULL"));
    }
}

/// The column types a field's values fit into without loss.
fn types_of(field: &FieldDef) -> &'static [&'static str] {
    match (field.ty, field.number_format) {
        (FieldType::String, _) => match field.string_format {
            None | Some(StringFormat::Uuid) => TEXTS,
            Some(StringFormat::CivilDate) => &["text", "date"],
            Some(StringFormat::Decimal) => &["text", "numeric"],
        },
        (FieldType::Enum, _) => &["text", "character varying"],
        (FieldType::Number, NumberFormat::Float) => &["double precision", "numeric", "real"],
        (FieldType::Number, NumberFormat::Int32) => &["integer", "bigint"],
        (FieldType::Number, NumberFormat::Int64) => &["bigint"],
        (FieldType::Boolean, _) => &["boolean"],
        (FieldType::Date, _) => &["timestamp with time zone"],
        (FieldType::Json, _) => &["jsonb", "json"],
    }
}
