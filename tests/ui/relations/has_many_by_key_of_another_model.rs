use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(belongs_to)]
    pub project_id: Id<Project>,
    #[ablo(belongs_to)]
    pub parent_id: Id<Task>,
}

#[derive(AbloModel, Clone)]
#[ablo(has_many(tasks: Task by parent_id))]
pub struct Project {
    pub id: Id<Project>,
    pub name: String,
}

fn main() {}
