use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(belongs_to)]
    pub project_id: Id<Project>,
    pub title: String,
}

#[derive(AbloModel, Clone)]
#[ablo(has_many(tasks: Task by project_id, order_by = title))]
pub struct Project {
    pub id: Id<Project>,
    pub name: String,
}
