use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Project {
    pub id: Id<Project>,
    pub name: String,
}

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(belongs_to)]
    pub project_id: Id<Project>,
    #[ablo(belongs_to)]
    pub next_id: Id<Project>,
}

#[derive(AbloSchema)]
pub struct App {
    pub tasks: Task,
}

fn main() {}
