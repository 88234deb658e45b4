use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(tenancy = "org_id")]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
}
