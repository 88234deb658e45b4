use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(tenancy(parent_table = "projects", local_key = "project_id"))]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}
