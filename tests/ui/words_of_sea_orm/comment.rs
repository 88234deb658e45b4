use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(comment = "What to do.")]
    pub title: String,
}

fn main() {}
