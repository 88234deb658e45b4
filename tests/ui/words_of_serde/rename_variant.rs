use ablo::prelude::*;

#[derive(AbloEnum)]
pub enum Status { #[ablo(rename = "busy")] InProgress }

fn main() {}
