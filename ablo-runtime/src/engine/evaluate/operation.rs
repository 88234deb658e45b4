use std::sync::Arc;

use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::{AutoFillSource, BaseField, ModelRef};
use ablo_schema::wire::{Action, CommitOperation, DeltaAction, Group, JsonText};
use serde_json::Value;

use super::super::defect::Defect;
use super::super::input::{Decoded, path};
use super::super::request::Prepared;
use super::super::seat::Seat;
use super::super::view::Halt;
use super::super::{LogEntry, Record, StoredRow};
use super::commit::{NewDelta, Turn};
use super::refusal;
use crate::store::RowKey;

/// An operation on a row that is there and seen.
pub(super) struct Target<'o> {
    pub key: &'o RowKey,
    pub row: Arc<StoredRow>,
    pub operation: &'o CommitOperation,
}

impl Turn<'_, '_> {
    /// Evaluates one operation: who may do it, whose row it is, whether it knows the row, what it says; then does it.
    pub fn operation(&mut self, operation: &CommitOperation, prepared: &Prepared) -> Result<(), Halt> {
        let key = prepared.key.as_ref().map_err(Clone::clone)?;
        let model = self.view.rules.model(key.model);
        self.authorize(model, operation)?;
        let row = match self.view.row(key)? {
            Some(row) if operation.action == Action::Create => {
                return self.create_again(key, &row, operation);
            }
            // What is not seen is not there: neither its existence nor its claims are anybody's business.
            Some(row) if self.view.sees(&self.access, key.model, &key.id, &row.values)? => row,
            _ if operation.action == Action::Create => return self.create(key, operation, &prepared.input),
            _ if operation.action == Action::Delete && !self.view.rules.planted(Defect::StrictDelete) => return Ok(()),
            _ => return Err(refusal::not_found(model, &key.id).into()),
        };
        let target = Target { key, row, operation };
        let pass = self.guard_claim(key, operation)?;
        let writes = (operation.action == Action::Update).then_some(&prepared.input.record);
        self.guard_stale(&target, writes, pass)?;
        match operation.action {
            Action::Create => Ok(()),
            Action::Update => self.update(&target, &prepared.input),
            Action::Delete => self.delete(&target),
            Action::Archive => self.archive(&target),
            Action::Unarchive => self.unarchive(&target),
        }
    }

    fn authorize(&self, model: ModelRef<'_>, operation: &CommitOperation) -> Result<(), AbloError> {
        let right = match operation.action {
            Action::Archive | Action::Unarchive => "update",
            action => action.as_str(),
        };
        if !self.job.seat.may(model, right) {
            return Err(refusal::operation_denied(model, &operation.model, right));
        }
        if !model.is_mutable() {
            let message = format!("`{}` is not mutable: participants only read it", model.key());
            return Err(AbloError::new(Code::ModelNotMutable, message).param(model.key()));
        }
        Ok(())
    }

    /// A create of a row that exists is the same create sent again, or a collision.
    fn create_again(&mut self, key: &RowKey, row: &StoredRow, operation: &CommitOperation) -> Result<(), Halt> {
        let model = self.view.rules.model(key.model);
        if operation.transaction_id.is_some() {
            let creation = self.view.entry(row.created)?;
            // Names of transactions are their clients' own: another participant's may be the same.
            let is_same = |entry: Arc<LogEntry>| {
                entry.delta.core.transaction_id == operation.transaction_id
                    && entry.delta.attribution.actor.as_ref() == Some(&self.job.seat.reference)
            };
            if creation.is_some_and(is_same) {
                self.last = self.last.max(row.created);
                return Ok(());
            }
        }
        let path = path(model, "id");
        let message = format!("{path}: a row with the id `{}` exists; use another id, or update it", key.id);
        Err(AbloError::new(Code::UniqueViolation, message).param(path).into())
    }

    fn create(&mut self, key: &RowKey, operation: &CommitOperation, input: &Decoded) -> Result<(), Halt> {
        let rules = self.view.rules;
        let model = rules.model(key.model);
        self.guard_claim_of_create(key, operation)?;
        let values = self.complete(model, input)?;
        self.check_unique(key, &values, None)?;
        let groups = self.view.row_groups(key.model, &key.id, &values)?;
        self.check_scope(model, &groups)?;
        let id = self.next_id();
        let row = Arc::new(StoredRow { id: (*key.id).to_owned(), values, sync_id: id, created: id });
        let before = if self.passes_on(key, &row.values)? { self.descendants(key)? } else { Vec::new() };
        self.grants_changed(model, &row.values);
        let data = self.carried(key, &row, &groups)?;
        self.append(NewDelta {
            action: DeltaAction::Insert,
            key,
            data: Some(data),
            previous_data: None,
            groups: self.audience(groups),
            previous: ablo_schema::wire::SyncId(0),
            hidden_from: None,
            only_for: None,
            transaction_id: operation.transaction_id.clone(),
        });
        self.require_references(key, &row.values, None);
        self.view.member.rows.insert(key.clone(), Some(row));
        self.regroup(before)
    }

