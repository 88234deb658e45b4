//! What a change means for programs that run with the schema before.

use ablo_schema::json::Json;
use ablo_schema::migrate::{Changes, Step};

use super::Change;

/// What a deployed client notices.
pub(super) struct Effect {
    /// The model, or the model and the field.
    pub place: String,
    /// Whether something that works now stops working.
    pub breaking: bool,
    /// What it notices.
    pub why: &'static str,
}

impl Effect {
    pub fn to_json(&self) -> Json {
        let effect = if self.breaking { "breaking" } else { "safe" };
        Json::object([("place", Json::from(&self.place)), ("effect", effect.into()), ("why", self.why.into())])
    }
}

/// What deployed clients notice of each step, in order.
pub(super) fn effects(change: &Change) -> Vec<Effect> {
    change.diff.steps.iter().flat_map(effects_of).collect()
}

fn effects_of(step: &Step) -> Vec<Effect> {
    let one = |place: String, breaking: bool, why: &'static str| vec![Effect { place, breaking, why }];
    match step {
        Step::CreateModel { model, .. } => one(model.clone(), false, "nobody knows it yet"),
        Step::RenameModel { from, .. } => one(from.clone(), true, "they use the old name"),
        Step::DropModel { model, .. } => one(model.clone(), true, "they read and write it"),
        Step::RenameField { model, from, .. } => one(format!("{model}.{from}"), true, "they use the old name"),
        Step::DropField { model, field } => one(format!("{model}.{field}"), true, "they read and write it"),
        Step::AddField { model, field, meta } => {
            let required = !meta.is_optional && meta.default.is_none();
            let why = if required { "what they create lacks it and is refused" } else { "they need not know it" };
            one(format!("{model}.{field}"), required, why)
        }
        Step::AlterField { model, field, changes } => altered(&format!("{model}.{field}"), changes),
        Step::AlterModel { model, tenancy, plane, .. } => {
            let breaking = tenancy.is_some() || plane.is_some();
            let why = if breaking { "they may see other rows than before" } else { "they do not see tables" };
            one(model.clone(), breaking, why)
        }
    }
}

fn altered(place: &str, changes: &Changes) -> Vec<Effect> {
    let mut all = Vec::new();
    let mut add = |why: &'static str| all.push(Effect { place: place.to_owned(), breaking: true, why });
    if changes.ty.is_some() {
        add("they expect values of the old type");
    }
    if let Some(nullability) = &changes.nullability {
        add(if nullability.to { "they may meet a null" } else { "what they write without it is refused" });
    }
    if let Some((added, removed)) = &changes.enum_values {
        if !added.is_empty() {
            add("they may meet a value they do not know");
        }
        if !removed.is_empty() {
            add("what they write with an old value is refused");
        }
    }
    if changes.unique.as_ref().is_some_and(|unique| unique.to) {
        add("what they write twice is refused");
    }
    if changes.number.is_some() {
        add("they expect numbers of the old kind");
    }
    if all.is_empty() {
        all.push(Effect { place: place.to_owned(), breaking: false, why: "what they see stays the same" });
    }
    all
}
