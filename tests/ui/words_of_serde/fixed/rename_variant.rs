use ablo::prelude::*;

#[derive(AbloEnum)]
pub enum Status {
    #[ablo(name = "busy")]
    InProgress,
}
