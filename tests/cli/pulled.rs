use ablo::prelude::*;

/// Who buys.
#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable)]
pub struct Company {
    pub id: Id<Company>,
    /// As on the letterhead.
    pub name: String,
    #[ablo(unique)]
    pub tax_number: Option<String>,
}

#[derive(AbloEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum PurchaseOrderStatus {
    Draft,
    #[ablo(name = "in-progress")]
    InProgress,
    #[ablo(name = "it's done")]
    ItSDone,
}

#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable, table = "purchase_orders")]
pub struct PurchaseOrder {
    pub id: Id<PurchaseOrder>,
    #[ablo(belongs_to, fk, index)]
    pub company_id: Id<Company>,
    #[ablo(belongs_to, relation = approver_row, fk, index)]
    pub approver: Option<Id<Company>>,
    #[ablo(default = PurchaseOrderStatus::InProgress)]
    pub status: PurchaseOrderStatus,
    #[ablo(default = "normal")]
    pub r#type: String,
    #[ablo(column = "addr_2")]
    pub addr2: Option<String>,
    #[ablo(default = 1)]
    pub quantity: i32,
    pub cents: i64,
    pub weight: Option<f64>,
    pub price: Option<f64>,
    #[ablo(default = false)]
    pub urgent: bool,
    #[ablo(indexed)]
    pub due_at: Option<ablo::time::Timestamp>,
    pub shipped_on: Option<ablo::time::civil::Date>,
    pub meta: Option<serde_json::Value>,
    pub slug: String,
}

#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable, tenancy = none)]
pub struct Rate {
    pub id: Id<Rate>,
    #[ablo(default = 0.5)]
    pub percent: f64,
}

#[derive(AbloSchema)]
pub struct Legacy {
    pub companies: Company,
    pub purchase_orders: PurchaseOrder,
    pub rates: Rate,
}
