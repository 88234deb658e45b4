use ablo::prelude::*;

#[derive(Clone)]
pub struct Task {
    pub project_id: Id<Project>,
}

#[derive(AbloModel, Clone)]
#[ablo(has_many(tasks: Task by project_id))]
pub struct Project {
    pub id: Id<Project>,
    pub name: String,
}

fn main() {}
