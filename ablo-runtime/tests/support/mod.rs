//! A schema with every kind of field and edge, and short ways to write commits.
#![allow(dead_code)]

pub mod raised;

use ablo_runtime::engine::{Engine, EngineOptions, Participant, Session};
use ablo_runtime::store::MemoryStore;
use ablo_schema::ir::{NumberFormat, SchemaDef, ValidSchema};
use ablo_schema::wire::{Action, Commit, CommitOperation, JsonText, SyncId, TransactionId};
use serde_json::{Value, json};

pub fn schema() -> ValidSchema {
    let field = |ty: &str, optional: bool| json!({"type": ty, "isIndexed": false, "isOptional": optional});
    let belongs = |target: &str, key: &str, options: Value| json!({"type": "belongsTo", "target": target, "foreignKey": key, "foreignKeyColumn": key, "options": options});
    let artifact = json!({"v": 3,
    "identityRoles": [
      {"kind": "user", "source": {"field": "userId", "multi": false}},
      {"kind": "inbox", "source": {"field": "inboxIds", "multi": true}}],
    "models": {
      "decks": {"typename": "Deck", "mutable": true, "scope": true, "load": "instant", "tenancy": {"kind": "column"},
        "plane": "tenant", "fields": {"title": field("string", false)},
        "relations": {"slides": {"type": "hasMany", "target": "slides", "foreignKey": "deckId", "foreignKeyColumn": "deckId", "orderBy": "position"}}},
      "slides": {"typename": "Slide", "mutable": true, "load": "instant", "tenancy": {"kind": "column"}, "plane": "tenant",
        "fields": {"deckId": field("string", false), "position": field("number", true)},
        "relations": {"deck": belongs("decks", "deckId", json!({"parent": true}))}},
      "layers": {"typename": "Layer", "mutable": true, "load": "lazy", "tenancy": {"kind": "column"}, "plane": "tenant",
        "fields": {"slideId": field("string", false), "text": field("string", true)},
        "relations": {"slide": belongs("slides", "slideId", json!({"parent": true}))}},
      "members": {"typename": "Member", "mutable": true, "load": "instant", "tenancy": {"kind": "column"}, "plane": "tenant",
        "fields": {"personId": field("string", false), "deckId": field("string", false)},
        "relations": {"person": belongs("people", "personId", json!({})), "deck": belongs("decks", "deckId", json!({}))},
        "grants": {"subject": "person", "scope": "deck"}},
      "people": {"typename": "Person", "mutable": true, "load": "instant", "tenancy": {"kind": "column"}, "plane": "tenant",
        "fields": {"name": field("string", false), "email": field("string", true), "bossId": field("string", true)},
        "relations": {"boss": belongs("people", "bossId", json!({"fk": true}))}},
      "tasks": {"typename": "TaskModel", "mutable": true, "load": "instant", "tenancy": {"kind": "column"}, "plane": "tenant",
        "fields": {
          "title": field("string", false), "note": field("string", true), "points": field("number", true),
          "count": field("number", true), "done": field("boolean", true), "due": field("date", true),
          "status": {"type": "enum", "isIndexed": true, "isOptional": true, "enumValues": ["todo", "done"]},
          "extra": field("json", true), "inboxId": field("string", true)},
        "relations": {},
        "entityRoles": [{"kind": "inbox", "source": {"field": "inboxId", "multi": false}}]},
      "facts": {"typename": "Fact", "load": "instant", "tenancy": {"kind": "column"}, "plane": "tenant",
        "fields": {"text": field("string", true)}, "relations": {}}
    }});
    let mut def = SchemaDef::from_artifact(&artifact.to_string()).unwrap();
    def.models["tasks"].fields["count"].number_format = NumberFormat::Int64;
    def.models["people"].fields["email"].is_unique = true;
    def.validate().unwrap()
}

/// The usual schema with what is rare: a typed JSON field, a model that cannot be archived, and a relation that leads
/// nowhere, since a relation may count on a key that the other model does not declare.
pub fn odd_schema() -> ValidSchema {
    let mut def = (*schema()).clone();
    let mut shelves = def.models["facts"].clone();
    (shelves.typename, shelves.mutable) = ("Shelf".into(), Some(true));
    let text = shelves.fields["text"].clone();
    shelves.fields.insert("archivedAt".into(), text);
    def.models.insert("shelves".into(), shelves);
    let typed = json!({"type": "object", "properties": {"a": {"type": "integer"}}});
    def.models["tasks"].fields["extra"].json_schema = Some(typed);
    def.models["decks"].relations["slides"].foreign_key = "elsewhereId".into();
    def.validate().unwrap()
}

pub async fn memory() -> Engine {
    Engine::open(schema(), MemoryStore::new(), EngineOptions::default()).await.unwrap()
}

/// The same on SQLite, in a folder that goes with the second value.
#[cfg(feature = "sqlite")]
pub async fn sqlite(options: EngineOptions) -> (Engine, tempfile::TempDir) {
    use ablo_runtime::store::{Durability, SqliteStore};
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::new(folder.path().join("ablo.db"), Durability::Normal);
    (Engine::open(schema(), store, options).await.unwrap(), folder)
}

pub fn system(engine: &Engine) -> Session {
    engine.session(Participant::system("org_1", "sys"))
}

pub fn user(engine: &Engine, id: &str) -> Session {
    engine.session(Participant::user("org_1", id))
}

pub fn op(action: Action, model: &str, id: &str, input: Value) -> CommitOperation {
    let mut operation = CommitOperation::new(action, model, id);
    operation.input = (!input.is_null()).then(|| JsonText::of(&input).unwrap());
    operation
}

pub fn create(model: &str, id: &str, input: Value) -> CommitOperation {
    op(Action::Create, model, id, input)
}

pub fn update(model: &str, id: &str, input: Value) -> CommitOperation {
    op(Action::Update, model, id, input)
}

pub fn delete(model: &str, id: &str) -> CommitOperation {
    op(Action::Delete, model, id, Value::Null)
}

pub trait With {
    fn read_at(self, at: SyncId) -> Self;
    fn transaction(self, id: &str) -> Self;
}

impl With for CommitOperation {
    fn read_at(mut self, at: SyncId) -> Self {
        self.read_at = Some(at);
        self
    }

    fn transaction(mut self, id: &str) -> Self {
        self.transaction_id = Some(TransactionId::from(id));
        self
    }
}

pub fn commit(operations: impl IntoIterator<Item = CommitOperation>) -> Commit {
    keyed("", operations)
}

pub fn keyed(key: &str, operations: impl IntoIterator<Item = CommitOperation>) -> Commit {
    Commit {
        operations: operations.into_iter().collect(),
        client_tx_id: key.into(),
        idempotency_key: None,
        intent: None,
        caused_by_task_id: None,
    }
}
