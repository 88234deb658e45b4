use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(tenancy = 5)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
