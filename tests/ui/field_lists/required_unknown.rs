use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(required_fields(slide))]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
