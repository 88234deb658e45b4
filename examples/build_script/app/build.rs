use ablo::Schema;

fn main() {
    ablo::build::of(models::Tasks::def())
        .migrations("../migrations")
        .openapi_to_out_dir("openapi.json")
        .typescript_to_out_dir("models.ts")
        .sql_to_out_dir("tables.sql", ablo::sql::Options::postgres("public"))
        .run();
}
