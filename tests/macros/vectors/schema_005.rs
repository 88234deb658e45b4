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
#[ablo(table = "order_tbl", load = manual, scope, bootstrap(limit = 850, order_by = "created_at DESC"))]
pub struct Order {
    pub id: Id<Order>,
    #[ablo(indexed)]
    pub owner_id: Option<String>,
    #[ablo(indexed)]
    pub archived_at: Option<Timestamp>,
}

#[derive(AbloModel, Clone)]
#[ablo(mutable, typename = "tasks", table = "tasks", load = lazy, plane = control, scope = "task", entity_roles(inbox = archived_at), lazy_observable)]
pub struct Tasks {
    pub id: Id<Tasks>,
    #[ablo(indexed)]
    pub archived_at: Option<String>,
    pub amount_due: String,
    pub kind_of: Timestamp,
    pub status: bool,
    #[ablo(belongs_to, enrich, defer, indexed)]
    pub task_id: Id<Tasks>,
    #[ablo(belongs_to, indexed)]
    pub price_list_id: Id<PriceList>,
}

#[derive(AbloModel, Clone)]
#[ablo(table = "pricelists", load = lazy, tenancy(parent_table = "parents", local_key = "parent_id", parent_key = "id", parent_org_column = "org_id"), bootstrap(limit = 562), auto_fill(organization_id = organization_id), required_fields(due_at))]
pub struct PriceList {
    pub id: Id<PriceList>,
    pub due_at: Enum1,
    #[ablo(indexed)]
    pub body: Option<Value>,
    pub content_json: f64,
    pub amount_due: Option<String>,
    pub is_done: Timestamp,
}

#[derive(AbloSchema)]
#[ablo(identity(org = organization_id, team = team_ids[]), casing = snake_case)]
pub struct App {
    pub orders: Order,
    pub tasks: Tasks,
    pub price_lists: PriceList,
}
