use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

#[derive(AbloSchema)]
#[ablo(identityRoles(org = organization_id))]
pub struct App {
    pub tasks: Task,
}

fn main() {}
