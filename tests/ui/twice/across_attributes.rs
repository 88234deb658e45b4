use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(mutable)]
#[ablo(mutable)]
pub struct Task {
    pub id: Id<Task>,
}

fn main() {}
