//! A change, for people.

use ablo_schema::ir::{FieldDef, SchemaDef};
use ablo_schema::migrate::{Cast, Changes, Finding, Step};

use super::Change;
use super::clients::effects;
use super::statements;

/// What changed, the statements for it and how they lock, what is at stake, and what deployed clients notice.
pub(super) fn view(change: &Change) -> String {
    let (from, to) = (change.old.hash(), change.new.hash());
    if change.is_empty() {
        return if from == to {
            format!("schema {from}: nothing changed\n")
        } else {
            format!("schema {from} -> {to}: nothing that a database notices\n")
        };
    }
    let mut text = format!("schema {from} -> {to}\n\nmodels\n{}", steps(&change.diff.steps));
    text += &statements::view(&change.up);
    text += &at_stake(change);
    text += "\ndeployed clients\n";
    for effect in effects(change) {
        let (mark, word) = if effect.breaking { ('!', "breaking") } else { ('+', "safe") };
        text += &format!("  {mark} {word:<8}  {}: {}\n", effect.place, effect.why);
    }
    text
}

/// The steps, a line each.
pub(crate) fn steps(steps: &[Step]) -> String {
    steps.iter().map(|step| format!("  {}\n", step_line(step))).collect()
}

fn step_line(step: &Step) -> String {
    match step {
        Step::CreateModel { model, table_name } => format!("+ {model} (table {table_name})"),
        Step::DropModel { model, table_name } => format!("- {model} (table {table_name})"),
        Step::RenameModel { from, to } => format!("> {from} -> {to}"),
        Step::RenameField { model, from, to } => format!("> {model}.{from} -> {to}"),
        Step::AddField { model, field, meta } => format!("+ {model}.{field}: {}", field_type(meta)),
        Step::DropField { model, field } => format!("- {model}.{field}"),
        Step::AlterField { model, field, changes } => format!("~ {model}.{field}: {}", changes_line(changes)),
        Step::AlterModel { model, table_name, tenancy, plane, doc } => {
            let mut parts = Vec::new();
            parts.extend(table_name.as_ref().map(|name| format!("table {} -> {}", name.from, name.to)));
            parts.extend(tenancy.as_ref().map(|_| "tenancy".to_owned()));
            parts.extend(plane.as_ref().map(|plane| format!("plane {} -> {}", plane.from.as_str(), plane.to.as_str())));
            parts.extend(doc.as_ref().map(|_| "comment".to_owned()));
            format!("~ {model}: {}", parts.join(", "))
        }
    }
}

fn field_type(field: &FieldDef) -> String {
    let values = field.enum_values.as_ref().map_or_else(String::new, |values| format!(" ({})", values.join(", ")));
    format!("{}{values}{}", field.ty.as_str(), optional(field.is_optional))
}

fn optional(is_optional: bool) -> &'static str {
    if is_optional { ", optional" } else { ", required" }
}

fn changes_line(changes: &Changes) -> String {
    let flag = |on: bool| if on { "yes" } else { "no" };
    let mut parts = Vec::new();
    parts.extend(changes.ty.map(|ty| {
        let how = match ty.cast {
            Cast::Safe => "",
            Cast::Risky => " (some values may not fit)",
            Cast::NotCastable => " (no value fits: made anew)",
        };
        format!("{} -> {}{how}", ty.from.as_str(), ty.to.as_str())
    }));
    parts.extend(changes.number.as_ref().map(|number| format!("{} -> {}", number.from.as_str(), number.to.as_str())));
    parts.extend(
        changes.nullability.as_ref().map(|change| {
            if change.to { "required -> optional".to_owned() } else { "optional -> required".to_owned() }
        }),
    );
    if let Some((added, removed)) = &changes.enum_values {
        parts.extend(added.iter().map(|value| format!("+{value}")));
        parts.extend(removed.iter().map(|value| format!("-{value}")));
    }
    parts.extend(changes.column.as_ref().map(|column| format!("column {} -> {}", column.from, column.to)));
    parts.extend(changes.indexed.as_ref().map(|indexed| format!("indexed: {}", flag(indexed.to))));
    parts.extend(changes.unique.as_ref().map(|unique| format!("unique: {}", flag(unique.to))));
    parts.extend(changes.default.as_ref().map(|_| "default".to_owned()));
    parts.extend(changes.doc.as_ref().map(|_| "comment".to_owned()));
    parts.join(", ")
}

fn at_stake(change: &Change) -> String {
    let diff = &change.diff;
    if diff.warnings.is_empty() && diff.unexecutable.is_empty() {
        return String::new();
    }
    let lines = diff.warnings.iter().chain(&diff.unexecutable).map(|finding| {
        format!("  ! {}: {}; {}\n", finding.place(), finding.code.stake(), way_out(finding, &change.new))
    });
    format!("\nat stake\n{}", lines.collect::<String>())
}

/// How to go on in spite of a finding.
pub(crate) fn way_out(finding: &Finding, next: &SchemaDef) -> String {
    let allow = format!("`--allow={}`", finding.code.flag());
    let model = next.models.get(&finding.model);
    let is_field = finding.field.as_ref().is_some_and(|field| model.is_some_and(|m| m.fields.contains_key(field)));
    match (finding.code.is_blocker(), is_field) {
        (true, true) => {
            format!(
                "give them one with `--backfill {}=VALUE`, or let `migrate new` take it with {allow}",
                finding.place()
            )
        }
        // No constant says whose rows they are.
        (true, false) => {
            format!("let `migrate new` take it with {allow}, and fill the column in the file it writes")
        }
        (false, _) => format!("`migrate new` takes it with {allow}"),
    }
}
