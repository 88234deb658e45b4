//! A change, for people.

use ablo_schema::ir::FieldDef;
use ablo_schema::migrate::{Cast, Changes, Diff, Finding, FindingCode, Step};

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
    let mut text = format!("schema {from} -> {to}\n\nmodels\n");
    for step in &change.diff.steps {
        text += &format!("  {}\n", step_line(step));
    }
    text += &statements::view(&change.up);
    text += &at_stake(&change.diff);
    text += "\ndeployed clients\n";
    for effect in effects(change) {
        let (mark, word) = if effect.breaking { ('!', "breaking") } else { ('+', "safe") };
        text += &format!("  {mark} {word:<8}  {}: {}\n", effect.place, effect.why);
    }
    text
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

fn at_stake(diff: &Diff) -> String {
    if diff.warnings.is_empty() && diff.unexecutable.is_empty() {
        return String::new();
    }
    let lines = diff.warnings.iter().chain(&diff.unexecutable).map(|finding| {
        let place = place(finding);
        format!("  ! {place}: {}; {}\n", stake(finding.code), way_out(finding, &place))
    });
    format!("\nat stake\n{}", lines.collect::<String>())
}

/// The model, or the model and the field, of a finding.
pub(crate) fn place(finding: &Finding) -> String {
    match &finding.field {
        Some(field) => format!("{}.{field}", finding.model),
        None => finding.model.clone(),
    }
}

pub(super) fn stake(code: FindingCode) -> &'static str {
    match code {
        FindingCode::DropModel => "its rows are lost",
        FindingCode::DropField => "its values are lost",
        FindingCode::RiskyCast => "values that do not fit the new type make it fail",
        FindingCode::LossyRecreate => "its values are lost, for none fits the new type",
        FindingCode::EnumValueRemoved => "rows with a value that is gone make it fail",
        FindingCode::RequiredFieldAdded => "rows have no value for it",
        FindingCode::MadeRequired => "rows may lack a value for it",
    }
}

fn is_blocker(code: FindingCode) -> bool {
    matches!(code, FindingCode::RequiredFieldAdded | FindingCode::MadeRequired)
}

/// How to go on in spite of a finding.
pub(crate) fn way_out(finding: &Finding, place: &str) -> String {
    if is_blocker(finding.code) {
        format!(
            "give them one with `--backfill {place}=VALUE`, or allow it with `--allow={}`",
            allow_flag(finding.code)
        )
    } else {
        format!("allow it with `--allow={}`", allow_flag(finding.code))
    }
}

/// How `--allow` names a finding.
pub(crate) fn allow_flag(code: FindingCode) -> String {
    code.as_str().replace('_', "-")
}
