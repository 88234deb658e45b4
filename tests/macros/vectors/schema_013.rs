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
#[ablo(mutable, typename = "folders", plane = control)]
pub struct Folders {
    pub id: Id<Folders>,
    pub sort_key: Enum1,
    pub body: Option<Value>,
    pub priority: bool,
    #[ablo(indexed)]
    pub content_json: String,
    pub amount_due: String,
    #[ablo(indexed)]
    pub kind_of: f64,
    #[ablo(indexed)]
    pub archived_at: bool,
    #[ablo(belongs_to, enrich, defer)]
    pub order_id: Option<Id<Order>>,
}

#[derive(AbloModel, Clone)]
pub struct Order {
    pub id: Id<Order>,
    #[ablo(indexed)]
    pub slug: Option<Timestamp>,
    #[ablo(indexed)]
    pub priority: Option<bool>,
    #[ablo(column = "order")]
    pub status: f64,
    #[ablo(belongs_to, index, fk, indexed)]
    pub order_id: Id<Order>,
}

#[derive(AbloSchema)]
#[ablo(identity(org = organization_id), casing = snake_case)]
pub struct App {
    pub folders: Folders,
    pub orders: Order,
}
