use std::{fmt, marker::PhantomData, sync::Arc};

use ablo_schema::{
    error::{AbloError, Code},
    typed::{Id, Model, Row, decode_row},
    wire::Action,
};

use super::{
    claim::{Claiming, Claims},
    read::{List, LocalQuery, Retrieve},
    replica::Stored,
    session::{Session, Watch},
    verb::{Archive, Create, Delete, Edit, Unarchive, Update},
};

/// The rows of one model, as one participant sees and changes them.
///
/// ```text
/// awaited, answered by the engine:    create retrieve list update edit delete archive unarchive claim
/// at once, from the local replica:    get get_all count on_change
/// ```
///
/// A verb takes what identifies the work; every option is a named method on what it returns, which is then awaited.
pub struct ModelProxy<M> {
    session: Arc<Session>,
    table: usize,
    key: &'static str,
    model: PhantomData<fn() -> M>,
}

impl<M> Clone for ModelProxy<M> {
    fn clone(&self) -> Self {
        Self { session: self.session.clone(), table: self.table, key: self.key, model: PhantomData }
    }
}

impl<M> fmt::Debug for ModelProxy<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelProxy").field("key", &self.key).finish_non_exhaustive()
    }
}

impl<M: Model> ModelProxy<M> {
    pub(crate) fn new(session: Arc<Session>, table: usize, key: &'static str) -> Self {
        Self { session, table, key, model: PhantomData }
    }

    /// The proxy of another model of the same participant.
    pub(crate) fn sibling<T: Model>(&self) -> Result<ModelProxy<T>, AbloError> {
        let (table, key) = find::<T>(&self.session)?;
        Ok(ModelProxy::new(self.session.clone(), table, key))
    }

    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    pub(crate) fn table(&self) -> usize {
        self.table
    }

    pub(crate) fn key(&self) -> &'static str {
        self.key
    }

    /// Makes a row. The id is the model's own.
    pub fn create(&self, model: M) -> Create<M> {
        Create::new(self, &model)
    }

    /// Reads a row where it is kept.
    pub fn retrieve(&self, id: &Id<M>) -> Retrieve<M> {
        Retrieve::new(self.clone(), id.clone())
    }

    /// Reads rows where they are kept.
    pub fn list(&self) -> List<M> {
        List::new(self.clone())
    }

    /// Sets what the patch sets.
    pub fn update(&self, id: &Id<M>, patch: M::Patch) -> Update<M> {
        Update::new(self, id, patch)
    }

    /// Changes a copy of the row and sends what differs, guarded by the state the copy was made of. When somebody
    /// else changed the same fields meanwhile, the closure is called again on a fresh copy.
    pub fn edit<F: FnMut(&mut M) + Send + 'static>(&self, id: &Id<M>, edit: F) -> Edit<M> {
        Edit::new(self.clone(), id.clone(), Box::new(edit))
    }

    /// Removes a row. One that is not there is removed already, which is no error.
    pub fn delete(&self, id: &Id<M>) -> Delete<M> {
        Delete::new(self, id)
    }

    /// Takes a row out of the live ones.
    pub fn archive(&self, id: &Id<M>) -> Archive<M> {
        Archive::shelve(self, id, Action::Archive)
    }

    /// Brings an archived row back.
    pub fn unarchive(&self, id: &Id<M>) -> Unarchive<M> {
        Unarchive::shelve(self, id, Action::Unarchive)
    }

    /// Waits for the row's lease. The handle derefs to the row as it is once the lease is held.
    pub fn claim(&self, id: &Id<M>) -> Claiming<M> {
        Claiming::new(self.clone(), id.clone())
    }

    /// Who holds a row, and who waits for it.
    #[must_use]
    pub fn claims(&self) -> Claims<M> {
        Claims::new(self.clone())
    }

    /// The row as the local replica has it: everything confirmed, and the writes that are on their way.
    #[must_use]
    pub fn get(&self, id: &Id<M>) -> Option<Row<M>> {
        self.session.read(|replica| replica.get(self.table, id.as_str()).cloned()).and_then(|row| decode(&row).ok())
    }

    /// Rows of the local replica.
    pub fn get_all(&self) -> LocalQuery<M> {
        LocalQuery::new(self.clone())
    }

    /// How many live rows the local replica has.
    #[must_use]
    pub fn count(&self) -> usize {
        self.get_all().count()
    }

    /// Calls back with the live rows, now and after every change of them, until the guard is dropped.
    pub fn on_change(&self, callback: impl FnMut(&[Row<M>]) + Send + 'static) -> Watch {
        self.get_all().on_change(callback)
    }
}

/// The table and schema key of a model.
pub(crate) fn find<M: Model>(session: &Session) -> Result<(usize, &'static str), AbloError> {
    let model = session.schema().models().find(|model| model.typename == M::TYPENAME);
    let table = model.map(|model| model.index().get());
    table.and_then(|table| Some((table, session.keys().get(table)?))).map(|(table, key)| (table, *key)).ok_or_else(
        || {
            AbloError::new(
                Code::ModelNotRegistered,
                format!("`{}` is not a model of this schema; add it to the schema's struct", M::TYPENAME),
            )
            .param(M::TYPENAME)
        },
    )
}

/// The typed row of a stored one.
pub(crate) fn decode<M: Model>(stored: &Stored) -> Result<Row<M>, AbloError> {
    decode_row(stored.text.get(), stored.stamp).map_err(|error| {
        AbloError::new(Code::RowMismatch, format!("a stored row is not a `{}`: {error}", M::TYPENAME))
            .param(M::TYPENAME)
    })
}
