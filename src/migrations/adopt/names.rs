//! Rust names for tables and columns.

use heck::{ToLowerCamelCase, ToPascalCase};

/// The member name of a column or table: snake_case that survives the way to camelCase and back. A part of one
/// character, or one that starts with a digit, joins the part before it.
pub(super) fn member(name: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
        let part = part.to_ascii_lowercase();
        let joins = part.len() == 1 || part.starts_with(|c: char| c.is_ascii_digit());
        match parts.last_mut() {
            Some(last) if joins => last.push_str(&part),
            _ => parts.push(part),
        }
    }
    let name = parts.join("_");
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("n{name}") }
}

/// A member name as Rust writes it.
pub(super) fn ident(member: &str) -> String {
    const KEYWORDS: &str = "abstract as async await become box break const continue do dyn else enum extern false final fn \
                            for gen if impl in let loop macro match mod move mut override priv pub ref return static \
                            struct trait true try type typeof unsafe unsized use virtual where while yield";
    const NEVER: [&str; 4] = ["crate", "self", "super", "id"];
    if NEVER.contains(&member) {
        format!("{member}_")
    } else if KEYWORDS.split_whitespace().any(|keyword| keyword == member) {
        format!("r#{member}")
    } else {
        member.to_owned()
    }
}

/// The name on the wire.
pub(super) fn wire(member: &str) -> String {
    member.trim_end_matches('_').to_lower_camel_case()
}

/// The column that follows from a member's name.
pub(super) fn derived_column(member: &str) -> String {
    let mut column = String::new();
    for c in wire(member).chars() {
        if c.is_ascii_uppercase() {
            column.push('_');
        }
        column.push(c.to_ascii_lowercase());
    }
    column
}

/// The struct of a table: one row of `weather_reports` is a `WeatherReport`.
pub(super) fn type_name(table: &str) -> String {
    let member = member(table);
    let singular = match member.strip_suffix("ies") {
        Some(stem) if stem.len() > 1 => format!("{stem}y"),
        _ => match member.strip_suffix("sses") {
            Some(stem) => format!("{stem}ss"),
            None if member.ends_with("ss") || member.ends_with("us") || member.ends_with("is") => member,
            None => member.strip_suffix('s').unwrap_or(&member).to_owned(),
        },
    };
    let name = singular.to_pascal_case();
    // Names of the prelude and of what fields are made of.
    if ["Id", "Model", "Row", "Schema", "Query", "Option", "String"].contains(&name.as_str()) {
        name + "Row"
    } else {
        name
    }
}

/// A variant for an enum's value.
pub(super) fn variant(value: &str) -> String {
    let name = value.to_pascal_case();
    match name.chars().next() {
        Some(first) if first.is_ascii_alphabetic() && name.is_ascii() => {
            if name == "Self" {
                "SelfValue".to_owned()
            } else {
                name
            }
        }
        _ => format!("V{}", name.chars().filter(char::is_ascii_alphanumeric).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::{derived_column, ident, member, type_name};

    #[test]
    fn members_survive_the_way_to_the_wire_and_back() {
        for (column, expected) in [
            ("region_id", "region_id"),
            ("Display Name", "display_name"),
            ("addr_2", "addr2"),
            ("a_b_c", "abc"),
            ("2fa", "n2fa"),
            ("x_y_code", "xy_code"),
        ] {
            assert_eq!(member(column), expected);
            assert_eq!(derived_column(expected), expected);
        }
    }

    #[test]
    fn tables_are_named_after_many_and_structs_after_one() {
        for (table, expected) in [
            ("weather_reports", "WeatherReport"),
            ("companies", "Company"),
            ("classes", "Class"),
            ("addresses", "Address"),
            ("status", "Status"),
            ("ids", "IdRow"),
        ] {
            assert_eq!(type_name(table), expected);
        }
    }

    #[test]
    fn keywords_are_raw() {
        assert_eq!((ident("type"), ident("self"), ident("title")), ("r#type".into(), "self_".into(), "title".into()));
    }
}
