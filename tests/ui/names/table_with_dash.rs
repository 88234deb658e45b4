use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(table = "to-do")]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
