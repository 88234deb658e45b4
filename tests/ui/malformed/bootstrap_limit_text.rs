use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(bootstrap(limit = "many"))]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
