use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(frobnicate)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
