//! Steps and findings in the form the command line prints.

use super::{Changes, Diff, Finding, From, Step};
use crate::{
    ir::{NumberFormat, Plane, Tenancy},
    json::Json,
};

impl Diff {
    /// The members `steps`, `warnings` and `unexecutable`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let findings = |findings: &[Finding]| Json::Array(findings.iter().map(Finding::to_json).collect());
        Json::object([
            ("steps", Json::Array(self.steps.iter().map(Step::to_json).collect())),
            ("warnings", findings(&self.warnings)),
            ("unexecutable", findings(&self.unexecutable)),
        ])
    }
}

impl Finding {
    /// The members `code`, `model` and, where there is one, `field`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut members = vec![("code", Json::from(self.code.as_str())), ("model", Json::from(&self.model))];
        members.extend(self.field.as_ref().map(|field| ("field", Json::from(field))));
        Json::object(members)
    }
}

impl Step {
    /// The word for what kind of change it is.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::CreateModel { .. } => "create_model",
            Self::RenameModel { .. } => "rename_model",
            Self::AlterModel { .. } => "alter_model",
            Self::RenameField { .. } => "rename_field",
            Self::AddField { .. } => "add_field",
            Self::AlterField { .. } => "alter_field",
            Self::DropField { .. } => "drop_field",
            Self::DropModel { .. } => "drop_model",
        }
    }

    /// The member `kind`, then the step's own.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut members = vec![("kind", Json::from(self.kind()))];
        match self {
            Self::CreateModel { model, table_name } | Self::DropModel { model, table_name } => {
                members.extend([("model", model.into()), ("tableName", table_name.into())]);
            }
            Self::RenameModel { from, to } => members.extend([("from", from.into()), ("to", to.into())]),
            Self::AlterModel { model, table_name, tenancy, plane, doc } => {
                let mut changes = Vec::new();
                changes.extend(change("tableName", table_name.as_ref(), |name| Json::from(name)));
                changes.extend(change("tenancy", tenancy.as_ref(), tenancy_json));
                changes.extend(change("plane", plane.as_ref(), |plane: &Plane| plane.as_str().into()));
                changes.extend(change("doc", doc.as_ref(), text));
                members.extend([("model", model.into()), ("changes", Json::object(changes))]);
            }
            Self::RenameField { model, from, to } => {
                members.extend([("model", model.into()), ("from", from.into()), ("to", to.into())]);
            }
            Self::AddField { model, field, meta } => {
                members.extend([("model", model.into()), ("field", field.into()), ("meta", meta.to_json())]);
            }
            Self::AlterField { model, field, changes } => {
                members.extend([("model", model.into()), ("field", field.into()), ("changes", changes.to_json())]);
            }
            Self::DropField { model, field } => members.extend([("model", model.into()), ("field", field.into())]),
        }
        Json::object(members)
    }
}

impl Changes {
    fn to_json(&self) -> Json {
        let mut members = Vec::new();
        members.extend(change("column", self.column.as_ref(), |column| Json::from(column)));
        members.extend(self.ty.map(|ty| {
            let members = [("from", ty.from.as_str()), ("to", ty.to.as_str()), ("cast", ty.cast.as_str())];
            ("type", Json::object(members.map(|(name, word)| (name, Json::from(word)))))
        }));
        members.extend(self.nullability.as_ref().map(|change| {
            ("nullability", Json::object([("fromOptional", change.from.into()), ("toOptional", change.to.into())]))
        }));
        members.extend(self.enum_values.as_ref().map(|(added, removed)| {
            ("enumValues", Json::object([("added", Json::strings(added)), ("removed", Json::strings(removed))]))
        }));
        members.extend(change("indexed", self.indexed.as_ref(), |flag| Json::from(*flag)));
        members.extend(change("number", self.number.as_ref(), |format: &NumberFormat| format.as_str().into()));
        members.extend(change("unique", self.unique.as_ref(), |flag| Json::from(*flag)));
        members.extend(change("default", self.default.as_ref(), |value| value.as_ref().map_or(Json::Null, Json::from)));
        members.extend(change("doc", self.doc.as_ref(), text));
        Json::object(members)
    }
}

fn change<T>(name: &'static str, change: Option<&From<T>>, json: impl Fn(&T) -> Json) -> Option<(&'static str, Json)> {
    change.map(|change| (name, Json::object([("from", json(&change.from)), ("to", json(&change.to))])))
}

fn text(text: &Option<String>) -> Json {
    text.as_ref().map_or(Json::Null, Json::from)
}

fn tenancy_json(tenancy: &Tenancy) -> Json {
    tenancy.to_json()
}
