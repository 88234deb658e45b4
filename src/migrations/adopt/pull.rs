use super::default::{Literal, literal};
use super::names::{derived_column, ident, member, type_name, wire};
use super::{BASE, TEXTS, bare_type, enums};
use crate::migrations::database::catalog::{Catalog, Column, Table};

/// Rust models for existing tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// The source text.
    pub rust: String,
    /// What the models do not say, and why.
    pub notes: Vec<String>,
}

/// Writes models that fit the tables of a database, and a schema of this name that holds them.
#[must_use]
pub fn pull(catalog: &Catalog, schema_name: &str) -> Pulled {
    let mut notes = Vec::new();
    let tables: Vec<&Table> = catalog.tables.iter().filter(|table| has_id(table, &mut notes)).collect();
    let mut rust = "use ablo::prelude::*;\n".to_owned();
    for table in &tables {
        rust += &model(table, &tables, &mut notes);
    }
    rust += &format!("\n#[derive(AbloSchema)]\npub struct {schema_name} {{\n");
    for table in &tables {
        rust += &format!("    pub {}: {},\n", ident(&member(&table.name)), type_name(&table.name));
    }
    rust += "}\n";
    Pulled { rust, notes }
}

fn has_id(table: &Table, notes: &mut Vec<String>) -> bool {
    let fits = table.primary_key() == ["id"] && table.column("id").is_some_and(|id| TEXTS.contains(&bare_type(&id.ty)));
    if !fits {
        notes.push(format!("{}: left out, for its primary key is not one text column `id`", table.name));
    }
    fits
}

fn model(table: &Table, tables: &[&Table], notes: &mut Vec<String>) -> String {
    let name = type_name(&table.name);
    let mut declarations = String::new();
    let mut fields = format!("    pub id: Id<{name}>,\n");
    for column in table.columns.iter().filter(|column| column.name != "id" && !is_base(column)) {
        if !is_identifier(&column.name) {
            notes.push(format!("{}.{}: left out, for its name is no plain identifier", table.name, column.name));
            continue;
        }
        let writer = Field { table, tables, struct_name: &name, column };
        match writer.write(&mut declarations, notes) {
            Some(field) => fields += &field,
            None => notes.push(format!("{}.{}: left out, for no field holds `{}`", table.name, column.name, column.ty)),
        }
    }
    let mut options = vec!["mutable".to_owned()];
    if wire(&member(&table.name)) != table.name {
        options.push(format!("table = {:?}", table.name));
    }
    if table.column("organization_id").is_none() {
        options.push("tenancy = none".to_owned());
        notes.push(format!("{}: has no `organization_id`, so every organization sees its rows", table.name));
    }
    format!(
        "{declarations}\n{}#[derive(AbloModel, Clone, Debug, PartialEq)]\n#[ablo({})]\npub struct {name} {{\n{fields}}}\n",
        doc(table.comment.as_deref(), ""),
        options.join(", "),
    )
}

/// Whether a field may name this column.
fn is_identifier(column: &str) -> bool {
    let starts = column.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts && column.len() <= 63 && column.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn is_base(column: &Column) -> bool {
    BASE.iter().any(|(name, types)| column.name == *name && types.contains(&bare_type(&column.ty)))
}

fn doc(comment: Option<&str>, indent: &str) -> String {
    comment.map_or_else(String::new, |text| text.lines().map(|line| format!("{indent}/// {line}\n")).collect())
}

/// One column on its way to a field.
struct Field<'a> {
    table: &'a Table,
    tables: &'a [&'a Table],
    struct_name: &'a str,
    column: &'a Column,
}

