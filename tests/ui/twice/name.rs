use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(name = "a", name = "b")]
    pub title: String,
}

fn main() {}
