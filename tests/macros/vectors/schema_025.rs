use ablo::prelude::*;

#[derive(AbloEnum, Clone)]
pub enum Enum1 {
    A,
    B,
}

#[derive(AbloModel, Clone)]
#[ablo(mutable = false, scope, lazy_observable, required_fields(note2))]
pub struct PriceList {
    pub id: Id<PriceList>,
    #[ablo(indexed)]
    pub note2: Enum1,
    pub archived_at: String,
    pub owner_id: Option<bool>,
}

#[derive(AbloSchema)]
#[ablo(identity(org = organization_id))]
pub struct App {
    pub price_lists: PriceList,
}
