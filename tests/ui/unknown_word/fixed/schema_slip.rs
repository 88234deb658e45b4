use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

#[derive(AbloSchema)]
#[ablo(identity(org = organization_id))]
pub struct App {
    pub tasks: Task,
}
