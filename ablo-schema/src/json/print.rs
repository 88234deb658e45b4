//! Writing: on one line, or indented by two spaces.

use std::fmt;

use super::Json;

impl fmt::Display for Json {
    /// On one line without white space.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, None, f)
    }
}

impl Json {
    /// Indented by two spaces, with a final line break.
    #[must_use]
    pub fn to_pretty(&self) -> String {
        let mut out = String::new();
        // Writing to a `String` does not fail.
        let _ = write(self, Some(0), &mut out);
        out.push('\n');
        out
    }
}

fn write(value: &Json, indent: Option<usize>, out: &mut impl fmt::Write) -> fmt::Result {
    match value {
        Json::Null => out.write_str("null"),
        Json::Bool(value) => write!(out, "{value}"),
        Json::Number(text) => out.write_str(text),
        Json::String(text) => string(text, out),
        Json::Array(items) => list(items, ['[', ']'], indent, out, |item, indent, out| write(item, indent, out)),
        Json::Object(members) => list(members, ['{', '}'], indent, out, |(name, value), indent, out| {
            string(name, out)?;
            out.write_str(if indent.is_some() { ": " } else { ":" })?;
            write(value, indent, out)
        }),
    }
}

fn list<T, W: fmt::Write>(
    items: &[T],
    [open, close]: [char; 2],
    indent: Option<usize>,
    out: &mut W,
    item: impl Fn(&T, Option<usize>, &mut W) -> fmt::Result,
) -> fmt::Result {
    out.write_char(open)?;
    let inner = indent.map(|indent| indent + 1);
    for (position, value) in items.iter().enumerate() {
        if position > 0 {
            out.write_char(',')?;
        }
        line(inner, out)?;
        item(value, inner, out)?;
    }
    if !items.is_empty() {
        line(indent, out)?;
    }
    out.write_char(close)
}

fn line(indent: Option<usize>, out: &mut impl fmt::Write) -> fmt::Result {
    match indent {
        Some(depth) => write!(out, "\n{:1$}", "", depth * 2),
        None => Ok(()),
    }
}

/// Escapes what JSON.stringify escapes, and nothing else.
pub(super) fn string(text: &str, out: &mut impl fmt::Write) -> fmt::Result {
    out.write_char('"')?;
    for letter in text.chars() {
        match letter {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            '\u{8}' => out.write_str("\\b")?,
            '\u{c}' => out.write_str("\\f")?,
            control if control < ' ' => write!(out, "\\u{:04x}", u32::from(control))?,
            other => out.write_char(other)?,
        }
    }
    out.write_char('"')
}
