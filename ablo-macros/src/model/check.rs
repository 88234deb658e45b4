//! The rules that need more than one attribute, one function each.

use proc_macro2::Ident;
use quote::ToTokens;

use super::{BelongsTo, Key, Model, Scope, Tenancy};
use crate::{diag::Diag, names, suggest::closest};

/// What every row has besides its declared fields.
pub const BASE_FIELDS: [&str; 6] = ["id", "created_at", "updated_at", "organization_id", "created_by", "archived_at"];

/// Runs every rule.
pub fn model(model: &Model, diag: &mut Diag) {
    wire_names(model, diag);
    columns(model, diag);
    accessors(model, diag);
    relation_names(model, diag);
    keys(model, diag);
    tables(model, diag);
    kinds(model, diag);
    grants(model, diag);
    field_lists(model, diag);
}

/// The wire name of a field by its Rust name, base fields included.
pub fn wire_of(model: &Model, name: &str) -> Option<String> {
    let declared = model.fields.iter().find(|field| names::bare(&field.ident) == name);
    declared.map(|field| field.wire.clone()).or_else(|| BASE_FIELDS.contains(&name).then(|| names::camel(name)))
}

/// A JSON object has each member once, and clients in other languages spell it in camelCase.
fn wire_names(model: &Model, diag: &mut Diag) {
    for (index, field) in model.fields.iter().enumerate() {
        if field.renamed {
            names::check_wire(&field.wire_at, &field.wire, diag);
        }
        if field.wire == "id" {
            diag.at(&field.wire_at, "`id` is the row's id on the wire; leave `name` out, or write another one");
        } else if let Some(earlier) = model.fields[..index].iter().find(|earlier| earlier.wire == field.wire) {
            let (wire, other) = (&field.wire, names::bare(&earlier.ident));
            diag.at(&field.wire_at, format!("`{other}` is already called `{wire}` on the wire; write `#[ablo(name = \"...\")]` above one of them"));
        }
        if let Some(from) = &field.renamed_from
            && (from.value() == field.wire || model.fields.iter().any(|other| other.wire == from.value()))
        {
            diag.at(
                from,
                format!(
                    "`{}` is a field of this model now, so it cannot be a previous name; remove `renamed_from`",
                    from.value()
                ),
            );
        }
    }
}

/// A table has each column once.
fn columns(model: &Model, diag: &mut Diag) {
    let mut columns: Vec<(String, String)> = Vec::new();
    for field in &model.fields {
        let name = names::bare(&field.ident);
        let (column, at) = match &field.column {
            Some(column) => (column.value(), column.to_token_stream()),
            None => (names::column_of(&field.wire), field.wire_at.clone()),
        };
        // A derived column is as good as the wire name, which is checked, but may be too long.
        if field.column.is_some() || column.len() > names::MAX_NAME_BYTES {
            names::check_identifier(&at, "column", &column, diag);
        }
        // Names differing only in capitals are one column in SQLite.
        if column.eq_ignore_ascii_case("id") && field.wire != "id" {
            diag.at(&at, format!("the column `id` holds the row's id; leave `column` out, or write another one, such as `column = \"{name}\"`"));
        } else if let Some((_, other)) = columns.iter().find(|(taken, _)| taken.eq_ignore_ascii_case(&column))
            && model.fields.iter().any(|earlier| names::bare(&earlier.ident) == *other && earlier.wire != field.wire)
        {
            diag.at(
                &at,
                format!(
                    "`{other}` already has the column `{column}`; write `#[ablo(column = \"...\")]` above one of them"
                ),
            );
        }
        columns.push((column, name));
    }
}

/// The generated functions have distinct names.
fn accessors(model: &Model, diag: &mut Diag) {
    for (index, field) in model.fields.iter().enumerate() {
        if let Some(owner) = accessor_owner(model, index) {
            let (accessor, name) = (names::bare(&field.accessor), names::bare(&field.ident));
            let message =
                format!("the function `{accessor}` {owner}; write `#[ablo(accessor = by_{name})]` above this field");
            diag.at(&field.accessor, message);
        }
    }
}

/// What the accessor of a field would clash with.
pub fn accessor_owner(model: &Model, index: usize) -> Option<String> {
    let accessor = names::bare(&model.fields[index].accessor);
    match accessor.as_str() {
        "patch" => Some("begins an update".to_owned()),
        "id" => Some("is the accessor of the id".to_owned()),
        _ => model.fields[..index]
            .iter()
            .find(|earlier| names::bare(&earlier.accessor) == accessor)
            .map(|earlier| format!("is already the accessor of the field `{}`", names::bare(&earlier.ident))),
    }
}

