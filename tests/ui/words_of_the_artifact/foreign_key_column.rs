use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(foreignKeyColumn = "above")]
    pub above_id: Id<Task>,
}

fn main() {}
