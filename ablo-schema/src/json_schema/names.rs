use std::collections::HashSet;

use crate::ir::{ModelRef, ValidSchema};

/// The type name of every model in emitted code and documents.
#[derive(Clone, Debug)]
pub struct TypeNames {
    of_models: Vec<String>,
    of_keys: Vec<String>,
}

impl TypeNames {
    /// The names for a schema: typenames in PascalCase, with a number where two would meet.
    #[must_use]
    pub fn of(schema: &ValidSchema) -> Self {
        let mut taken = HashSet::new();
        let of_models = schema.models().map(|model| {
            // A model's forms are named after it, so they are taken with it.
            distinct(&pascal(&model.typename), &mut taken, &["", "Create", "Patch", "List", "Object"])
        });
        let of_models = of_models.collect();
        let mut taken = HashSet::new();
        let of_keys = schema.models().map(|model| distinct(&pascal(model.key()), &mut taken, &[""])).collect();
        Self { of_models, of_keys }
    }

    /// A model's type name.
    #[must_use]
    pub fn of_model(&self, model: ModelRef<'_>) -> &str {
        &self.of_models[model.index().get()]
    }

    /// A model's schema key in PascalCase, for the names of operations.
    #[must_use]
    pub fn of_key(&self, model: ModelRef<'_>) -> &str {
        &self.of_keys[model.index().get()]
    }
}

/// The name itself, or the name with the first number that makes it free together with its suffixes.
fn distinct(name: &str, taken: &mut HashSet<String>, suffixes: &[&str]) -> String {
    // Shared components are named `Ablo…`; a model of such a name steps aside.
    let reserved = name.strip_prefix("Ablo").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    let name = if reserved { format!("Model{name}") } else { name.to_owned() };
    let mut free = name.clone();
    let mut number = 2;
    while suffixes.iter().any(|suffix| taken.contains(&format!("{free}{suffix}"))) {
        free = format!("{name}{number}");
        number += 1;
    }
    taken.extend(suffixes.iter().map(|suffix| format!("{free}{suffix}")));
    free
}

/// `weather_reports` and `weatherReports` are `WeatherReports`.
pub(crate) fn pascal(name: &str) -> String {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let joined: String = parts
        .map(|part| {
            let (first, rest) = part.split_at(1);
            format!("{}{rest}", first.to_ascii_uppercase())
        })
        .collect();
    if joined.starts_with(|c: char| c.is_ascii_digit()) { format!("_{joined}") } else { joined }
}
