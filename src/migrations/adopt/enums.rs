//! Enums out of check constraints.

use heck::ToSnakeCase;

use super::names::variant;
use crate::migrations::database::catalog::{ConstraintKind, Table};

/// The values that a check allows in a column: `CHECK ((status = ANY (ARRAY['a'::text, 'b'::text])))`.
pub(super) fn values(table: &Table, column: &str) -> Option<Vec<String>> {
    let checks = table.constraints.iter().filter(|one| one.kind == ConstraintKind::Check && one.columns == [column]);
    checks.filter_map(|check| parse(&check.definition)).next()
}

fn parse(definition: &str) -> Option<Vec<String>> {
    let list = definition.split_once("= ANY")?.1;
    let mut values = Vec::new();
    let mut chars = list.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\'' {
            continue;
        }
        let mut value = String::new();
        while let Some(inner) = chars.next() {
            if inner == '\'' && chars.next_if_eq(&'\'').is_none() {
                break;
            }
            value.push(inner);
        }
        values.push(value);
    }
    // Anything but a plain list of texts says more than an enum can.
    let plain = !definition.contains(" AND ") && !definition.contains(" OR ");
    (plain && !values.is_empty()).then_some(values)
}

/// The declaration of an enum.
pub(super) fn declare(name: &str, values: &[String]) -> String {
    let mut text = format!("#[derive(AbloEnum, Clone, Copy, Debug, PartialEq, Eq)]\npub enum {name} {{\n");
    for (value, variant) in values.iter().zip(variants(values)) {
        if variant.to_snake_case() != *value {
            text += &format!("    #[ablo(name = {value:?})]\n");
        }
        text += &format!("    {variant},\n");
    }
    text + "}\n"
}

/// The variants of an enum's values, no two alike.
pub(super) fn variants(values: &[String]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for value in values {
        let base = variant(value);
        let mut name = base.clone();
        let mut number = 2;
        while all.contains(&name) {
            name = format!("{base}{number}");
            number += 1;
        }
        all.push(name);
    }
    all
}
