use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(has_many(parts: Task by above_id))]
pub struct Task {
    pub id: Id<Task>,
    pub above_id: Option<Id<Task>>,
}
