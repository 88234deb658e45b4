//! Uses what the build script wrote.

const OPENAPI: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));
const TYPES: &str = include_str!(concat!(env!("OUT_DIR"), "/models.ts"));
const TABLES: &str = include_str!(concat!(env!("OUT_DIR"), "/tables.sql"));

fn main() {
    let has = |what: &str, text: &str, sign: &str| println!("{what}: {}", if text.contains(sign) { "yes" } else { "no" });
    has("an OpenAPI document with the tasks' routes", OPENAPI, "/v1/models/tasks");
    has("a TypeScript interface of a task", TYPES, "interface Task");
    has("statements that make its table", TABLES, "CREATE TABLE");
}

#[cfg(test)]
mod tests {
    #[test]
    fn migrations_are_current() {
        ablo::assert_migrations_current!(models::Tasks, "../migrations");
    }
}
