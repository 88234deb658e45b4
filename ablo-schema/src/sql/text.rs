//! Quoting, and conditions.

use super::Dialect;

/// A name in double quotes.
pub(crate) fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Text in single quotes.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Names in double quotes, separated by commas.
pub(crate) fn idents<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().map(|name| ident(name)).collect::<Vec<_>>().join(", ")
}

/// The condition that a column holds one of some texts, or null.
///
/// SQLite fills a temporary tree for every `IN` of more than two constants, each time it checks a row: that costs more
/// than the row. An expression may not be nested deeper than 1000 levels, and each `OR` is one.
pub(crate) fn one_of<T: AsRef<str>>(dialect: Dialect, name: &str, texts: &[T]) -> String {
    let texts = texts.iter().map(|text| literal(text.as_ref()));
    if dialect == Dialect::Sqlite && texts.len() <= 100 {
        return texts.map(|text| format!("{name} = {text}")).collect::<Vec<_>>().join(" OR ");
    }
    format!("{name} IN ({})", texts.collect::<Vec<_>>().join(", "))
}
