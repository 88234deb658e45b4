//! Exports a schema for programs in other languages: an OpenAPI document, TypeScript types, and the artifact that
//! `ablo serve` serves.
//!
//! ```text
//! cargo run --example openapi_export -- shop
//! npx openapi-typescript shop/openapi.json -o shop/api.d.ts
//! ablo serve --dev --schema shop/schema.json
//! ```
//!
//! Without a folder it prints the document. `scripts/emitted/client.ts` is a client that uses all three.

#![allow(clippy::print_stdout, missing_docs)]

use std::path::Path;

use ablo::openapi::{Options, document};
use ablo::prelude::*;

/// Whether customers see it.
#[derive(AbloEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Draft,
    Listed,
}

/// Something for sale.
#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable)]
pub struct Product {
    pub id: Id<Product>,
    /// As the shop shows it.
    pub name: String,
    /// In the smallest unit of the currency.
    pub cents: i64,
    #[ablo(indexed, default = State::Draft)]
    pub state: State,
    pub note: Option<String>,
}

/// What was sold. The shop's own systems write it.
#[derive(AbloModel, Clone, Debug, PartialEq)]
pub struct Sale {
    pub id: Id<Sale>,
    #[ablo(belongs_to, fk)]
    pub product_id: Id<Product>,
}

#[derive(AbloSchema)]
#[ablo(identity(org = organization_id))]
pub struct Shop {
    pub products: Product,
    pub sales: Sale,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let schema = Shop::schema()?;
    let options = Options { title: "Shop".into(), version: "1.0.0".into(), ..Options::default() };
    let document = document(&schema, &options).to_pretty();
    let Some(folder) = std::env::args_os().nth(1) else {
        print!("{document}");
        return Ok(());
    };
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("openapi.json"), document)?;
    std::fs::write(folder.join("models.ts"), ablo::typescript::emit(&schema))?;
    std::fs::write(folder.join("schema.json"), schema.to_artifact_extended())?;
    println!("wrote openapi.json, models.ts and schema.json to {}", folder.display());
    Ok(())
}
