use ablo::prelude::*;
use ablo::time::Timestamp;

#[derive(AbloModel, Clone)]
#[ablo(mutable, load = manual, tenancy = none, entity_roles(inbox = owner_id), required_fields(owner_id))]
pub struct Invoice {
    pub id: Id<Invoice>,
    #[ablo(indexed)]
    pub owner_id: Option<Timestamp>,
    #[ablo(indexed)]
    pub meta_data: Timestamp,
}

#[derive(AbloModel, Clone)]
#[ablo(mutable = false, typename = "decks", table = "deck_tbl", load = lazy, tenancy = none, scope = "deck", bootstrap(order_by = "created_at DESC"))]
pub struct Decks {
    pub id: Id<Decks>,
    #[ablo(indexed)]
    pub kind_of: String,
    #[ablo(indexed, column = "order")]
    pub title: Option<String>,
    #[ablo(indexed)]
    pub sort_key: String,
    #[ablo(indexed)]
    pub meta_data: String,
    pub owner_id: Option<bool>,
    #[ablo(belongs_to, indexed)]
    pub invoice_id: Id<Invoice>,
}

#[derive(AbloSchema)]
pub struct App {
    pub invoices: Invoice,
    pub decks: Decks,
}
