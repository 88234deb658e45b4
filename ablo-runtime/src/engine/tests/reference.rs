//! What an engine must do, said once more, as plainly as possible and without any of its code: whole-state comparisons
//! instead of edges and indexes, and the log searched from end to end.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

pub type Key = (&'static str, String);
pub type Groups = BTreeSet<String>;

/// A problem: its code and its path.
pub type Problem = (&'static str, String);

#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub code: &'static str,
    pub problems: Vec<Problem>,
}

#[derive(Clone, Debug)]
pub struct Row {
    pub fields: Map<String, Value>,
    pub creator: String,
    pub archived: bool,
    pub sync: u64,
    created: u64,
    transaction: Option<String>,
}

/// What a delta says, as far as this model goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Delta {
    pub letter: &'static str,
    pub key: Key,
    pub data: Option<Map<String, Value>>,
    pub previous: Option<Map<String, Value>>,
    pub groups: Groups,
    pub hidden: Option<Groups>,
    pub only: Option<String>,
    pub who: String,
    pub transaction: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Op {
    pub action: &'static str,
    pub key: Key,
    pub input: Option<Value>,
    pub read_at: Option<u64>,
    pub on_stale: Option<&'static str>,
    pub transaction: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Reference {
    /// The models in the schema's order.
    order: Vec<String>,
    pub rows: BTreeMap<Key, Row>,
    pub log: Vec<Delta>,
    answers: BTreeMap<(String, String), (String, Result<u64, Refusal>)>,
    /// Who holds a row, and how long the log was when it was granted.
    claims: BTreeMap<Key, (String, u64)>,
}

/// The fields of a model in their order, and whether they may be null.
pub fn fields(model: &str) -> &'static [(&'static str, bool)] {
    match model {
        "decks" => &[("title", false)],
        "slides" => &[("deckId", false), ("position", true)],
        "layers" => &[("slideId", false), ("text", true)],
        "members" => &[("personId", false), ("deckId", false)],
        "people" => &[("name", false), ("email", true), ("bossId", true)],
        "tasks" => &[
            ("title", false),
            ("note", true),
            ("points", true),
            ("count", true),
            ("done", true),
            ("due", true),
            ("status", true),
            ("extra", true),
            ("inboxId", true),
        ],
        _ => &[("text", true)],
    }
}

/// What a field makes of a value: the kept form, or the code it is refused with.
fn kept(model: &str, field: &str, optional: bool, value: &Value) -> Result<Value, &'static str> {
    if value.is_null() {
        return if optional { Ok(Value::Null) } else { Err("not_null_violation") };
    }
    match (model, field) {
        ("tasks", "extra") => Ok(value.clone()),
        ("tasks", "points" | "count") | ("slides", "position") => match value.as_f64() {
            None => Err("invalid_type"),
            Some(number) if number.fract() != 0.0 && field == "count" => Err("invalid_type"),
            Some(number) if number.fract() == 0.0 && number.abs() > 9_007_199_254_740_991.0 => {
                Err("number_not_representable")
            }
            Some(number) if number.fract() == 0.0 => Ok(json!(number as i64)),
            Some(_) => Ok(value.clone()),
        },
        ("tasks", "done") => value.is_boolean().then(|| value.clone()).ok_or("invalid_type"),
        ("tasks", "due") => match value.as_str() {
            Some("2026-01-02T03:04:05+01:00") => Ok(json!("2026-01-02T02:04:05.000Z")),
            Some("2026-01-02T03:04:05.1234567Z") => Ok(json!("2026-01-02T03:04:05.123456Z")),
            Some(text) if text.ends_with('Z') => Ok(value.clone()),
            _ => Err("invalid_type"),
        },
        ("tasks", "status") => match value.as_str() {
            Some("todo" | "done") => Ok(value.clone()),
            Some(_) => Err("invalid_enum_value"),
            None => Err("invalid_type"),
        },
        _ => value.is_string().then(|| value.clone()).ok_or("invalid_type"),
    }
}

fn text<'r>(fields: &'r Map<String, Value>, name: &str) -> Option<&'r str> {
    fields.get(name).and_then(Value::as_str)
}

impl Reference {
    pub fn of(order: Vec<String>) -> Self {
        Self { order, ..Self::default() }
    }

    /// The groups of a row that the rows below it have too.
    fn inherited(&self, key: &Key, fields: &Map<String, Value>) -> Groups {
        match key.0 {
            "decks" => Groups::from([format!("deck:{}", key.1)]),
            "slides" => text(fields, "deckId").map(|deck| format!("deck:{deck}")).into_iter().collect(),
            "layers" => match text(fields, "slideId").and_then(|slide| self.rows.get(&("slides", slide.to_owned()))) {
                Some(slide) => self.inherited(&("slides", String::new()), &slide.fields),
                None => Groups::new(),
            },
            "tasks" => text(fields, "inboxId").map(|inbox| format!("inbox:{inbox}")).into_iter().collect(),
            _ => Groups::new(),
        }
    }

