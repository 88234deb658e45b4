use ablo::prelude::*;
use ablo::time::Timestamp;

#[derive(AbloEnum, Clone)]
pub enum Enum1 {
    One,
}

#[derive(AbloModel, Clone)]
#[ablo(tenancy = none, required_fields(amount_due))]
pub struct Invoice {
    pub id: Id<Invoice>,
    #[ablo(indexed)]
    pub amount_due: f64,
    #[ablo(indexed)]
    pub slug: Option<String>,
    #[ablo(column = "col_9")]
    pub x1: Option<String>,
    #[ablo(column = "order")]
    pub title: Option<f64>,
    pub priority: Timestamp,
    #[ablo(indexed)]
    pub archived_at: String,
}

#[derive(AbloModel, Clone)]
#[ablo(mutable, typename = "teams", table = "team_tbl", scope, bootstrap(limit = 793))]
pub struct Teams {
    pub id: Id<Teams>,
    pub due_at: Option<Enum1>,
}

#[derive(AbloSchema)]
pub struct App {
    pub invoices: Invoice,
    pub teams: Teams,
}
