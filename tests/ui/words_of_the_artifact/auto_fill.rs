use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(autoFill(created_by = user_id))]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
