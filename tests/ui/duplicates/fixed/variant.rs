use ablo::prelude::*;

#[derive(AbloEnum)]
pub enum Status {
    Busy,
    #[ablo(name = "in-progress")]
    InProgress,
}
