use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(auto_fill(created_by = user_id))]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}
