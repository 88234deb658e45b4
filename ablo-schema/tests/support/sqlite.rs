//! What an SQLite database holds.

use rusqlite::Connection;

/// The columns of a table.
pub fn columns(connection: &Connection, table: &str) -> Vec<String> {
    strings(connection, "SELECT name FROM pragma_table_info(?1)", table)
}

/// The statements that would make it.
pub fn catalog(connection: &Connection) -> Vec<String> {
    strings(connection, "SELECT name || ': ' || coalesce(sql, '') FROM sqlite_schema WHERE ?1 = '' ORDER BY name", "")
}

fn strings(connection: &Connection, query: &str, argument: &str) -> Vec<String> {
    let mut statement = connection.prepare(query).unwrap();
    statement.query_map([argument], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}
