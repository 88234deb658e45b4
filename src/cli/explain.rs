use ablo_schema::error::Code;
use serde::Serialize;

use super::console::Console;
use super::exit::Exit;
use super::failure::{Failure, Outcome};

#[derive(Serialize)]
struct Explanation<'a> {
    code: &'a str,
    message: &'a str,
    explanation: &'a str,
    category: &'a str,
    #[serde(rename = "httpStatus")]
    http_status: Option<u16>,
    retryable: bool,
    recovery: &'a str,
}

/// `ablo explain CODE`.
pub(super) fn run(code: &str, console: &Console) -> Outcome {
    let Some(explanation) = registered(code) else {
        let failure = Failure::new(Code::CodeUnknown, format!("`{code}` is not a registered error code"));
        return Err(match nearest(code, Code::ALL.iter().map(|code| code.as_str())) {
            Some(near) => failure.fix(format!("did you mean `{near}`?")),
            None => failure,
        });
    };
    if console.is_json() {
        console.document("ablo.explain/1", &explanation)?;
        return Ok(Exit::Ok);
    }
    let status = explanation.http_status.map_or_else(String::new, |status| format!(", HTTP {status}"));
    let mut text = format!(
        "{} ({}{status}): {}\n\n{}\n",
        explanation.code, explanation.category, explanation.message, explanation.explanation
    );
    let retry =
        if explanation.retryable { "repeating the request can succeed" } else { "repeating it changes nothing" };
    text += &format!("\nretry: {retry}\nrecovery: {}\n", explanation.recovery);
    console.data(&text)?;
    Ok(Exit::Ok)
}

fn registered(text: &str) -> Option<Explanation<'_>> {
    let code: Code = text.parse().ok()?;
    Some(Explanation {
        code: code.as_str(),
        message: code.message(),
        explanation: code.explanation(),
        category: code.category().as_str(),
        http_status: code.http_status(),
        retryable: code.retryable(),
        recovery: code.recovery().as_str(),
    })
}

/// The one of these that looks most like a text, if any does.
pub(super) fn nearest<'a>(text: &str, all: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    all.map(|known| (distance(text, known), known))
        .filter(|(distance, known)| distance * 3 <= known.len())
        .min()
        .map(|(_, known)| known)
}

/// How many single-character edits lie between two texts.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}
