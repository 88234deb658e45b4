// 2 mistakes.
use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(scope)]
pub struct Project {
    pub id: Id<Project>,
    pub name: String,
}

#[derive(AbloModel, Clone)]
#[ablo(grants(subject = member, scope = project))]
pub struct Task {
    pub id: Id<Task>,
    pub member_id: Id<Project>,
}

fn main() {}
