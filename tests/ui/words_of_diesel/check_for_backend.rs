use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(check_for_backend(Pg))]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