    fn groups(&self, key: &Key, row: &Row) -> Groups {
        let mut groups = self.inherited(key, &row.fields);
        groups.insert(format!("user:{}", row.creator));
        groups
    }

    fn all_groups(&self) -> BTreeMap<Key, Groups> {
        self.rows.iter().map(|(key, row)| (key.clone(), self.groups(key, row))).collect()
    }

    /// The groups of a participant; `None` for all.
    pub fn access(&self, who: &str) -> Option<Groups> {
        if who == "sys" {
            return None;
        }
        let mut groups = Groups::from([format!("user:{who}")]);
        if who == "u1" {
            groups.insert("inbox:i1".into());
        }
        groups.extend(self.granted(who));
        Some(groups)
    }

    /// The rows a participant sees.
    pub fn visible(&self, who: &str) -> BTreeSet<Key> {
        let access = self.access(who);
        let sees = |groups: &Groups| access.as_ref().is_none_or(|mine| !mine.is_disjoint(groups));
        self.all_groups().into_iter().filter(|(_, groups)| sees(groups)).map(|(key, _)| key).collect()
    }

    pub fn claim(&mut self, who: &str, key: &Key) -> Result<bool, Refusal> {
        if self.rows.contains_key(key) && !self.visible(who).contains(key) {
            return Err(refused("entity_not_found", key, "id"));
        }
        let head = self.log.len() as u64;
        let holder = self.claims.entry(key.clone()).or_insert_with(|| (who.to_owned(), head));
        Ok(holder.0 == who)
    }

    pub fn release(&mut self, who: &str, key: &Key) {
        if self.rows.contains_key(key) && !self.visible(who).contains(key) {
            return;
        }
        if self.claims.get(key).is_some_and(|(holder, _)| holder == who) {
            self.claims.remove(key);
        }
    }

    pub fn commit(&mut self, who: &str, token: &str, ops: &[Op]) -> Result<u64, Refusal> {
        let body = format!("{ops:?}");
        let name = (who.to_owned(), token.to_owned());
        if let Some((first, answer)) = self.answers.get(&name).filter(|_| !token.is_empty()) {
            let conflict = Refusal { code: "idempotency_conflict", problems: Vec::new() };
            return if *first == body { answer.clone() } else { Err(conflict) };
        }
        let before = self.clone();
        let access = self.access(who);
        let answer = self.all(who, access.as_ref(), ops);
        match answer {
            Ok(_) => self.announce_grants(who, &before),
            Err(_) => *self = before,
        }
        let is_transient =
            answer.as_ref().is_err_and(|refusal| ["entity_claimed", "stale_context"].contains(&refusal.code));
        if !is_transient {
            self.answers.insert(name, (body, answer.clone()));
        }
        answer
    }

    fn all(&mut self, who: &str, access: Option<&Groups>, ops: &[Op]) -> Result<u64, Refusal> {
        let start = self.log.len();
        let mut last = 0;
        for op in ops {
            let groups = self.all_groups();
            let length = self.log.len();
            last = last.max(self.one(who, access, op, start)?);
            if self.log.len() == length {
                continue;
            }
            self.announce_others(who, &op.key, &groups);
        }
        let bosses = self.rows.values().filter_map(|row| text(&row.fields, "bossId"));
        let is_dangling = bosses.into_iter().any(|boss| !self.rows.contains_key(&("people", boss.to_owned())));
        if is_dangling {
            return Err(refused("foreign_key_violation", &("people", String::new()), "bossId"));
        }
        Ok(last)
    }

    /// Rows that the operation was not about, and that other groups see now.
    fn announce_others(&mut self, who: &str, target: &Key, before: &BTreeMap<Key, Groups>) {
        for (key, new) in self.all_groups() {
            let Some(old) = before.get(&key).filter(|_| key != *target) else { continue };
            self.announce(who, &key, old, &new);
        }
    }

    fn announce(&mut self, who: &str, key: &Key, old: &Groups, new: &Groups) {
        let row = self.rows[key].clone();
        for (letter, groups, hidden) in [("C", new - old, old), ("D", old - new, new)] {
            if !groups.is_empty() {
                let data = (letter == "C").then(|| row.fields.clone());
                let hidden = Some(hidden.clone());
                let (key, who) = (key.clone(), who.to_owned());
                let (previous, only, transaction) = (None, None, None);
                self.log.push(Delta { letter, key, data, previous, groups, hidden, only, who, transaction });
            }
        }
    }

