use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(transparent)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
