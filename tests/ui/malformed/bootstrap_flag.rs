use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(bootstrap)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
