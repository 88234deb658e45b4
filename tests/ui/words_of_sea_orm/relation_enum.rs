use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(relation_enum = "Above")]
    pub above_id: Id<Task>,
}

fn main() {}
