use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(tenancy(parent_table = "projects"))]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
