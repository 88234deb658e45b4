use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(tenancy = none)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}
