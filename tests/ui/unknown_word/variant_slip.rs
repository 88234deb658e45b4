use ablo::prelude::*;

#[derive(AbloEnum)]
pub enum Status { #[ablo(nam = "busy")] InProgress }

fn main() {}
