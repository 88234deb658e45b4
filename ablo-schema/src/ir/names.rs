//! Every rule about names, in one place. The macros state the same rules for Rust names.

use super::{ModelDef, Scope};

/// The most bytes a name may have in a database.
pub const MAX_NAME_BYTES: usize = 63;

/// Words that a typed client's own methods occupy.
pub const RESERVED_MODEL_KEYS: [&str; 3] = ["stamp", "signal", "onChange"];

/// Each capital becomes `_` and its lower case: `dueAt` is `due_at`.
#[must_use]
pub fn snake_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// Whether a field's wire name starts with a lower-case letter and goes on with letters, digits and `_`.
#[must_use]
pub fn is_camel_case(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// Whether two capitals follow each other, which no casing rule carries back and forth.
#[must_use]
pub fn has_consecutive_capitals(name: &str) -> bool {
    name.as_bytes().windows(2).any(|pair| pair.iter().all(u8::is_ascii_uppercase))
}

/// Whether a name matches `^[a-zA-Z_][a-zA-Z0-9_]*$`.
#[must_use]
pub fn is_identifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether a name fits a database.
#[must_use]
pub fn fits_a_database(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES
}

/// The kind of a scope root's groups.
pub(super) fn scope_kind(model: &ModelDef) -> Option<String> {
    match model.scope.as_ref()? {
        Scope::Flag(false) => None,
        Scope::Flag(true) => Some(model.typename.to_lowercase()),
        Scope::Kind(kind) => Some(kind.clone()),
    }
}

/// How the schema key is compared.
pub(super) fn key_spelling(key: &str, _: &ModelDef) -> String {
    key.to_lowercase()
}

/// How the typename is compared.
pub(super) fn typename_spelling(_: &str, model: &ModelDef) -> String {
    model.typename.to_lowercase()
}

/// The typename without its first `Model`, as clients shorten it in commits.
pub(super) fn stripped_spelling(_: &str, model: &ModelDef) -> String {
    model.typename.replacen("Model", "", 1).to_lowercase()
}
