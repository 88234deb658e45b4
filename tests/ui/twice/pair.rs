use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(bootstrap(limit = 1, limit = 2))]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
