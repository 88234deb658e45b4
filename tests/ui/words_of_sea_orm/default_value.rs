use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(default_value = "untitled")]
    pub title: String,
}

fn main() {}
