use ablo_schema::error::AbloError;
use tokio_postgres::Row;

use super::{Catalog, Column, Constraint, ConstraintKind, Index, Policy, Table};
use crate::migrations::database::{Database, failed};

const TABLES: &str = "\
SELECT c.oid, c.relname, obj_description(c.oid, 'pg_class'), c.relrowsecurity, c.relforcerowsecurity
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND c.relname <> '_ablo_migrations'
ORDER BY c.relname COLLATE \"C\"";

const COLUMNS: &str = "\
SELECT a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, pg_get_expr(d.adbin, d.adrelid),
    a.attidentity <> '' OR a.attgenerated <> '', col_description(a.attrelid, a.attnum)
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum";

const CONSTRAINTS: &str = "\
SELECT c.conname, c.contype, pg_get_constraintdef(c.oid),
    ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(attnum, place)
          JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum ORDER BY k.place),
    t.relname
FROM pg_constraint c LEFT JOIN pg_class t ON t.oid = c.confrelid
WHERE c.conrelid = $1
ORDER BY c.conname COLLATE \"C\"";

const INDEXES: &str = "\
SELECT c.relname, pg_get_indexdef(i.indexrelid), i.indisunique, i.indisvalid,
    ARRAY(SELECT coalesce(a.attname::text, '') FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place)
          LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum > 0
          ORDER BY k.place)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = $1 AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = i.indexrelid AND o.conrelid = $1)
ORDER BY c.relname COLLATE \"C\"";

const POLICIES: &str = "\
SELECT p.polname,
    concat_ws(' ', CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
        CASE p.polcmd WHEN '*' THEN 'ALL' WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
            ELSE 'DELETE' END,
        'USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
        'WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
FROM pg_policy p
WHERE p.polrelid = $1
ORDER BY p.polname COLLATE \"C\"";

impl Database {
    /// Reads every table of a schema. The tables of the migration history are left out.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn catalog(&self, schema: &str) -> Result<Catalog, AbloError> {
        let rows = self.client.query(TABLES, &[&schema]).await.map_err(|error| failed(&error))?;
        let mut tables = Vec::with_capacity(rows.len());
        for row in rows {
            let oid: u32 = row.get(0);
            tables.push(Table {
                name: row.get(1),
                comment: row.get(2),
                row_security: row.get(3),
                force_row_security: row.get(4),
                columns: self.each(COLUMNS, oid, column).await?,
                constraints: self.each(CONSTRAINTS, oid, constraint).await?,
                indexes: self.each(INDEXES, oid, index).await?,
                policies: self.each(POLICIES, oid, policy).await?,
            });
        }
        Ok(Catalog { schema: schema.to_owned(), tables })
    }

    async fn each<T>(&self, sql: &str, table: u32, read: fn(&Row) -> T) -> Result<Vec<T>, AbloError> {
        let rows = self.client.query(sql, &[&table]).await.map_err(|error| failed(&error))?;
        Ok(rows.iter().map(read).collect())
    }
}

fn column(row: &Row) -> Column {
    Column {
        name: row.get(0),
        ty: row.get(1),
        nullable: row.get(2),
        default: row.get(3),
        computed: row.get(4),
        comment: row.get(5),
    }
}

fn constraint(row: &Row) -> Constraint {
    let kind = match u8::try_from(row.get::<_, i8>(1)).unwrap_or_default() {
        b'p' => ConstraintKind::PrimaryKey,
        b'f' => ConstraintKind::ForeignKey,
        b'u' => ConstraintKind::Unique,
        b'c' => ConstraintKind::Check,
        _ => ConstraintKind::Other,
    };
    Constraint { name: row.get(0), kind, definition: row.get(2), columns: row.get(3), references: row.get(4) }
}

fn index(row: &Row) -> Index {
    Index { name: row.get(0), definition: row.get(1), unique: row.get(2), valid: row.get(3), columns: row.get(4) }
}

fn policy(row: &Row) -> Policy {
    Policy { name: row.get(0), definition: row.get(1) }
}
