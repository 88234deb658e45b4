use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(json)]
    pub tags: Vec<String>,
}
