use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(entity_roles(inbox = title[0]))]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}

fn main() {}
