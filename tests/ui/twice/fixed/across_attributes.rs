use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(mutable)]
#[ablo(scope)]
pub struct Task {
    pub id: Id<Task>,
}
