use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(bootstrap(order_by = title))]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
