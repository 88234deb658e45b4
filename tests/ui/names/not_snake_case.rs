#![allow(non_snake_case)]

use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    pub dueAt: String,
}

fn main() {}
