use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(default = 3)]
    pub count: i32,
}
