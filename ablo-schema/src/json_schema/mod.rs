//! JSON Schema (2020-12) of every model: its rows, what creates one, and what changes one.
//!
//! The same schemas are the components of the OpenAPI document, so the two cannot disagree.

mod example;
mod field;
mod hoist;
mod names;

pub use names::TypeNames;

use crate::{
    ir::{BaseField, ModelRef, Slot, ValidSchema},
    json::Json,
};

pub(crate) use example::example;
pub(crate) use field::{described, non_null, plain};
pub(crate) use names::pascal;

/// The dialect every document names.
pub const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Which view of a model a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// A row as it is read, with its base fields.
    Row,
    /// The fields that create a row.
    Create,
    /// The fields that change a row; null empties an optional one.
    Patch,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 3] = [Self::Row, Self::Create, Self::Patch];

    /// What the form adds to a model's type name.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Row => "",
            Self::Create => "Create",
            Self::Patch => "Patch",
        }
    }
}

/// The schema of one model in one form, as a document of its own.
#[must_use]
pub fn document(model: ModelRef<'_>, form: Form) -> Json {
    let names = TypeNames::of(model.schema());
    let name = format!("{}{}", names.of_model(model), form.suffix());
    let mut definitions = Definitions::new("#/$defs/");
    let Json::Object(mut members) = definitions.model(model, form, &names) else { return Json::Null };
    members.splice(0..0, [("$schema".to_owned(), DIALECT.into()), ("title".to_owned(), name.into())]);
    if !definitions.shared.is_empty() {
        members.push(("$defs".to_owned(), Json::Object(definitions.shared)));
    }
    Json::Object(members)
}

/// The schemas of every model under `$defs`: its rows and, when clients may write it, its other forms.
#[must_use]
pub fn bundle(schema: &ValidSchema) -> Json {
    let definitions = Definitions::of_models(schema, "#/$defs/");
    Json::object([("$schema", DIALECT.into()), ("$defs", Json::Object(definitions))])
}

/// Named schemas, and where they are found.
pub(crate) struct Definitions {
    base: &'static str,
    /// What typed JSON fields define for themselves.
    shared: Vec<(String, Json)>,
}

impl Definitions {
    fn new(base: &'static str) -> Self {
        Self { base, shared: Vec::new() }
    }

    /// Every model in its forms, then what their typed JSON fields need.
    pub(crate) fn of_models(schema: &ValidSchema, base: &'static str) -> Vec<(String, Json)> {
        let names = TypeNames::of(schema);
        let mut definitions = Self::new(base);
        let mut found = Vec::new();
        for model in schema.models() {
            // What clients may not write has no forms for writing.
            for form in Form::ALL.into_iter().filter(|form| *form == Form::Row || model.is_mutable()) {
                let name = format!("{}{}", names.of_model(model), form.suffix());
                found.push((name, definitions.model(model, form, &names)));
            }
        }
        found.extend(definitions.shared);
        found
    }

    fn model(&mut self, model: ModelRef<'_>, form: Form, names: &TypeNames) -> Json {
        let owner = names.of_model(model);
        let mut properties = Vec::new();
        let mut required = Vec::new();
        if form != Form::Patch {
            let note =
                if form == Form::Row { "The row's id." } else { "The row's id; the server makes one when absent." };
            properties.push(("id".to_owned(), described(plain("string"), Some(note))));
        }
        if form == Form::Row {
            required.push("id");
        }
        for slot in slots(model, form) {
            properties.push((slot.name.clone(), self.slot(slot, owner)));
            if is_required(model, slot, form) {
                required.push(&slot.name);
            }
        }
        let mut members = vec![("type".to_owned(), Json::from("object"))];
        if let Some(doc) = &model.doc {
            members.push(("description".to_owned(), doc.into()));
        }
        members.push(("properties".to_owned(), Json::Object(properties)));
        if !required.is_empty() {
            members.push(("required".to_owned(), Json::strings(required)));
        }
        if form != Form::Row {
            // A writer's misspelt field is an error; a reader's unknown field is a newer schema.
            members.push(("additionalProperties".to_owned(), false.into()));
        }
        if let Some(example) = example(model, form) {
            members.push(("examples".to_owned(), Json::Array(vec![example])));
        }
        Json::Object(members)
    }

    fn slot(&mut self, slot: &Slot, owner: &str) -> Json {
        let field = match &slot.def.json_schema {
            Some(schema) => {
                // No model is named with an underscore inside.
                let name = format!("{owner}_{}", names::pascal(&slot.name));
                let reference = hoist::typed_json(&Json::from(schema), &name, self.base, &mut self.shared);
                field::nullable_reference(reference, &slot.def)
            }
            None => field::of(&slot.def),
        };
        let note = slot.def.doc.as_deref().or(if slot.is_declared { None } else { slot.base.map(base_doc) });
        let field = described(field, note);
        if slot.is_declared { field } else { field::read_only(field) }
    }
}

/// The fields of a form, base fields first.
pub(crate) fn slots<'a>(model: ModelRef<'a>, form: Form) -> impl Iterator<Item = &'a Slot> {
    let all = model.shape().slots();
    let base = all.iter().filter(move |slot| !slot.is_declared && form == Form::Row);
    base.chain(all.iter().filter(|slot| slot.is_declared))
}

fn is_required(model: ModelRef<'_>, slot: &Slot, form: Form) -> bool {
    let filled = || model.auto_fill.iter().flatten().any(|fill| fill.field == slot.name);
    match form {
        Form::Row => !slot.def.is_optional,
        Form::Create => !slot.def.is_optional && slot.def.default.is_none() && slot.base.is_none() && !filled(),
        Form::Patch => false,
    }
}

/// What a base field holds.
pub(crate) const fn base_doc(base: BaseField) -> &'static str {
    match base {
        BaseField::CreatedAt => "When the row was created.",
        BaseField::UpdatedAt => "When the row last changed.",
        BaseField::OrganizationId => "The organization the row belongs to.",
        BaseField::CreatedBy => "The participant that created the row.",
        BaseField::ArchivedAt => "When the row was archived; null while it is live.",
    }
}
