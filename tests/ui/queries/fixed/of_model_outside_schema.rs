use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Project {
    pub id: Id<Project>,
    pub name: String,
}

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

#[derive(AbloQuery)]
#[ablo(model = Project)]
pub struct All;

#[derive(AbloSchema)]
pub struct App {
    pub tasks: Task,
    pub projects: Project,
}