/// A relation is found by its name.
fn relation_names(model: &Model, diag: &mut Diag) {
    let mut taken: Vec<&str> = Vec::new();
    let keyed =
        |relation: &BelongsTo| format!("#[ablo(belongs_to, relation = other_{})]", names::bare(&relation.name_at));
    let belongs_to = model.belongs_to.iter().map(|relation| (&relation.name, &relation.name_at, keyed(relation)));
    let has =
        model.has.iter().map(|has| (&has.name, &has.name_at, format!("other_{}: ...", names::bare(&has.name_at))));
    for (name, at, remedy) in belongs_to.chain(has) {
        if taken.contains(&name.as_str()) {
            diag.at(at, format!("there already is a relation `{name}`; give this one another name, as in `{remedy}`"));
        }
        taken.push(name);
    }
}

/// A key named by its wire name has one.
fn keys(model: &Model, diag: &mut Diag) {
    for relation in &model.has {
        if let Key::Wire(wire) = &relation.by {
            names::check_wire(wire, &wire.value(), diag);
        }
    }
}

/// Tables and the columns of tenancy are SQL names.
fn tables(model: &Model, diag: &mut Diag) {
    if let Some(table) = &model.options.table {
        names::check_identifier(table, "table", &table.value(), diag);
    }
    match &model.options.tenancy {
        Some(Tenancy::Column(column)) => names::check_identifier(column, "column", &column.value(), diag),
        Some(Tenancy::Parent { table, local_key, parent_key, org_column }) => {
            names::check_identifier(table, "table", &table.value(), diag);
            for column in [Some(local_key), parent_key.as_ref(), org_column.as_ref()].into_iter().flatten() {
                names::check_identifier(column, "column", &column.value(), diag);
            }
        }
        Some(Tenancy::None) | None => {}
    }
}

/// Group kinds are lower-case identifiers, because a group is written `kind:id`.
fn kinds(model: &Model, diag: &mut Diag) {
    match &model.options.scope {
        Some(Scope::Kind(kind)) => names::check_kind(kind, &kind.value(), diag),
        Some(Scope::Flag(true)) => names::check_kind(&model.ident, &model.typename.to_lowercase(), diag),
        Some(Scope::Flag(false)) | None => {}
    }
    for (kind, _) in &model.options.entity_roles {
        names::check_kind(kind, &names::bare(kind), diag);
    }
}

/// A grant follows two relations whose keys are in the row itself.
fn grants(model: &Model, diag: &mut Diag) {
    let Some((subject, scope)) = &model.options.grants else { return };
    for relation in [subject, scope] {
        let name = names::camel(&names::bare(relation));
        if model.belongs_to.iter().any(|known| known.name == name) {
            continue;
        }
        if model.has.iter().any(|known| known.name == name) {
            diag.at(relation, format!("the key of `{relation}` is in other rows, and a grant follows a key in its own row; name a `belongs_to` relation"));
            continue;
        }
        let known = model.belongs_to.iter().map(|known| known.name.as_str());
        let hint = match closest(&name, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if model.belongs_to.is_empty() => {
                format!("add the field `#[ablo(belongs_to)] {relation}_id: Id<...>`")
            }
            None => format!("expected one of {}", quoted(known)),
        };
        diag.at(relation, format!("there is no `belongs_to` relation `{relation}`; {hint}"));
    }
}

/// Lists of fields name fields.
fn field_lists(model: &Model, diag: &mut Diag) {
    let fills = model.options.auto_fill.iter().map(|(field, _)| field);
    for field in fills.chain(&model.options.required_fields) {
        known_field(model, field, &names::bare(field), diag);
    }
    let mut required: Vec<&Ident> = Vec::new();
    for field in &model.options.required_fields {
        if required.contains(&field) {
            diag.at(field, format!("`{field}` is listed twice; keep one"));
        }
        required.push(field);
    }
    for (_, source) in &model.options.entity_roles {
        // A literal names the member of the row as it is on the wire.
        if !source.tokens.to_string().starts_with('"') {
            known_field(model, &source.tokens, &source.name, diag);
        }
    }
}

fn known_field(model: &Model, tokens: &impl ToTokens, name: &str, diag: &mut Diag) {
    if wire_of(model, name).is_some() {
        return;
    }
    let declared: Vec<String> = model.fields.iter().map(|field| names::bare(&field.ident)).collect();
    let known = declared.iter().map(String::as_str).chain(BASE_FIELDS);
    let hint = match closest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("expected one of {}", quoted(known)),
    };
    diag.at(tokens, format!("`{}` has no field `{name}`; {hint}", model.ident));
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
