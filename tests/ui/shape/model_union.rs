use ablo::prelude::*;

#[derive(AbloModel, Clone, Copy)]
pub union Task {
    pub a: u32,
}

fn main() {}
