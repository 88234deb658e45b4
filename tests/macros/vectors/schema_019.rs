use ablo::prelude::*;
use ablo::time::Timestamp;
use serde_json::Value;

#[derive(AbloModel, Clone)]
#[ablo(mutable, load = manual, scope = "member", has_many(members: Member by "memberId", order_by = created_at))]
pub struct Member {
    pub id: Id<Member>,
    pub title: Value,
    #[ablo(column = "UPPER_Col")]
    pub note2: Timestamp,
    pub priority: Option<Timestamp>,
}

#[derive(AbloModel, Clone)]
#[ablo(mutable, table = "order_tbl", auto_fill(organization_id = organization_id))]
pub struct Order {
    pub id: Id<Order>,
    #[ablo(indexed)]
    pub priority: Option<String>,
    #[ablo(indexed)]
    pub external_ref: Value,
}

#[derive(AbloModel, Clone)]
#[ablo(mutable, typename = "priceLists", load = manual, tenancy(parent_table = "parents", local_key = "parent_id", parent_key = "id"), plane = control, bootstrap(order_by = "created_at DESC"))]
pub struct PriceLists {
    pub id: Id<PriceLists>,
    pub external_ref: String,
    pub sort_key: Option<bool>,
    #[ablo(indexed)]
    pub is_done: Option<String>,
    pub status: Timestamp,
    pub x1: Option<bool>,
    pub title: Option<Value>,
    #[ablo(belongs_to, index, defer, parent, indexed)]
    pub member_id: Id<Member>,
}

#[derive(AbloSchema)]
pub struct App {
    pub members: Member,
    pub orders: Order,
    pub price_lists: PriceLists,
}
