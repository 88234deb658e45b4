use ablo::prelude::*;

#[derive(Clone)]
pub struct Project;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(belongs_to = Project)]
    pub project_id: String,
}

fn main() {}
