use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(plane = control, bootstrap(order_by = "created_at DESC"))]
pub struct Order {
    pub id: Id<Order>,
    #[ablo(indexed)]
    pub owner_id: String,
    #[ablo(indexed)]
    pub body: Option<String>,
}

#[derive(AbloSchema)]
pub struct App {
    pub orders: Order,
}
