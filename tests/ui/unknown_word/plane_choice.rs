use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(plane = database)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
