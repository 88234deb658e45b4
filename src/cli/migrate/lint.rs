use ablo_schema::error::Code;
use serde::Serialize;

use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, Outcome};
use crate::migrations::{Finding, Folder, Rule, lint};

#[derive(Serialize)]
struct Findings<'a> {
    findings: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    rule: &'a str,
    file: &'a str,
    line: usize,
    statement: &'a str,
    why: &'a str,
    fix: &'a str,
}

/// `ablo migrate lint`.
pub(super) fn run(folder: &Folder, allow: &[String], console: &Console) -> Outcome {
    if let Some(unknown) = allow.iter().find(|name| Rule::from_name(name).is_none()) {
        let known: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
        return Err(Failure::new(Code::ArgumentInvalid, format!("`--allow={unknown}` names no rule"))
            .fix(format!("the rules are {}", known.join(", "))));
    }
    folder.head()?;
    let found: Vec<Finding> =
        lint(folder).into_iter().filter(|finding| !allow.iter().any(|name| name == finding.rule.name())).collect();
    if console.is_json() {
        let findings = found.iter().map(line).collect();
        console.document("ablo.lint/1", &Findings { findings })?;
        return Ok(if found.is_empty() { Exit::Ok } else { Exit::Unsafe });
    }
    let text: String = found
        .iter()
        .map(|finding| {
            format!(
                "! {}:{}: {}\n    {}\n    why: {}\n    fix: {}\n",
                finding.file,
                finding.line,
                finding.rule.name(),
                finding.statement.replace('\n', "\n    "),
                finding.rule.why(),
                finding.rule.fix()
            )
        })
        .collect();
    console.data(if found.is_empty() { "no findings\n" } else { &text })?;
    if found.is_empty() {
        return Ok(Exit::Ok);
    }
    let mut rules: Vec<&str> = found.iter().map(|finding| finding.rule.name()).collect();
    rules.sort_unstable();
    rules.dedup();
    let allow = rules.join(",");
    let count = if found.len() == 1 { "1 finding".to_owned() } else { format!("{} findings", found.len()) };
    Err(Failure::new(Code::MigrationUnsafe, count)
        .fix(format!("mend them, write `-- allow: {allow}` at the head of the file, or add `--allow={allow}`")))
}

fn line(finding: &Finding) -> Line<'_> {
    Line {
        rule: finding.rule.name(),
        file: &finding.file,
        line: finding.line,
        statement: &finding.statement,
        why: finding.rule.why(),
        fix: finding.rule.fix(),
    }
}
