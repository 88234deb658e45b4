/// JSON in which no half of a surrogate pair stands alone; `None` when that holds already.
///
/// JavaScript cuts text between the halves of an emoji and writes what is left as an escape that is no character. What
/// stands alone becomes U+FFFD, as it does wherever else a browser sends text; refused, it would take the whole batch of
/// writes along that the client put it into.
pub fn mended(json: &str) -> Option<String> {
    let bytes = json.as_bytes();
    let (mut at, mut mended) = (0, None);
    while let Some(found) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'\\')) {
        at += found;
        match (half(bytes, at), half(bytes, at + ESCAPE)) {
            (Some(Half::First), Some(Half::Second)) => at += 2 * ESCAPE,
            (Some(_), _) => {
                mended.get_or_insert_with(|| json.to_owned()).replace_range(at..at + ESCAPE, "\\ufffd");
                at += ESCAPE;
            }
            // Whatever is escaped escapes nothing.
            (None, _) => at += 2,
        }
    }
    mended
}

/// The length of `\ud83d`.
const ESCAPE: usize = 6;

enum Half {
    First,
    Second,
}

fn half(json: &[u8], at: usize) -> Option<Half> {
    match json.get(at..at + ESCAPE)? {
        [b'\\', b'u', b'd' | b'D', which, rest @ ..] if rest.iter().all(u8::is_ascii_hexdigit) => match which {
            b'8' | b'9' | b'a' | b'b' | b'A' | b'B' => Some(Half::First),
            b'c'..=b'f' | b'C'..=b'F' => Some(Half::Second),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::mended;

    #[test]
    fn what_stands_alone_is_replaced_and_nothing_else() {
        for whole in [
            r#"{"a":"plain","b":["\n\\\"\u0041"]}"#,
            r#""\ud83d\ude00\uD83D\uDE00""#,
            r#""\\ud83d \\\\ud83d""#,
            r#""\ud7ff\ue000""#,
            r#""\ud83g""#,
            "\"😀é",
            r#""\ud83"#,
            "\\",
            "",
        ] {
            assert_eq!(mended(whole), None, "{whole}");
        }
        for (cut, whole) in [
            (r#""cut \ud83d""#, r#""cut \ufffd""#),
            (r#""\ude00 tail""#, r#""\ufffd tail""#),
            (r#""\ud83d\ud83d\ude00\ude00""#, r#""\ufffd\ud83d\ude00\ufffd""#),
            (r#""\\\uD83D\n\uDBFF\u0041é""#, r#""\\\ufffd\n\ufffd\u0041é""#),
        ] {
            assert_eq!(mended(cut).as_deref(), Some(whole), "{cut}");
            assert!(serde_json::from_str::<String>(whole).is_ok());
        }
    }
}
