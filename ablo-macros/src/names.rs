//! How Rust names become wire names, columns and groups, and which names are refused.

use heck::{ToLowerCamelCase, ToSnakeCase, ToUpperCamelCase};
use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;

use crate::diag::Diag;

/// PostgreSQL cuts names after this many bytes.
pub const MAX_NAME_BYTES: usize = 63;

/// An identifier without `r#`.
pub fn bare(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// `region_id` in camelCase.
pub fn camel(name: &str) -> String {
    name.to_lower_camel_case()
}

/// `region_id` becomes `regionId`. The name is refused when the way back gives another one.
pub fn wire_name(ident: &Ident, remedy: &str, diag: &mut Diag) -> String {
    let name = bare(ident);
    let wire = camel(&name);
    let back = column_of(&wire);
    if back != name {
        diag.at(
            ident,
            format!("`{name}` is `{wire}` on the wire and would come back as `{back}`; call it `{back}`, or {remedy}"),
        );
    }
    wire
}

/// The column a wire name is stored under: each capital becomes `_` and its lower case.
pub fn column_of(wire: &str) -> String {
    let mut column = String::new();
    for char in wire.chars() {
        if char.is_ascii_uppercase() {
            column.push('_');
        }
        column.push(char.to_ascii_lowercase());
    }
    column
}

/// The rules for field names on the wire.
pub fn check_wire(tokens: &impl ToTokens, wire: &str, diag: &mut Diag) {
    let plain = wire.starts_with(|first: char| first.is_ascii_lowercase())
        && wire.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    if !plain {
        let better = wire.to_lower_camel_case();
        let better = if better.is_empty() { "field".to_owned() } else { better };
        diag.at(
            tokens,
            format!("a wire name starts with a lower-case letter and consists of letters and digits; write `{better}`"),
        );
    } else if wire.as_bytes().windows(2).any(|pair| pair.iter().all(u8::is_ascii_uppercase)) {
        let better = wire.to_lower_camel_case();
        diag.at(tokens, format!("two capitals in a row do not survive the way to a column and back; write `{better}`"));
    }
}

/// The rules for table and column names.
pub fn check_identifier(tokens: &impl ToTokens, what: &str, name: &str, diag: &mut Diag) {
    if name.len() > MAX_NAME_BYTES {
        let length = name.len();
        diag.at(
            tokens,
            format!(
                "the {what} name is {length} bytes long, and databases cut names after {MAX_NAME_BYTES}; shorten it"
            ),
        );
    } else if !name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        || !name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
    {
        let better = name.to_snake_case();
        let better = if better.is_empty() { what.to_owned() } else { better };
        diag.at(
            tokens,
            format!("a {what} name consists of ASCII letters, digits and `_`, and does not start with a digit; write `\"{better}\"`"),
        );
    }
}

/// The rule for scope and role kinds: the part of a group before its colon.
pub fn check_kind(tokens: &impl ToTokens, kind: &str, diag: &mut Diag) {
    let plain = kind.starts_with(|first: char| first.is_ascii_lowercase())
        && kind.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_');
    if !plain {
        let better = kind.to_snake_case();
        let better =
            if better.starts_with(|first: char| first.is_ascii_lowercase()) { better } else { "kind".to_owned() };
        diag.at(tokens, format!("`{kind}` cannot be the kind of a group: lower-case letters, digits and `_` only, a letter first; write `{better}`"));
    }
}

/// The rule for names on the wire that are types: letters, digits and `_`, a letter first.
pub fn check_typename(tokens: &impl ToTokens, name: &str, diag: &mut Diag) {
    if !name.starts_with(|first: char| first.is_ascii_alphabetic())
        || !name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
    {
        let better = name.to_upper_camel_case();
        let better =
            if better.starts_with(|first: char| first.is_ascii_alphabetic()) { better } else { format!("T{better}") };
        diag.at(
            tokens,
            format!(
                "`{name}` cannot name a type in other languages: ASCII letters, digits and `_` only, a letter first; write `\"{better}\"`"
            ),
        );
    }
}
