use ablo_schema::error::{AbloError, Code};

/// Refuses text whose brackets nest deeper than this, before anything is made of it.
///
/// # Errors
/// `invalid_json`.
pub fn check(text: &str, most: usize) -> Result<(), AbloError> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > most {
            return Err(AbloError::new(Code::InvalidJson, format!("The JSON nests deeper than {most} levels.")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn only_brackets_outside_of_text_count() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert!(check(&nested(32), 32).is_ok() && check(&nested(33), 32).is_err());
        assert!(check(r#"["[[[[", "\"[[[[", {"a": [1], "b": [2]}]"#, 3).is_ok());
        assert!(check(r#"["\\", [[[]]]]"#, 3).is_err(), "a backslash that is escaped escapes nothing");
    }
}
