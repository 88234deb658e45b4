use ablo::prelude::*;
use ablo::time::Timestamp;

#[derive(AbloModel, Clone)]
#[ablo(table = "orders", bootstrap(limit = 164), lazy_observable)]
pub struct Order {
    pub id: Id<Order>,
    pub external_ref: Timestamp,
}

#[derive(AbloSchema)]
pub struct App {
    pub orders: Order,
}
