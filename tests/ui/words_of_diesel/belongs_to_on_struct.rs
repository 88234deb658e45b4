use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Project {
    pub id: Id<Project>,
    pub name: String,
}

#[derive(AbloModel, Clone)]
#[ablo(belongs_to(Project))]
pub struct Task {
    pub id: Id<Task>,
    pub project_id: Id<Project>,
}

fn main() {}
