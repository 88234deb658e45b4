use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(with = "secs")]
    pub count: i64,
}

fn main() {}