    /// Every value of a new row: what was sent, what the server sets, and defaults for the rest.
    fn complete(&self, model: ModelRef<'_>, input: &Decoded) -> Result<Record, AbloError> {
        let mut decoded = input.clone();
        if self.view.rules.planted(Defect::FirstProblemOnly) && !decoded.problems.is_empty() {
            decoded.problems.truncate(1);
            return decoded.check();
        }
        let Seat { organization_name, creator, .. } = &*self.job.seat;
        for (at, slot) in model.shape().slots().iter().enumerate() {
            let record = &mut decoded.record;
            match slot.base {
                Some(BaseField::CreatedAt | BaseField::UpdatedAt) => record.share(at, self.now),
                Some(BaseField::OrganizationId) => record.share(at, organization_name),
                Some(BaseField::CreatedBy) => record.share(at, creator),
                Some(BaseField::ArchivedAt) => record.set(at, slot.is_declared.then_some(Value::Null)),
                None if record.get(at).is_some() => {}
                None => {
                    let fill = model.def().auto_fill.iter().flatten().find(|fill| fill.field == slot.name);
                    match (fill.map(|fill| fill.from), &slot.def.default) {
                        (Some(AutoFillSource::OrganizationId), _) => record.share(at, organization_name),
                        (Some(AutoFillSource::UserId), _) => record.share(at, creator),
                        (None, Some(default)) => record.set(at, default.clone()),
                        (None, None) if slot.def.is_optional => record.set(at, Value::Null),
                        (None, None) => {
                            let path = path(model, &slot.name);
                            // A value that was refused is not missing as well.
                            if !decoded.problems.iter().any(|problem| problem.path == path) {
                                decoded.problem(Code::NotNullViolation, path, "is required; give it a value");
                            }
                        }
                    }
                }
            }
        }
        decoded.check()
    }

    fn update(&mut self, target: &Target<'_>, input: &Decoded) -> Result<(), Halt> {
        let Target { key, row, operation } = target;
        let rules = self.view.rules;
        let model = rules.model(key.model);
        if !input.problems.is_empty() {
            let mut refused = input.clone();
            if rules.planted(Defect::FirstProblemOnly) {
                refused.problems.truncate(1);
            }
            refused.check()?;
        }
        let mut values = row.values.clone();
        let mut previous = Record::absent(model.shape().slots().len());
        for (slot, value) in input.record.iter() {
            let old = row.values.get(slot);
            if old != Some(value) {
                match old {
                    _ if rules.planted(Defect::PreviousIsNew) => previous.copy(slot, &input.record),
                    Some(_) => previous.copy(slot, &row.values),
                    None => previous.set(slot, Value::Null),
                }
                values.copy(slot, &input.record);
            }
        }
        self.touch(model, &mut values);
        self.check_unique(key, &values, Some(&previous))?;
        self.require_references(key, &values, Some(&previous));
        let moves = self.moves(model, &previous);
        let (old_groups, before) = match moves {
            true => (self.view.row_groups(key.model, &key.id, &row.values)?, self.descendants(key)?),
            false => (Vec::new(), Vec::new()),
        };
        let groups = self.view.row_groups(key.model, &key.id, &values)?;
        self.check_scope(model, &groups)?;
        let new_groups = if moves { groups.clone() } else { Vec::new() };
        self.grants_changed(model, &row.values);
        self.grants_changed(model, &values);
        let id = self.next_id();
        let row = Arc::new(StoredRow { id: row.id.clone(), values, sync_id: id, created: row.created });
        let data = if rules.planted(Defect::PartialData) {
            let written = StoredRow { values: input.record.clone(), ..(*row).clone() };
            written.to_json(model.shape()).map_err(refusal::internal)?
        } else {
            self.carried(key, &row, &groups)?
        };
        self.append(NewDelta {
            action: DeltaAction::Update,
            key,
            data: Some(data),
            previous_data: Some(self.json(model, &previous)?),
            groups: self.audience(groups),
            previous: target.row.sync_id,
            hidden_from: None,
            only_for: None,
            transaction_id: operation.transaction_id.clone(),
        });
        self.view.member.rows.insert((*key).clone(), Some(Arc::clone(&row)));
        if moves {
            self.announce(key, &row, &old_groups, &new_groups)?;
            self.regroup(before)?;
        }
        Ok(())
    }

