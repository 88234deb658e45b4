use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(renamed_from = "title")]
    pub title: String,
}

fn main() {}
