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

#[derive(AbloEnum, Clone)]
pub enum Enum2 {
    A,
    B,
}

#[derive(AbloModel, Clone)]
#[ablo(mutable, typename = "invoices", load = lazy, tenancy = "tenant_id", bootstrap(order_by = "created_at DESC"), required_fields(owner_id), has_one(the_invoice: Invoices by "invoiceId"))]
pub struct Invoices {
    pub id: Id<Invoices>,
    pub owner_id: Timestamp,
    pub priority: Option<f64>,
    #[ablo(indexed)]
    pub meta_data: Enum1,
    pub external_ref: Option<Value>,
    #[ablo(column = "user")]
    pub status: String,
    pub slug: Value,
}

#[derive(AbloModel, Clone)]
#[ablo(mutable, load = lazy)]
pub struct PriceList {
    pub id: Id<PriceList>,
    #[ablo(indexed)]
    pub title: f64,
}

#[derive(AbloModel, Clone)]
#[ablo(mutable, typename = "tickets", table = "tickets", tenancy = none, plane = control, has_one(the_invoice: Invoices by "ticketId"), has_many(tickets: Tickets by "ticketId"))]
pub struct Tickets {
    pub id: Id<Tickets>,
    pub amount_due: Option<f64>,
    #[ablo(indexed)]
    pub is_done: Option<String>,
    #[ablo(indexed)]
    pub due_at: String,
    pub priority: Option<Timestamp>,
    #[ablo(indexed)]
    pub sort_key: String,
    pub owner_id: Enum2,
}

#[derive(AbloSchema)]
#[ablo(identity(org = organization_id), casing = snake_case)]
pub struct App {
    pub invoices: Invoices,
    pub price_lists: PriceList,
    pub tickets: Tickets,
}
