use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Option<Id<Task>>,
}

fn main() {}
