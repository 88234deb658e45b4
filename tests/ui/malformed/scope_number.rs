use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(scope = 5)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
