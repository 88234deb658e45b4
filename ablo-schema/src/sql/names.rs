//! The names of what belongs to a table. All fit a database and depend on nothing but what they are for.

use crate::ir::names::MAX_NAME_BYTES;

/// The index of columns.
#[must_use]
pub fn index(table: &str, columns: &str) -> String {
    shortened(format!("{table}_{columns}_idx"))
}

/// The unique index of a column.
#[must_use]
pub fn unique(table: &str, column: &str) -> String {
    shortened(format!("{table}_{column}_key"))
}

/// The constraint that allows an enum's values alone.
#[must_use]
pub fn enumeration(table: &str, column: &str) -> String {
    shortened(format!("{table}_{column}_enum"))
}

/// The foreign key of a column.
#[must_use]
pub fn foreign_key(table: &str, column: &str) -> String {
    shortened(format!("{table}_{column}_fkey"))
}

/// The policy that keeps organizations apart.
#[must_use]
pub fn policy(table: &str) -> String {
    shortened(format!("{table}_tenant_isolation"))
}

/// The index of a table's primary key.
#[must_use]
pub fn primary_key(table: &str) -> String {
    shortened(format!("{table}_pkey"))
}

/// The constraint that stands in for NOT NULL while older rows are filled.
#[must_use]
pub fn required(table: &str, column: &str) -> String {
    shortened(format!("{table}_{column}_required"))
}

/// What takes the place of a column or index, before it does.
#[must_use]
pub fn aside(name: &str) -> String {
    shortened(format!("ablo_new_{name}"))
}

/// The trigger, and its function, that keeps a column's successor equal to it.
#[must_use]
pub fn copier(table: &str, column: &str) -> String {
    shortened(format!("{table}_{column}_copy"))
}

/// A name that fits: one that does not is cut, and told from others cut alike by a hash of the whole.
fn shortened(name: String) -> String {
    if name.len() <= MAX_NAME_BYTES {
        return name;
    }
    let hash = name.bytes().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let mut end = MAX_NAME_BYTES - 9;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}_{hash:08x}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let [a, b] = ["a", "b"].map(|last| index(&"é".repeat(30), &format!("column_{last}")));
        assert_ne!(a, b);
        assert!(a.len() <= MAX_NAME_BYTES && a.starts_with('é'));
        assert_eq!(index("t", "c"), "t_c_idx");
    }
}
