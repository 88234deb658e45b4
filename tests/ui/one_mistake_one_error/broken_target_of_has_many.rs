use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(frobnicate)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(belongs_to)]
    pub project_id: Id<Project>,
}

#[derive(AbloModel, Clone)]
#[ablo(has_many(tasks: Task by project_id))]
pub struct Project {
    pub id: Id<Project>,
    pub name: String,
}

#[derive(AbloSchema)]
pub struct App {
    pub tasks: Task,
    pub projects: Project,
}

fn main() {}
