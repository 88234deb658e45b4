use ablo_schema::error::{Code, Problem};
use ablo_schema::ir::SchemaDef;
use ablo_schema::json::Json;
use ablo_schema::migrate::{Diff, FindingCode, diff, migrate};
use ablo_schema::sql::Options;
use ablo_schema::time::Timestamp;

use crate::cli::args::{FolderTables, HintArgs};
use crate::cli::console::Console;
use crate::cli::diff::{allowed, cause, hints, way_out};
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::source::Source;
use crate::migrations::{Change, Draft, Folder, Rule, Snapshot, Tables, behind_by, draft};

/// What `migrate new` was asked for.
pub(super) struct Asked<'a> {
    pub name: &'a str,
    pub hints: &'a HintArgs,
    pub allow: &'a [String],
    pub tables: &'a FolderTables,
    pub online: bool,
    pub at: Option<i64>,
}

/// `ablo migrate new`.
pub(super) fn run(folder: &Folder, asked: &Asked<'_>, source: &Source, console: &Console) -> Outcome {
    let schema = source.schema()?;
    let next: &SchemaDef = &schema;
    let head = folder.head()?;
    let previous = head.map(|head| &head.schema);
    let diff = diff(previous, next, &hints(asked.hints, next)?)?;
    let allowed = allowed(asked.allow)?;
    refuse_unsafe(&diff, next, &allowed)?;
    if diff.is_empty() {
        return tell(console, folder, None, &diff);
    }
    let tables = tables(asked.tables, head)?;
    let options = Options { online: asked.online, ..tables.options() };
    let migration = migrate(previous, next, &diff, &options);
    for note in migration.up.notes.iter().chain(&migration.lost) {
        console.note(&format!("note: {}{}", cause(&note.cause), note.message));
    }
    let change = Change {
        name: &slug(asked.name)?,
        version: version(folder, asked.at)?,
        schema: next,
        tables: &tables,
        allowed: &allowed.iter().flat_map(|code| rules(*code)).copied().collect::<Vec<_>>(),
    };
    tell(console, folder, Some(&draft(&change, head, &migration)), &diff)
}

/// `ablo migrate baseline` in an empty folder: the schema's tables exist, and the first change starts from them.
pub(super) fn baseline(folder: &Folder, tables: &FolderTables, source: &Source, console: &Console) -> Outcome {
    let schema = source.schema()?;
    let snapshot = Snapshot {
        version: version(folder, None)?,
        name: "baseline".to_owned(),
        parent: None,
        hash: String::new(),
        migrations: Vec::new(),
        tables: self::tables(tables, None)?,
        schema: SchemaDef::clone(&schema),
    };
    let draft = Draft { migrations: Vec::new(), snapshot: snapshot.sealed() };
    tell(console, folder, Some(&draft), &Diff::default())
}

/// How many changes the models are ahead of the folder, when there is a schema to compare with.
pub(super) fn behind(folder: &Folder, source: &Source) -> Result<Option<usize>, Failure> {
    if !source.is_named() {
        return Ok(None);
    }
    let schema = source.schema()?;
    Ok(Some(behind_by(folder, &schema)?))
}

fn tell(console: &Console, folder: &Folder, draft: Option<&Draft>, diff: &Diff) -> Outcome {
    let written = draft.map_or_else(|| Ok(Vec::new()), |draft| draft.write(folder))?;
    let files: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
    if console.is_json() {
        let mut members = vec![("schema".to_owned(), Json::from("ablo.new/1"))];
        members.push(("files".to_owned(), Json::strings(files)));
        if let Json::Object(steps) = diff.to_json() {
            members.extend(steps);
        }
        console.data(&Json::Object(members).to_pretty())?;
    } else {
        let text: String = files.iter().map(|file| format!("wrote {file}\n")).collect();
        console.data(if files.is_empty() { "nothing changed\n" } else { &text })?;
    }
    Ok(Exit::Ok)
}

/// What the linter will say about a finding's statements; who allows the one allows the other.
fn rules(code: FindingCode) -> &'static [Rule] {
    match code {
        FindingCode::DropModel => &[Rule::DropTable],
        FindingCode::DropField => &[Rule::DropColumn],
        FindingCode::RiskyCast => &[Rule::AlterType],
        FindingCode::LossyRecreate => &[Rule::DropColumn, Rule::AddRequired],
        FindingCode::EnumValueRemoved => &[Rule::DropConstraint],
        FindingCode::RequiredFieldAdded => &[Rule::AddRequired, Rule::SetNotNull],
        FindingCode::MadeRequired => &[Rule::SetNotNull],
    }
}

fn refuse_unsafe(diff: &Diff, next: &SchemaDef, allowed: &[FindingCode]) -> Result<(), Failure> {
    let refused: Vec<_> =
        diff.warnings.iter().chain(&diff.unexecutable).filter(|finding| !allowed.contains(&finding.code)).collect();
    if refused.is_empty() {
        return Ok(());
    }
    let problem = |finding: &&ablo_schema::migrate::Finding| {
        Problem::new(finding.code.as_str(), finding.place(), way_out(finding, next))
    };
    let mut flags: Vec<String> = refused.iter().map(|finding| finding.code.flag()).collect();
    flags.sort_unstable();
    flags.dedup();
    let failure = Failure::new(Code::MigrationUnsafe, "the change may lose data or fail on rows that exist")
        .fix(format!("add `--allow={}`, or make each safe as told", flags.join(",")));
    Err(failure.problems(refused.iter().map(problem).collect()))
}

/// How tables are made: as the folder says, or as asked when it says nothing yet.
fn tables(asked: &FolderTables, head: Option<&Snapshot>) -> Result<Tables, Failure> {
    let Some(head) = head else {
        let target = asked.target.clone().unwrap_or_else(|| Tables::default().target);
        return Ok(Tables { target, foreign_keys: asked.foreign_keys });
    };
    let tables = &head.tables;
    let other_target = asked.target.as_ref().is_some_and(|target| *target != tables.target);
    if other_target || (asked.foreign_keys && !tables.foreign_keys) {
        let keys = if tables.foreign_keys { "with" } else { "without" };
        let cause = format!("the folder's tables live in `{}`, {keys} foreign keys", tables.target);
        return Err(Failure::new(Code::ArgumentInvalid, cause)
            .fix("leave `--target` and `--foreign-keys` out; they were settled by its first change"));
    }
    Ok(tables.clone())
}

fn slug(name: &str) -> Result<String, Failure> {
    let slug: String = name.to_ascii_lowercase().replace([' ', '-'], "_");
    if !slug.is_empty() && slug.len() <= 100 && slug.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Ok(slug);
    }
    Err(Failure::new(Code::ArgumentInvalid, format!("`{name}` is not a name for a change"))
        .fix("use letters, digits and `_`, for example `add_task_priority`"))
}

/// The time, or the version that was asked for; always after what the folder has.
fn version(folder: &Folder, at: Option<i64>) -> Result<i64, Failure> {
    let now = || Timestamp::now().strftime("%Y%m%d%H%M%S").to_string().parse::<i64>().unwrap_or_default();
    match at {
        Some(at) if at <= folder.newest() || at.to_string().len() != 14 => {
            let cause = format!("`--at {at}` is not fourteen digits after {}", folder.newest());
            Err(Failure::new(Code::ArgumentInvalid, cause).fix("leave `--at` out to use the time"))
        }
        Some(at) => Ok(at),
        None => Ok(now().max(folder.newest() + 1)),
    }
}
