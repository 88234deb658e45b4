use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(indexed, default = "untitled")]
    pub title: String,
    #[ablo(belongs_to, relation = above)]
    pub above_id: Option<Id<Task>>,
}

#[derive(AbloQuery)]
#[ablo(model = Task, filter(title = "a"))]
pub struct Titled {
    pub above_id: Id<Task>,
}

#[derive(AbloSchema)]
#[ablo(queries(Titled))]
pub struct App {
    pub tasks: Task,
}
