//! Defaults out of what PostgreSQL writes for them.

/// A column default that a field can carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Literal {
    /// Text.
    Text(String),
    /// A number or a boolean, as Rust writes it too.
    Bare(String),
}

/// Reads a default such as `'pending'::text`, `0`, `'-1'::integer` or `true`; expressions are none.
pub(super) fn literal(expression: &str) -> Option<Literal> {
    if expression == "true" || expression == "false" || expression.parse::<f64>().is_ok() {
        return Some(Literal::Bare(expression.to_owned()));
    }
    let (quoted, ty) = expression.rsplit_once("::")?;
    let text = quoted.strip_prefix('\'')?.strip_suffix('\'')?;
    // A quote that is not doubled ends the literal: there is more to the expression.
    if text.replace("''", "").contains('\'') {
        return None;
    }
    let text = text.replace("''", "'");
    match ty.split('(').next()?.trim() {
        "text" | "character varying" => Some(Literal::Text(text)),
        "integer" | "bigint" | "smallint" | "numeric" | "double precision" | "real" => {
            text.parse::<f64>().ok().map(|_| Literal::Bare(text))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Literal, literal};

    #[test]
    fn literals_and_no_expressions() {
        assert_eq!(literal("'it''s'::text"), Some(Literal::Text("it's".into())));
        assert_eq!(literal("'-1'::integer"), Some(Literal::Bare("-1".into())));
        assert_eq!(literal("0.5"), Some(Literal::Bare("0.5".into())));
        for expression in
            ["now()", "gen_random_uuid()", "nextval('s'::regclass)", "'{}'::jsonb", "'a'::text || 'b'::text"]
        {
            assert_eq!(literal(expression), None, "{expression}");
        }
    }
}
