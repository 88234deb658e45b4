use ablo::prelude::*;

#[derive(Clone)]
pub struct Task {
    pub id: Id<Task>,
    pub project_id: Id<Project>,
    pub done: bool,
}

#[derive(AbloModel, Clone)]
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
