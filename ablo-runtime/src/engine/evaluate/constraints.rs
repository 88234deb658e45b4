//! What the rows of an organization must hold together.

use ablo_schema::error::{AbloError, Code};

use super::super::Record;
use super::super::input::path;
use super::super::view::Halt;
use super::commit::Turn;
use crate::store::RowKey;

impl Turn<'_, '_> {
    /// No other row has the same value in a unique field. `changed` holds the fields an update touches.
    pub fn check_unique(&mut self, key: &RowKey, values: &Record, changed: Option<&Record>) -> Result<(), Halt> {
        let rules = self.view.rules;
        for slot in &rules.edges(key.model).unique {
            let is_touched = changed.is_none_or(|changed| changed.get(*slot).is_some());
            let Some(value) = values.get(*slot).filter(|value| is_touched && !value.is_null()) else { continue };
            let same = self.view.matches(key.model, *slot, value)?;
            if same.iter().any(|row| row.id != *key.id) {
                let model = rules.model(key.model);
                let path = path(model, &model.shape().slots()[*slot].name);
                let message = format!("{path}: another row has the value {value}, and the field is unique");
                return Err(AbloError::new(Code::UniqueViolation, message).param(path).into());
            }
        }
        Ok(())
    }

    /// Notes the rows that this one must find when the commit is through.
    pub fn require_references(&mut self, key: &RowKey, values: &Record, changed: Option<&Record>) {
        let rules = self.view.rules;
        for (slot, target) in &rules.edges(key.model).references {
            let is_touched = changed.is_none_or(|changed| changed.get(*slot).is_some());
            if let (true, Some(id)) = (is_touched, values.text(*slot)) {
                self.references.push((key.clone(), *slot, RowKey::new(*target, id)));
            }
        }
    }

    /// Every reference finds its row. Checked last, so that rows of one commit may refer to each other in any order, and
    /// what refers no more in the end never did.
    pub fn check_references(&mut self) -> Result<(), Halt> {
        let rules = self.view.rules;
        for (from, slot, target) in std::mem::take(&mut self.references) {
            let refers = self.view.row(&from)?.is_some_and(|row| row.values.text(slot) == Some(&target.id));
            if refers && self.view.row(&target)?.is_none() {
                let model = rules.model(from.model);
                let path = path(model, &model.shape().slots()[slot].name);
                let message = format!("{path}: there is no `{}` `{}`", rules.model(target.model).key(), target.id);
                return Err(violation(message, path).into());
            }
        }
        for key in std::mem::take(&mut self.deleted) {
            if self.view.row(&key)?.is_some() {
                continue;
            }
            for (model, slot) in &rules.edges(key.model).referrers {
                let left = self.view.matches(*model, *slot, &(*key.id).into())?;
                if let Some(row) = left.first() {
                    let child = rules.model(*model);
                    let path = path(child, &child.shape().slots()[*slot].name);
                    let message =
                        format!("{path}: `{}` still refers to `{}`; delete or change it first", row.id, key.id);
                    return Err(violation(message, path).into());
                }
            }
        }
        Ok(())
    }
}

fn violation(message: String, path: String) -> AbloError {
    AbloError::new(Code::ForeignKeyViolation, message).param(path)
}
