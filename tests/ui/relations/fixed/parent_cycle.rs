use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(belongs_to, parent)]
    pub project_id: Id<Project>,
}

#[derive(AbloModel, Clone)]
pub struct Project {
    pub id: Id<Project>,
    #[ablo(belongs_to, defer)]
    pub main_id: Id<Task>,
}

#[derive(AbloSchema)]
pub struct App {
    pub tasks: Task,
    pub projects: Project,
}