    fn delete(&mut self, target: &Target<'_>) -> Result<(), Halt> {
        let Target { key, row, operation } = target;
        let model = self.view.rules.model(key.model);
        let groups = self.view.row_groups(key.model, &key.id, &row.values)?;
        let before = self.descendants(key)?;
        self.grants_changed(model, &row.values);
        self.append(NewDelta {
            action: DeltaAction::Delete,
            key,
            data: None,
            previous_data: Some(row.to_json(model.shape()).map_err(refusal::internal)?),
            groups: self.audience(groups),
            previous: row.sync_id,
            hidden_from: None,
            only_for: None,
            transaction_id: operation.transaction_id.clone(),
        });
        self.deleted.push((*key).clone());
        self.view.member.rows.insert((*key).clone(), None);
        self.regroup(before)
    }

    fn archive(&mut self, target: &Target<'_>) -> Result<(), Halt> {
        let model = self.view.rules.model(target.key.model);
        let archived = archived_slot(model)?;
        if target.row.values.text(archived).is_some() {
            self.last = self.last.max(target.row.sync_id);
            return Ok(());
        }
        let mut row = (*target.row).clone();
        row.values.share(archived, self.now);
        self.rewrite(target, row, &[DeltaAction::Archive], Value::Null)
    }

    /// Clients pass `V` over: what brings the row back for them is the update that follows.
    fn unarchive(&mut self, target: &Target<'_>) -> Result<(), Halt> {
        let rules = self.view.rules;
        let archived = archived_slot(rules.model(target.key.model))?;
        let Some(since) = target.row.values.get(archived).filter(|since| !since.is_null()).cloned() else {
            self.last = self.last.max(target.row.sync_id);
            return Ok(());
        };
        let mut row = (*target.row).clone();
        row.values.set(archived, Value::Null);
        let letters = [DeltaAction::Unarchive, DeltaAction::Update];
        let count = if rules.planted(Defect::UnarchiveOnce) { 1 } else { 2 };
        self.rewrite(target, row, &letters[..count], since)
    }

    /// Writes a row whose `archivedAt` changed, and one delta per letter.
    fn rewrite(
        &mut self,
        target: &Target<'_>,
        mut row: StoredRow,
        letters: &[DeltaAction],
        since: Value,
    ) -> Result<(), Halt> {
        let Target { key, operation, .. } = target;
        let model = self.view.rules.model(key.model);
        let shape = model.shape();
        self.touch(model, &mut row.values);
        let archived = archived_slot(model)?;
        let mut previous = Record::absent(shape.slots().len());
        previous.set(archived, since);
        let previous = self.json(model, &previous)?;
        // Written with `archivedAt` as null, so that clients see that it is gone.
        let groups = self.view.row_groups(key.model, &key.id, &row.values)?;
        let data = self.carried(key, &row, &groups)?;
        let groups = self.audience(groups);
        self.grants_changed(model, &row.values);
        for action in letters {
            let id = self.next_id();
            self.append(NewDelta {
                action: *action,
                key,
                data: Some(data.clone()),
                previous_data: Some(previous.clone()),
                groups: groups.clone(),
                previous: row.sync_id,
                hidden_from: None,
                only_for: None,
                transaction_id: operation.transaction_id.clone(),
            });
            row.sync_id = id;
        }
        // A base field without a value is absent.
        if !shape.slots()[archived].is_declared && row.values.get(archived) == Some(&Value::Null) {
            row.values.set(archived, None);
        }
        self.view.member.rows.insert((*key).clone(), Some(Arc::new(row)));
        Ok(())
    }

    fn check_scope(&self, model: ModelRef<'_>, groups: &[Group]) -> Result<(), AbloError> {
        if self.access.sees(groups) || self.view.rules.planted(Defect::IgnoreAccess) {
            return Ok(());
        }
        Err(refusal::scope_denied(model, groups))
    }

    /// Notes whose access a row of a grants model decides.
    fn grants_changed(&mut self, model: ModelRef<'_>, values: &Record) {
        if let Some(grant) = model.grant() {
            self.regranted.extend(values.text(grant.subject_slot).map(str::to_owned));
        }
    }

    fn touch(&self, model: ModelRef<'_>, values: &mut Record) {
        if let Some(slot) = model.shape().slot_of_base(BaseField::UpdatedAt) {
            values.share(slot, self.now);
        }
    }

    fn json(&self, model: ModelRef<'_>, values: &Record) -> Result<JsonText, AbloError> {
        JsonText::object(|object| values.write(model.shape(), object)).map_err(refusal::internal)
    }
}

/// Where a row says that it is archived. A model that uses the name for something else cannot be archived.
fn archived_slot(model: ModelRef<'_>) -> Result<usize, AbloError> {
    model.shape().slot_of_base(BaseField::ArchivedAt).ok_or_else(|| {
        let message =
            format!("`{}` declares `archivedAt` as its own field, so its rows cannot be archived", model.key());
        AbloError::new(Code::CommitOperationUnsupported, message).param(path(model, "archivedAt"))
    })
}
