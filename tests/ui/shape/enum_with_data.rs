// 2 mistakes.
use ablo::prelude::*;

#[derive(AbloEnum)]
pub enum Status {
    Done(u32),
    Failed { why: String },
}

fn main() {}
