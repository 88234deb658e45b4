use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(relation = project)]
    pub project_id: String,
}

fn main() {}