    /// The groups that rows give a participant.
    fn granted(&self, who: &str) -> Groups {
        let mine = |(key, row): &(&Key, &Row)| {
            key.0 == "members" && !row.archived && text(&row.fields, "personId") == Some(who)
        };
        let decks = self.rows.iter().filter(mine).filter_map(|(_, row)| text(&row.fields, "deckId"));
        decks.map(|deck| format!("deck:{deck}")).collect()
    }

    /// Tells everyone whose grants changed which rows that covers and which it takes away.
    fn announce_grants(&mut self, who: &str, before: &Self) {
        for user in ["u1", "u2"] {
            let (old, new) = (before.granted(user), self.granted(user));
            let now = self.all_groups();
            let nothing = Groups::new();
            for (key, lost) in before.in_order(&(&old - &new)) {
                let hidden = now.get(&key).unwrap_or(&nothing).clone();
                self.tell(who, user, "D", key, None, (lost, hidden));
            }
            let gained = &new - &old;
            for group in &gained {
                let deck = ("decks", group.trim_start_matches("deck:").to_owned());
                let groups = (Groups::from([group.clone()]), Groups::new());
                self.tell(who, user, "G", deck, Some(Map::new()), groups);
            }
            for (key, by) in self.in_order(&gained) {
                let hidden = &now[&key] - &gained;
                let data = Some(self.rows[&key].fields.clone());
                self.tell(who, user, "C", key, data, (by, hidden));
            }
        }
    }

    /// The rows in some of these groups, and in which.
    fn in_order(&self, groups: &Groups) -> Vec<(Key, Groups)> {
        let mut rows: Vec<_> = self.all_groups().into_iter().map(|(key, all)| (key, &all & groups)).collect();
        rows.retain(|(_, of)| !of.is_empty());
        rows.sort_by_key(|((model, id), _)| (self.order.iter().position(|key| key == model), id.clone()));
        rows
    }

    fn tell(
        &mut self,
        who: &str,
        user: &str,
        letter: &'static str,
        key: Key,
        data: Option<Map<String, Value>>,
        (groups, hidden): (Groups, Groups),
    ) {
        let (hidden, only, who) = (Some(hidden), Some(user.to_owned()), who.to_owned());
        self.log.push(Delta { letter, key, data, previous: None, groups, hidden, only, who, transaction: None });
    }

    fn one(&mut self, who: &str, access: Option<&Groups>, op: &Op, start: usize) -> Result<u64, Refusal> {
        let key = &op.key;
        if key.0 == "facts" {
            return Err(Refusal { code: "model_not_mutable", problems: Vec::new() });
        }
        let sees = |groups: &Groups| access.is_none_or(|mine| !mine.is_disjoint(groups));
        let old = self.rows.get(key).cloned();
        if op.action == "create" {
            return match old {
                Some(row)
                    if op.transaction.is_some() && (&row.transaction, &*row.creator) == (&op.transaction, who) =>
                {
                    Ok(row.created)
                }
                Some(_) => Err(refused("unique_violation", key, "id")),
                None => self.create(who, &sees, op),
            };
        }
        let Some(row) = old.filter(|row| sees(&self.groups(key, row))) else {
            return if op.action == "delete" { Ok(0) } else { Err(refused("entity_not_found", key, "id")) };
        };
        let holder = self.claims.get(key).cloned();
        if holder.as_ref().is_some_and(|(holder, _)| holder != who) {
            return Err(Refusal { code: "entity_claimed", problems: Vec::new() });
        }
        self.stale(who, op, &row, start, holder.map(|(_, head)| head))?;
        match op.action {
            "update" => self.update(who, &sees, op, row),
            "delete" => {
                self.rows.remove(key);
                let previous = Some(row.fields.clone());
                // The groups are those it had.
                let groups = self.groups(key, &row);
                self.push(who, op, "D", None, previous, groups);
                Ok(self.log.len() as u64)
            }
            action => {
                let archived = action == "archive";
                if row.archived == archived {
                    return Ok(row.sync);
                }
                let groups = self.groups(key, &row);
                let letters: &[&str] = if archived { &["A"] } else { &["V", "U"] };
                for letter in letters {
                    self.push(who, op, letter, Some(row.fields.clone()), Some(Map::new()), groups.clone());
                }
                let sync = self.log.len() as u64;
                self.rows.insert(key.clone(), Row { archived, sync, ..row });
                Ok(sync)
            }
        }
    }

    /// Reads an input: what it sets, and every problem.
    fn read(key: &Key, input: Option<&Value>) -> (Map<String, Value>, Vec<Problem>) {
        let (mut set, mut problems) = (Map::new(), Vec::new());
        for (name, value) in input.and_then(Value::as_object).into_iter().flatten() {
            let path = format!("{}.{name}", key.0);
            match fields(key.0).iter().find(|(field, _)| field == name) {
                Some((_, optional)) => match kept(key.0, name, *optional, value) {
                    Ok(value) => drop(set.insert(name.clone(), value)),
                    Err(code) => problems.push((code, path)),
                },
                None if name == "createdAt" => problems.push(("field_read_only", path)),
                None => problems.push(("unknown_field", path)),
            }
        }
        (set, problems)
    }

