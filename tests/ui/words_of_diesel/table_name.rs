use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(table_name = "todo")]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
