use serde_json::Value;

use crate::{
    error::{AbloError, Code, Problem},
    ir::SchemaDef,
};

/// A model that has a new schema key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelRename {
    /// The old key.
    pub from: String,
    /// The new key.
    pub to: String,
}

/// A field that has a new name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRename {
    /// The model's schema key: its new one, if it has a new one.
    pub model: String,
    /// The old name.
    pub from: String,
    /// The new name.
    pub to: String,
}

/// A value for rows that have none.
#[derive(Clone, Debug, PartialEq)]
pub struct Backfill {
    /// The model's schema key.
    pub model: String,
    /// The field.
    pub field: String,
    /// The value.
    pub value: Value,
}

/// What two schemas cannot say by themselves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hints {
    /// Renamed models.
    pub models: Vec<ModelRename>,
    /// Renamed fields.
    pub fields: Vec<FieldRename>,
    /// Values for rows that have none.
    pub backfills: Vec<Backfill>,
}

impl Hints {
    /// Reads hints: `{"models":[{"from","to"}],"fields":[{"model","from","to"}],"backfills":[{"model","field","value"}]}`,
    /// each list optional.
    ///
    /// # Errors
    /// When a hint is wrongly shaped.
    pub fn from_json(value: &crate::json::Json) -> Result<Self, AbloError> {
        let mut hints = Self::default();
        for item in list(value, "models")? {
            hints.models.push(ModelRename { from: text(item, "from")?, to: text(item, "to")? });
        }
        for item in list(value, "fields")? {
            let (from, to) = (text(item, "from")?, text(item, "to")?);
            hints.fields.push(FieldRename { model: text(item, "model")?, from, to });
        }
        for item in list(value, "backfills")? {
            let value = item.get("value").ok_or_else(|| wrong("a backfill needs a value"))?;
            hints.backfills.push(Backfill {
                model: text(item, "model")?,
                field: text(item, "field")?,
                value: value.into(),
            });
        }
        Ok(hints)
    }

    /// The way back: renames reversed. Backfills say nothing about it.
    #[must_use]
    pub fn reversed(&self) -> Self {
        let models: Vec<ModelRename> =
            self.models.iter().map(|rename| ModelRename { from: rename.to.clone(), to: rename.from.clone() }).collect();
        let fields = self.fields.iter().map(|rename| FieldRename {
            model: self.old_key(&rename.model).to_owned(),
            from: rename.to.clone(),
            to: rename.from.clone(),
        });
        Self { fields: fields.collect(), models, backfills: Vec::new() }
    }

    /// These hints, and those that the next schema's `renamed_from` gives.
    ///
    /// # Errors
    /// When a hint names what is not there: a hint that does nothing would lose data.
    pub fn complete(&self, previous: &SchemaDef, next: &SchemaDef) -> Result<Self, AbloError> {
        let mut all = self.clone();
        for (key, model) in &next.models {
            let told = all.models.iter().any(|rename| rename.to == *key);
            if let Some(from) = model.renamed_from.as_ref().filter(|_| !told)
                && previous.models.contains_key(from)
                && !next.models.contains_key(from)
                && !previous.models.contains_key(key)
            {
                all.models.push(ModelRename { from: from.clone(), to: key.clone() });
            }
        }
        for (key, model) in &next.models {
            let Some(old) = previous.models.get(all.old_key(key)) else { continue };
            for (name, field) in &model.fields {
                let told = all.fields.iter().any(|rename| rename.model == *key && rename.to == *name);
                if let Some(from) = field.renamed_from.as_ref().filter(|_| !told)
                    && old.fields.contains_key(from)
                    && !model.fields.contains_key(from)
                    && !old.fields.contains_key(name)
                {
                    all.fields.push(FieldRename { model: key.clone(), from: from.clone(), to: name.clone() });
                }
            }
        }
        AbloError::check(all.problems(previous, next))?;
        Ok(all)
    }

    /// The key a model had.
    #[must_use]
    pub fn old_key<'a>(&'a self, key: &'a str) -> &'a str {
        self.models.iter().find(|rename| rename.to == key).map_or(key, |rename| &rename.from)
    }

    /// The name a field had.
    pub(crate) fn old_field<'a>(&'a self, model: &str, field: &'a str) -> &'a str {
        self.fields
            .iter()
            .find(|rename| rename.model == model && rename.to == field)
            .map_or(field, |rename| &rename.from)
    }

    /// The value for rows that have none.
    pub(crate) fn backfill(&self, model: &str, field: &str) -> Option<&Value> {
        self.backfills
            .iter()
            .find(|backfill| backfill.model == model && backfill.field == field)
            .map(|backfill| &backfill.value)
            .filter(|value| !value.is_null())
    }

    fn problems(&self, previous: &SchemaDef, next: &SchemaDef) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut add = |path: String, message: String| {
            found.push(Problem::new(Code::SchemaRenameInvalid, path, message));
        };
        for rename in &self.models {
            if !previous.models.contains_key(&rename.from) || next.models.contains_key(&rename.from) {
                add(rename.to.clone(), format!("`{}` is not a model that is gone", rename.from));
            }
            if !next.models.contains_key(&rename.to) || previous.models.contains_key(&rename.to) {
                add(rename.to.clone(), format!("`{}` is not a model that is new", rename.to));
            }
        }
        for rename in &self.fields {
            let path = format!("{}.{}", rename.model, rename.to);
            let old = previous.models.get(self.old_key(&rename.model)).map(|model| &model.fields);
            let new = next.models.get(&rename.model).map(|model| &model.fields);
            let (Some(old), Some(new)) = (old, new) else {
                add(path, format!("`{}` is not a model of both schemas", rename.model));
                continue;
            };
            if !old.contains_key(&rename.from) || new.contains_key(&rename.from) {
                add(path.clone(), format!("`{}` is not a field that is gone", rename.from));
            }
            if !new.contains_key(&rename.to) || old.contains_key(&rename.to) {
                add(path, format!("`{}` is not a field that is new", rename.to));
            }
        }
        for backfill in &self.backfills {
            if !next.models.get(&backfill.model).is_some_and(|model| model.fields.contains_key(&backfill.field)) {
                add(format!("{}.{}", backfill.model, backfill.field), "there is no such field to fill".into());
            }
        }
        let mut seen = std::collections::HashSet::new();
        for (to, from) in self.models.iter().map(|rename| (&rename.to, &rename.from)) {
            if !seen.insert((None, to)) | !seen.insert((None, from)) {
                add(to.clone(), "is renamed twice".into());
            }
        }
        for rename in &self.fields {
            if !seen.insert((Some(&rename.model), &rename.to)) | !seen.insert((Some(&rename.model), &rename.from)) {
                add(format!("{}.{}", rename.model, rename.to), "is renamed twice".into());
            }
        }
        found
    }
}

fn list<'a>(value: &'a crate::json::Json, name: &str) -> Result<&'a [crate::json::Json], AbloError> {
    match value.get(name) {
        None => Ok(&[]),
        Some(crate::json::Json::Array(items)) => Ok(items),
        Some(_) => Err(wrong(&format!("`{name}` is not a list"))),
    }
}

fn text(value: &crate::json::Json, name: &str) -> Result<String, AbloError> {
    let text = value.get(name).and_then(crate::json::Json::as_str);
    text.map(Into::into).ok_or_else(|| wrong(&format!("a hint needs the text `{name}`")))
}

fn wrong(message: &str) -> AbloError {
    AbloError::new(Code::SchemaRenameInvalid, message)
}
