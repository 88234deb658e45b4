use ablo::prelude::*;
use ablo::time::Timestamp;

#[derive(AbloEnum, Clone)]
pub enum Enum1 {
    Todo,
    Doing,
    Done,
}

#[derive(AbloModel, Clone)]
#[ablo(
    mutable,
    typename = "invoices",
    table = "invoice_tbl",
    tenancy(parent_table = "parents", local_key = "parent_id"),
    scope,
    lazy_observable,
    persist = "invoice_store"
)]
pub struct Invoices {
    pub id: Id<Invoices>,
    #[ablo(column = "col_9")]
    pub status: Enum1,
    pub title: Option<Timestamp>,
}

#[derive(AbloSchema)]
#[ablo(identity(org = organization_id, team = team_ids[]))]
pub struct App {
    pub invoices: Invoices,
}
