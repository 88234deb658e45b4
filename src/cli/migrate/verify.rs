use serde::Serialize;

use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::cli::failure::Outcome;
use crate::cli::progress::Progress;
use crate::migrations::Folder;
use crate::migrations::database::catalog::Difference;
use crate::migrations::database::{Database, Verified};

#[derive(Serialize)]
struct Report<'a> {
    verified: bool,
    /// After which run the differences were seen.
    after: Option<&'a str>,
    differences: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    kind: &'a str,
    fact: &'a str,
}

/// `ablo migrate verify`.
pub(super) async fn run(database: &Database, folder: &Folder, console: &Console) -> Outcome {
    console.note(&format!("verifying in databases of their own beside {}", database.target()));
    let progress = Progress::start("verifying");
    let verified = database.verify(folder).await?;
    drop(progress);
    if console.is_json() {
        let (after, differences) = match &verified {
            Verified::Same => (None, Vec::new()),
            Verified::Differs { after, differences } => (Some(*after), differences.iter().map(line).collect()),
        };
        let report = Report { verified: after.is_none(), after, differences };
        console.document("ablo.verify/1", &report)?;
    } else {
        console.data(&text(&verified))?;
    }
    Ok(if verified == Verified::Same { Exit::Ok } else { Exit::Pending })
}

fn line(difference: &Difference) -> Line<'_> {
    match difference {
        Difference::Missing(fact) => Line { kind: "missing", fact },
        Difference::Unexpected(fact) => Line { kind: "unexpected", fact },
    }
}

fn text(verified: &Verified) -> String {
    match verified {
        Verified::Same => "ok: up, down and up again; the tables are those of the models\n".to_owned(),
        Verified::Differs { after, differences } => {
            let lines = differences.iter().map(line).map(|line| {
                let mark = if line.kind == "missing" { '-' } else { '+' };
                format!("  {mark} {}\n", line.fact)
            });
            format!("after running {after}:\n{}", lines.collect::<String>())
        }
    }
}
