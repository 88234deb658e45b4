use super::{Cast, Changes, Finding, From, Hints, Step, TypeChange, classify};
use crate::{
    error::AbloError,
    ir::{FieldDef, FieldType, ModelDef, SchemaDef},
};

/// What leads from one schema to the next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diff {
    /// The changes: new models, renamed ones, then per model its changes, then models that are gone.
    pub steps: Vec<Step>,
    /// What runs but may lose data.
    pub warnings: Vec<Finding>,
    /// What fails on a table that has rows.
    pub unexecutable: Vec<Finding>,
    /// The hints it was made with, those of the schema included.
    pub hints: Hints,
}

impl Diff {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// What leads from one schema to the next; from nothing, when there is no previous one. The schemas may have problems.
///
/// # Errors
/// When a hint names what is not there.
pub fn diff(previous: Option<&SchemaDef>, next: &SchemaDef, hints: &Hints) -> Result<Diff, AbloError> {
    let nothing = SchemaDef::default();
    let previous = previous.unwrap_or(&nothing);
    let hints = hints.complete(previous, next)?;
    let mut steps = Vec::new();
    let old = |key: &str| previous.models.get(hints.old_key(key));
    for (key, model) in next.models.iter().filter(|(key, _)| old(key).is_none()) {
        steps.push(Step::CreateModel { model: key.clone(), table_name: model.table(key).to_owned() });
    }
    for rename in &hints.models {
        steps.push(Step::RenameModel { from: rename.from.clone(), to: rename.to.clone() });
    }
    for (key, model) in &next.models {
        if let Some(before) = old(key) {
            alter_model(key, hints.old_key(key), before, model, &mut steps);
            alter_fields(key, before, model, &hints, &mut steps);
        }
    }
    for (key, model) in &previous.models {
        let is_renamed = hints.models.iter().any(|rename| rename.from == *key);
        if !is_renamed && !next.models.contains_key(key) {
            steps.push(Step::DropModel { model: key.clone(), table_name: model.table(key).to_owned() });
        }
    }
    let (warnings, unexecutable) = classify::findings(&steps, next, &hints);
    Ok(Diff { steps, warnings, unexecutable, hints })
}

fn alter_model(key: &str, old_key: &str, before: &ModelDef, after: &ModelDef, steps: &mut Vec<Step>) {
    // A table that goes by the schema key follows a rename by itself.
    let follows = before.table_name.is_none() && after.table_name.is_none();
    let table_name =
        if follows { None } else { From::of(before.table(old_key).to_owned(), after.table(key).to_owned()) };
    let tenancy = From::of(before.tenancy.clone(), after.tenancy.clone());
    let plane = From::of(before.plane, after.plane);
    let doc = From::of(before.doc.clone(), after.doc.clone());
    if table_name.is_some() || tenancy.is_some() || plane.is_some() || doc.is_some() {
        steps.push(Step::AlterModel { model: key.to_owned(), table_name, tenancy, plane, doc });
    }
}

fn alter_fields(key: &str, before: &ModelDef, after: &ModelDef, hints: &Hints, steps: &mut Vec<Step>) {
    let model = || key.to_owned();
    for rename in hints.fields.iter().filter(|rename| rename.model == key) {
        steps.push(Step::RenameField { model: model(), from: rename.from.clone(), to: rename.to.clone() });
    }
    for (name, meta) in &after.fields {
        if !before.fields.contains_key(hints.old_field(key, name)) {
            steps.push(Step::AddField { model: model(), field: name.clone(), meta: meta.clone() });
        }
    }
    for (name, meta) in &after.fields {
        let old_name = hints.old_field(key, name);
        let Some(old) = before.fields.get(old_name) else { continue };
        let changes = changes(old_name, old, name, meta);
        if !changes.is_empty() {
            steps.push(Step::AlterField { model: model(), field: name.clone(), changes });
        }
    }
    for name in before.fields.keys() {
        let is_renamed = hints.fields.iter().any(|rename| rename.model == key && rename.from == *name);
        if !is_renamed && !after.fields.contains_key(name) {
            steps.push(Step::DropField { model: model(), field: name.clone() });
        }
    }
}

fn changes(old_name: &str, old: &FieldDef, name: &str, new: &FieldDef) -> Changes {
    let ty = (old.ty != new.ty).then(|| TypeChange { from: old.ty, to: new.ty, cast: Cast::between(old.ty, new.ty) });
    let is_enum = old.ty == FieldType::Enum && new.ty == FieldType::Enum;
    let values = |field: &FieldDef| field.enum_values.clone().unwrap_or_default();
    let without = |some: &[String], others: &[String]| {
        some.iter().filter(|value| !others.contains(value)).cloned().collect::<Vec<_>>()
    };
    let (before, after) = (values(old), values(new));
    let (added, removed) = (without(&after, &before), without(&before, &after));
    Changes {
        // A renamed field's column follows it.
        column: From::of(old.column(old_name), new.column(name)).filter(|_| old_name == name),
        enum_values: (is_enum && !(added.is_empty() && removed.is_empty())).then_some((added, removed)),
        nullability: From::of(old.is_optional, new.is_optional),
        indexed: From::of(old.is_indexed, new.is_indexed),
        number: From::of(old.number_format, new.number_format).filter(|_| ty.is_none()),
        unique: From::of(old.is_unique, new.is_unique),
        default: From::of(old.default.clone(), new.default.clone()),
        doc: From::of(old.doc.clone(), new.doc.clone()),
        ty,
    }
}
