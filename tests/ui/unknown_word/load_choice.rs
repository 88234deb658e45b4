use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(load = lasy)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