impl Field<'_> {
    fn write(&self, declarations: &mut String, notes: &mut Vec<String>) -> Option<String> {
        let Self { table, column, .. } = self;
        let member = member(&column.name);
        let values = enums::values(table, &column.name).filter(|_| TEXTS.contains(&bare_type(&column.ty)));
        let target = self.target();
        let mut options = Vec::new();
        let ty = match (&values, target) {
            (Some(values), _) => {
                let name = format!("{}{}", self.struct_name, type_name(&member));
                *declarations += &format!("\n{}", enums::declare(&name, values));
                name
            }
            (None, Some(target)) => {
                options.push("belongs_to".to_owned());
                if !member.ends_with("_id") {
                    options.push(format!("relation = {member}_row"));
                }
                options.push("fk".to_owned());
                format!("Id<{}>", type_name(target))
            }
            (None, None) => self.plain_type(notes)?.to_owned(),
        };
        if derived_column(&member) != column.name {
            options.push(format!("column = {:?}", column.name));
        }
        options.extend(self.look_ups(target.is_some()));
        options.extend(self.default(&ty, values.as_deref(), notes));
        let options = if options.is_empty() { String::new() } else { format!("    #[ablo({})]\n", options.join(", ")) };
        let ty = if column.nullable { format!("Option<{ty}>") } else { ty };
        let doc = doc(column.comment.as_deref(), "    ");
        Some(format!("{doc}{options}    pub {}: {ty},\n", ident(&member)))
    }

    /// The pulled table that the column is a foreign key to.
    fn target(&self) -> Option<&str> {
        let target = self.table.references(&self.column.name)?;
        self.tables.iter().any(|table| table.name == target).then_some(target)
    }

    fn plain_type(&self, notes: &mut Vec<String>) -> Option<&'static str> {
        let ty = bare_type(&self.column.ty);
        let mut note = |what: &str| notes.push(format!("{}.{}: {what}", self.table.name, self.column.name));
        Some(match ty {
            _ if TEXTS.contains(&ty) => "String",
            "integer" | "smallint" => "i32",
            "bigint" => "i64",
            "double precision" | "real" => "f64",
            "numeric" => {
                note("`numeric` becomes `f64`, which is not exact");
                "f64"
            }
            "boolean" => "bool",
            "timestamp with time zone" => "ablo::time::Timestamp",
            "timestamp without time zone" => {
                note("`timestamp` has no time zone; it is read as UTC, and should become `timestamptz`");
                "ablo::time::Timestamp"
            }
            "date" => "ablo::time::civil::Date",
            "json" | "jsonb" => "serde_json::Value",
            _ => return None,
        })
    }

    /// What the column's indexes make constant-time, and unique.
    fn look_ups(&self, is_relation: bool) -> Vec<String> {
        let name = &self.column.name;
        let of_the_organization = |columns: &[String]| columns == ["organization_id", name.as_str()];
        let constraints = self.table.constraints.iter();
        let unique = constraints
            .filter(|one| one.kind == crate::migrations::database::catalog::ConstraintKind::Unique)
            .any(|one| one.columns == [name.as_str()] || of_the_organization(&one.columns));
        let indexes = || {
            self.table
                .indexes
                .iter()
                .filter(|index| index.columns == [name.as_str()] || of_the_organization(&index.columns))
        };
        let mut options = Vec::new();
        if unique || indexes().any(|index| index.unique) {
            options.push("unique".to_owned());
        } else if indexes().next().is_some() {
            options.push(if is_relation { "index" } else { "indexed" }.to_owned());
        }
        options
    }

    fn default(&self, ty: &str, values: Option<&[String]>, notes: &mut Vec<String>) -> Option<String> {
        let expression = self.column.default.as_ref()?;
        let written = match (literal(expression), values) {
            (Some(Literal::Text(text)), Some(values)) => {
                let at = values.iter().position(|value| *value == text);
                at.map(|at| format!("{ty}::{}", enums::variants(values)[at]))
            }
            (Some(Literal::Text(text)), None) if ty == "String" => Some(format!("{text:?}")),
            (Some(Literal::Bare(text)), None) => bare(ty, &text),
            _ => None,
        };
        if written.is_none() {
            notes.push(format!(
                "{}.{}: the default `{expression}` stays the database's",
                self.table.name, self.column.name
            ));
        }
        written.map(|value| format!("default = {value}"))
    }
}

/// A number or boolean as a value of this type.
fn bare(ty: &str, text: &str) -> Option<String> {
    match ty {
        "bool" => text.parse::<bool>().ok().map(|value| value.to_string()),
        "i32" => text.parse::<i32>().ok().map(|value| value.to_string()),
        "i64" => text.parse::<i64>().ok().map(|value| value.to_string()),
        "f64" => text.parse::<f64>().ok().map(|value| format!("{value:?}")),
        _ => None,
    }
}
