use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(flatten)]
    pub tags: Vec<String>,
}

fn main() {}
