use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{CachedStatement, Connection};

/// How many rows a statement inserts, the most first. A statement has its own cost, and rows that follow each other in
/// the table's key are put side by side by one statement, where each of several would search for its place.
const ROWS: [usize; 3] = [16, 4, 1];

/// Inserts rows: `SHARED` values that those of one run have in common, and `OWN` values of each.
pub(super) struct Insert<const SHARED: usize, const OWN: usize>([String; ROWS.len()]);

impl<const SHARED: usize, const OWN: usize> Insert<SHARED, OWN> {
    /// An insertion of these columns, as SQL lists them.
    pub fn new(table: &str, shared: &str, own: &str) -> Self {
        Self(ROWS.map(|rows| {
            let row = |row: usize| {
                let places = (1..=SHARED).chain(SHARED + row * OWN + 1..).take(SHARED + OWN);
                format!("({})", places.map(|at| format!("?{at}")).collect::<Vec<_>>().join(", "))
            };
            let rows: Vec<String> = (0..rows).map(row).collect();
            format!("INSERT INTO {table} ({shared}, {own}) VALUES {}", rows.join(", "))
        }))
    }

    pub fn on<'a>(&'a self, connection: &'a Connection) -> Inserting<'a, SHARED, OWN> {
        Inserting { connection, insert: self, held: [const { None }; ROWS.len()] }
    }
}

/// The statements of an [`Insert`], held while runs follow each other.
pub(super) struct Inserting<'a, const SHARED: usize, const OWN: usize> {
    connection: &'a Connection,
    insert: &'a Insert<SHARED, OWN>,
    held: [Option<Held<'a, SHARED>>; ROWS.len()],
}

/// What is bound stays bound: only what differs from the last run is bound anew.
struct Held<'a, const SHARED: usize> {
    statement: CachedStatement<'a>,
    shared: [ToSqlOutput<'a>; SHARED],
}

impl<'a, const SHARED: usize, const OWN: usize> Inserting<'a, SHARED, OWN> {
    pub fn run<'r, T>(
        &mut self,
        shared: [ToSqlOutput<'a>; SHARED],
        rows: &'r [T],
        own: impl Fn(&'r T) -> rusqlite::Result<[ToSqlOutput<'r>; OWN]>,
    ) -> rusqlite::Result<()> {
        let mut left = rows;
        for ((size, sql), held) in ROWS.into_iter().zip(&self.insert.0).zip(&mut self.held) {
            if left.len() < size {
                continue;
            }
            let Held { statement, shared: bound } = match held {
                Some(held) => held,
                None => held.insert(Held::new(self.connection.prepare_cached(sql)?)),
            };
            for ((value, bound), at) in shared.iter().zip(bound).zip(1..) {
                if value != bound {
                    statement.raw_bind_parameter(at, value)?;
                    bound.clone_from(value);
                }
            }
            while let Some((now, later)) = left.split_at_checked(size) {
                let mut at = SHARED + 1;
                for row in now {
                    for value in own(row)? {
                        statement.raw_bind_parameter(at, value)?;
                        at += 1;
                    }
                }
                statement.raw_execute()?;
                left = later;
            }
        }
        Ok(())
    }
}

impl<'a, const SHARED: usize> Held<'a, SHARED> {
    /// What is not bound is null.
    fn new(statement: CachedStatement<'a>) -> Self {
        Self { statement, shared: [const { ToSqlOutput::Borrowed(ValueRef::Null) }; SHARED] }
    }
}

/// A borrowed value on its way into a column.
pub(super) fn value<'a>(value: impl Into<ValueRef<'a>>) -> ToSqlOutput<'a> {
    ToSqlOutput::Borrowed(value.into())
}

/// The same for one that was made for it.
pub(super) fn owned(value: impl Into<Value>) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(value.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_inserted_with_the_values_of_its_run_and_its_own() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (a TEXT, b TEXT, id INTEGER PRIMARY KEY, c TEXT) STRICT").unwrap();
        let insert = Insert::<2, 2>::new("t", "a, b", "id, c");
        // Whether a value is there changes from run to run and from row to row, and every size is used after every other.
        let mut next = 0..;
        let runs: Vec<_> = [1, 3, 4, 5, 21, 16, 1, 40, 2]
            .into_iter()
            .enumerate()
            .map(|(run, length)| {
                let rows = next.by_ref().take(length).map(|id: i64| (id, (id % 3 > 0).then(|| format!("c{id}"))));
                let (a, b) =
                    ((run % 3 > 0).then(|| format!("a{}", run / 2)), (run % 2 == 1).then(|| format!("b{run}")));
                (a, b, rows.collect::<Vec<_>>())
            })
            .collect();
        let mut inserting = insert.on(&connection);
        let mut expected = Vec::new();
        for (a, b, rows) in &runs {
            let shared = [value(a.as_deref()), value(b.as_deref())];
            inserting.run(shared, rows, |(id, c)| Ok([owned(*id), value(c.as_deref())])).unwrap();
            expected.extend(rows.iter().map(|(id, c)| (a.clone(), b.clone(), *id, c.clone())));
        }
        let mut statement = connection.prepare("SELECT a, b, id, c FROM t ORDER BY id").unwrap();
        let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).unwrap();
        assert_eq!(found.collect::<rusqlite::Result<Vec<_>>>().unwrap(), expected);
    }
}
