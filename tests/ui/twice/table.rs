use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(table = "todo", table = "tasks")]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
