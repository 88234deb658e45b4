use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(indexed = false)]
    pub title: String,
}

fn main() {}
