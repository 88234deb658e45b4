use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(auto_fill(created_by = user))]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