    fn create(&mut self, who: &str, sees: &dyn Fn(&Groups) -> bool, op: &Op) -> Result<u64, Refusal> {
        let key = &op.key;
        let (mut set, mut problems) = Self::read(key, op.input.as_ref());
        for (name, optional) in fields(key.0) {
            let path = format!("{}.{name}", key.0);
            if *optional {
                set.entry(*name).or_insert(Value::Null);
            } else if !set.contains_key(*name) && problems.iter().all(|(_, other)| *other != path) {
                problems.push(("not_null_violation", path));
            }
        }
        check(problems)?;
        self.unique(key, &set)?;
        let id = self.log.len() as u64 + 1;
        let transaction = op.transaction.clone();
        let row = Row { fields: set, creator: who.to_owned(), archived: false, sync: id, created: id, transaction };
        let groups = self.groups(key, &row);
        if !sees(&groups) {
            return Err(Refusal { code: "capability_scope_denied", problems: Vec::new() });
        }
        let data = Some(row.fields.clone());
        self.rows.insert(key.clone(), row);
        self.push(who, op, "I", data, None, groups);
        Ok(id)
    }

    fn update(&mut self, who: &str, sees: &dyn Fn(&Groups) -> bool, op: &Op, mut row: Row) -> Result<u64, Refusal> {
        let key = &op.key;
        let (set, problems) = Self::read(key, op.input.as_ref());
        check(problems)?;
        let mut previous = Map::new();
        for (name, value) in &set {
            if row.fields[name] != *value {
                previous.insert(name.clone(), row.fields[name].clone());
            }
        }
        let old = self.groups(key, &row);
        row.fields.extend(set);
        if previous.contains_key("email") {
            self.unique(key, &row.fields)?;
        }
        let new = self.groups(key, &row);
        if !sees(&new) {
            return Err(Refusal { code: "capability_scope_denied", problems: Vec::new() });
        }
        row.sync = self.log.len() as u64 + 1;
        let data = Some(row.fields.clone());
        self.rows.insert(key.clone(), row);
        self.push(who, op, "U", data, Some(previous), new.clone());
        let last = self.log.len() as u64;
        self.announce(who, key, &old, &new);
        Ok(last)
    }

    fn unique(&self, key: &Key, set: &Map<String, Value>) -> Result<(), Refusal> {
        let email = text(set, "email");
        let taken = self.rows.iter().any(|(other, row)| {
            key.0 == "people"
                && other.0 == "people"
                && other != key
                && email.is_some()
                && text(&row.fields, "email") == email
        });
        if taken { Err(refused("unique_violation", key, "email")) } else { Ok(()) }
    }

    /// Looks through everything that happened to the row since it was read. What was deleted under its id was another row.
    fn stale(&self, who: &str, op: &Op, row: &Row, start: usize, granted: Option<u64>) -> Result<(), Refusal> {
        let Some(read_at) = op.read_at.filter(|at| *at > 0 && !matches!(op.on_stale, Some("force" | "flag"))) else {
            return Ok(());
        };
        let mine = Self::read(&op.key, op.input.as_ref()).0;
        for (delta, id) in self.log.iter().zip(1..).skip(read_at.max(row.created - 1) as usize) {
            let is_own = id > start as u64 || (delta.who == who && granted.is_some_and(|head| id > head));
            if delta.key != op.key || delta.hidden.is_some() || is_own {
                continue;
            }
            let touches = match (op.action, delta.letter, &delta.previous) {
                ("update", "U", Some(previous)) => mine.keys().any(|name| previous.contains_key(name)),
                ("update", "A" | "V", _) => false,
                _ => true,
            };
            if touches {
                return Err(Refusal { code: "stale_context", problems: Vec::new() });
            }
        }
        Ok(())
    }

    fn push(
        &mut self,
        who: &str,
        op: &Op,
        letter: &'static str,
        data: Option<Map<String, Value>>,
        previous: Option<Map<String, Value>>,
        mut groups: Groups,
    ) {
        groups.insert(format!("user:{who}"));
        let (key, who, transaction) = (op.key.clone(), who.to_owned(), op.transaction.clone());
        self.log.push(Delta { letter, key, data, previous, groups, hidden: None, only: None, who, transaction });
    }
}

fn refused(code: &'static str, key: &Key, field: &str) -> Refusal {
    Refusal { code, problems: vec![(code, format!("{}.{field}", key.0))] }
}

fn check(problems: Vec<Problem>) -> Result<(), Refusal> {
    match problems.first() {
        Some((code, _)) => Err(Refusal { code, problems }),
        None => Ok(()),
    }
}
