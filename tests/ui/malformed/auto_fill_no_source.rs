use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(auto_fill(created_by))]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
