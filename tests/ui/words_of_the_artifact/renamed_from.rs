use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(renamedFrom = "name")]
    pub title: String,
}

fn main() {}
