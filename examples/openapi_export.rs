//! Exports a schema for programs in other languages: an OpenAPI document and TypeScript types.
//!
//! ```text
//! cargo run --example openapi_export > openapi.json
//! npx openapi-typescript openapi.json -o client.ts
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr, missing_docs)]

use ablo::openapi::{Options, document};
use ablo::prelude::*;

/// Something for sale.
#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable)]
pub struct Product {
    pub id: Id<Product>,
    /// As the shop shows it.
    pub name: String,
    /// In the smallest unit of the currency.
    pub cents: i64,
}

#[derive(AbloSchema)]
pub struct Shop {
    pub products: Product,
}

fn main() -> Result<(), ablo::error::AbloError> {
    let schema = Shop::schema()?;
    let options = Options { title: "Shop".into(), version: "1.0.0".into(), ..Options::default() };
    print!("{}", document(&schema, &options).to_pretty());
    eprintln!("{}", ablo::typescript::emit(&schema));
    Ok(())
}
