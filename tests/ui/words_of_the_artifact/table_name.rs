use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(tableName = "todo")]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
