use ablo::prelude::*;
use ablo::time::Timestamp;
use serde_json::Value;

#[derive(AbloEnum, Clone)]
pub enum Enum1 {
    #[ablo(name = "it's")]
    ItS,
    #[ablo(name = "quo\"te")]
    QuoTe,
    #[ablo(name = "ünï")]
    N,
}

#[derive(AbloModel, Clone)]
#[ablo(mutable, typename = "teams", bootstrap(order_by = "created_at DESC"), persist, auto_fill(organization_id = organization_id), required_fields(is_done))]
pub struct Teams {
    pub id: Id<Teams>,
    pub is_done: Option<f64>,
    pub amount_due: Enum1,
    #[ablo(indexed)]
    pub status: Option<String>,
}

#[derive(AbloModel, Clone)]
#[ablo(scope, lazy_observable, auto_fill(organization_id = organization_id))]
pub struct Thread {
    pub id: Id<Thread>,
    #[ablo(indexed)]
    pub slug: Option<String>,
    #[ablo(indexed)]
    pub title: f64,
    #[ablo(indexed, column = "col_9")]
    pub x1: bool,
    #[ablo(column = "order")]
    pub owner_id: Option<Timestamp>,
    pub sort_key: f64,
    #[ablo(belongs_to, enrich)]
    pub message_id: Option<Id<Message>>,
}

#[derive(AbloModel, Clone)]
#[ablo(load = manual, bootstrap(order_by = "created_at DESC"), required_fields(priority), has_one(the_thread: Thread by "folderId"))]
pub struct Folder {
    pub id: Id<Folder>,
    #[ablo(indexed)]
    pub priority: Option<Value>,
}

#[derive(AbloModel, Clone)]
#[ablo(table = "message_tbl", tenancy = "tenant_id", entity_roles(inbox = due_at), auto_fill(organization_id = organization_id))]
pub struct Message {
    pub id: Id<Message>,
    pub due_at: Option<String>,
    pub content_json: Option<String>,
    pub sort_key: Timestamp,
    #[ablo(indexed)]
    pub meta_data: Value,
    #[ablo(belongs_to, enrich, indexed)]
    pub message_id: Id<Message>,
}

#[derive(AbloModel, Clone)]
#[ablo(load = manual, scope, lazy_observable)]
pub struct Task {
    pub id: Id<Task>,
    pub sort_key: Timestamp,
    pub status: Option<bool>,
    #[ablo(indexed)]
    pub slug: String,
    #[ablo(indexed)]
    pub note2: String,
    pub is_done: Enum1,
}

#[derive(AbloSchema)]
#[ablo(identity(org = organization_id))]
pub struct App {
    pub teams: Teams,
    pub threads: Thread,
    pub folders: Folder,
    pub messages: Message,
    pub tasks: Task,
}
