use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(rename_all = "camelCase")]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
