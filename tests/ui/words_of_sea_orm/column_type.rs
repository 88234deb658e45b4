use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(column_type = "Text")]
    pub title: String,
}

fn main() {}
