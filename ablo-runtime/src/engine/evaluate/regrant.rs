//! Participants who gain or lose groups because rows that grant them changed.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use ablo_schema::wire::{DeltaAction, Group, JsonText, SyncId};
use serde_json::{Value, json};

use super::super::StoredRow;
use super::super::defect::Defect;
use super::super::view::Halt;
use super::commit::{NewDelta, Turn};
use super::refusal;
use crate::store::RowKey;

/// Rows with their groups.
type Rows = BTreeMap<RowKey, (Arc<StoredRow>, Vec<Group>)>;

/// More rows than this are not told one by one: the participant bootstraps again.
const MAX_ROWS: usize = 1_000;

impl Turn<'_, '_> {
    /// Tells everyone whose grants this commit changed: who gained a group is told so and gets the rows that this covers,
    /// who lost one gets rid of the rows it does not see any more.
    pub fn announce_grants(&mut self) -> Result<(), Halt> {
        if self.view.rules.planted(Defect::NoGrantDeltas) {
            return Ok(());
        }
        let users: BTreeSet<String> = self.regranted.iter().cloned().collect();
        for user in users {
            let after = self.view.granted(&user)?;
            let so_far = std::mem::take(&mut self.view.member);
            let before = self.before(&user, &after);
            self.view.member = so_far;
            let (before, rows) = before?;
            let lost = only_in(&before, &after);
            if !lost.is_empty() {
                self.lose(&user, &lost, rows)?;
            }
            let gained = only_in(&after, &before);
            if !gained.is_empty() {
                self.gain(&user, &gained)?;
            }
        }
        Ok(())
    }

    /// What a participant was granted, and the rows of those groups that it no longer is.
    fn before(&mut self, user: &str, after: &[Group]) -> Result<(Vec<Group>, Option<Rows>), Halt> {
        let before = self.view.granted(user)?;
        let rows = self.rows_of(&only_in(&before, after))?;
        Ok((before, rows))
    }

    fn gain(&mut self, user: &str, gained: &[Group]) -> Result<(), Halt> {
        let rows = self.rows_of(gained)?;
        for group in gained {
            let data = match rows {
                Some(_) => json!({ "group": group, "userId": user }),
                None => json!({ "removedGroups": [], "addedGroups": [group] }),
            };
            self.announce_group(DeltaAction::GroupAdded, user, group, &data, Vec::new())?;
        }
        let rules = self.view.rules;
        for (key, (row, groups)) in rows.unwrap_or_default() {
            let data = row.to_json(rules.model(key.model).shape()).map_err(refusal::internal)?;
            let (by, others) = groups.into_iter().partition(|group| gained.contains(group));
            self.append(NewDelta {
                action: DeltaAction::Cover,
                key: &key,
                data: Some(data),
                previous_data: None,
                groups: by,
                previous: row.sync_id,
                hidden_from: Some(others),
                only_for: Some(user.to_owned()),
                transaction_id: None,
            });
        }
        Ok(())
    }

    fn lose(&mut self, user: &str, lost: &[Group], rows: Option<Rows>) -> Result<(), Halt> {
        let Some(rows) = rows else {
            for group in lost {
                let data = json!({ "group": group, "userId": user });
                self.announce_group(DeltaAction::GroupRemoved, user, group, &data, vec![group.clone()])?;
            }
            return Ok(());
        };
        for (key, (row, groups)) in rows {
            // Whoever still sees it, wherever it is now, keeps it.
            let now = match self.view.row(&key)? {
                Some(row) => self.view.row_groups(key.model, &key.id, &row.values)?,
                None => Vec::new(),
            };
            self.append(NewDelta {
                action: DeltaAction::Delete,
                key: &key,
                data: None,
                previous_data: None,
                groups: groups.into_iter().filter(|group| lost.contains(group)).collect(),
                previous: row.sync_id,
                hidden_from: Some(now),
                only_for: Some(user.to_owned()),
                transaction_id: None,
            });
        }
        Ok(())
    }

    /// A delta about a group. It names the group's root, because it has to name a row.
    fn announce_group(
        &mut self,
        action: DeltaAction,
        user: &str,
        group: &Group,
        data: &Value,
        hidden_from: Vec<Group>,
    ) -> Result<(), Halt> {
        let Some((kind, id)) = group.kind().zip(group.id()) else { return Ok(()) };
        let mut grants = self.view.rules.schema.models().filter_map(|model| model.grant());
        let Some(grant) = grants.find(|grant| grant.kind == kind) else { return Ok(()) };
        self.append(NewDelta {
            action,
            key: &RowKey::new(grant.target, id),
            data: Some(JsonText::of(data).map_err(refusal::internal)?),
            previous_data: None,
            groups: vec![group.clone()],
            previous: SyncId(0),
            hidden_from: Some(hidden_from),
            only_for: Some(user.to_owned()),
            transaction_id: None,
        });
        Ok(())
    }

    /// Every row that is in one of these groups; `None` when they are too many, or cannot be found without looking at all
    /// rows there are.
    fn rows_of(&mut self, groups: &[Group]) -> Result<Option<Rows>, Halt> {
        let rules = self.view.rules;
        let (mut found, mut ahead) = (Rows::new(), Vec::new());
        for group in groups {
            let Some((kind, name)) = group.kind().zip(group.id()) else { continue };
            let id = Value::from(name);
            let base = |field: &str| ["organizationId", "userId"].contains(&field).then_some(&id);
            if rules.schema.identity_groups(base).contains(group) {
                return Ok(None);
            }
            for model in rules.schema.models() {
                if model.own_group(name).as_ref() == Some(group) {
                    ahead.push(RowKey::new(model.index(), name));
                }
                let roles = model.def().entity_roles.iter().flatten().zip(model.role_slots());
                for (role, slot) in roles.filter(|(role, _)| role.kind == kind) {
                    let Some(slot) = slot.filter(|_| !role.multi) else {
                        return Ok(None);
                    };
                    let rows = self.view.matches(model.index(), slot, &id)?;
                    ahead.extend(rows.iter().map(|row| RowKey::new(model.index(), &row.id)));
                }
            }
        }
        let mut seen = HashSet::new();
        for root in ahead {
            if !seen.insert(root.clone()) {
                continue;
            }
            if let Some(row) = self.view.row(&root)? {
                let groups = self.view.row_groups(root.model, &root.id, &row.values)?;
                found.insert(root.clone(), (row, groups));
            }
            let below = self.descendants(&root)?;
            found.extend(below.into_iter().map(|(key, row, groups)| (key, (row, groups))));
            if found.len() > MAX_ROWS {
                return Ok(None);
            }
        }
        Ok(Some(found))
    }
}

fn only_in(groups: &[Group], others: &[Group]) -> Vec<Group> {
    groups.iter().filter(|group| !others.contains(group)).cloned().collect()
}
