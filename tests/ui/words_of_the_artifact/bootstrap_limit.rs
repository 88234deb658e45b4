use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(bootstrapLimit = 100)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
