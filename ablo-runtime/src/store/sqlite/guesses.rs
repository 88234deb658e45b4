use crate::store::{ReceiptKey, RowKey, WriteSet};

/// What a unit of work took to be new, to save looking for it: rows it creates, keys it has not answered. It is in no
/// danger of being wrong unnoticed when all of it is inserted, for then the insertion fails.
#[derive(Debug, Default)]
pub(super) struct Guesses {
    pub rows: Vec<RowKey>,
    pub receipts: Vec<ReceiptKey>,
}

impl Guesses {
    /// Whether all of it is inserted.
    pub fn are_decided_by(&self, writes: &WriteSet) -> bool {
        let inserts = |key: &RowKey| {
            let at = writes.rows.binary_search_by(|write| write.key.cmp(key));
            at.is_ok_and(|at| writes.rows[at].before.is_none() && writes.rows[at].after.is_some())
        };
        self.rows.iter().all(inserts) && self.receipts.len() == writes.receipts.len()
    }
}
