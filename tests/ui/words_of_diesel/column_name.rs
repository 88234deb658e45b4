use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(column_name = "name")]
    pub title: String,
}

fn main() {}
