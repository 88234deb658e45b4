use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(required_fields(title))]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}
