use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(accessor = "by_title")]
    pub title: String,
}

fn main() {}
