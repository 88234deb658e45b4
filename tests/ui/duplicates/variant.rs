use ablo::prelude::*;

#[derive(AbloEnum)]
pub enum Status {
    Busy,
    #[ablo(name = "busy")]
    InProgress,
}

fn main() {}
