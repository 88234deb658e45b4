//! The reading verbs, here and where the rows are kept.

use std::{
    collections::HashMap,
    fmt,
    future::IntoFuture,
    sync::{Arc, Mutex},
};

use ablo_schema::{
    error::{AbloError, Code},
    ir::{FieldType, RelationKind},
    typed::{
        AbloField, Compare, Condition, FieldRef, Filter, Id, Model, Order, Row,
        derived::{ForeignKey, HoldsId},
    },
    wire::JsonText,
};
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{
    proxy::{ModelProxy, decode},
    replica::{Scope, Selection, Stored},
    session::{Session, Watch, Watcher},
    transport::{Query, RowText},
};
use crate::lock::lock;

/// Rows of the local replica: narrowed, then taken. Nothing is waited for.
#[must_use = "ask for `rows`, `count` or `on_change`"]
pub struct LocalQuery<M: Model> {
    proxy: ModelProxy<M>,
    selection: Selection,
    predicate: Option<Box<Predicate<M>>>,
    offset: usize,
    limit: Option<usize>,
}

impl<M: Model> fmt::Debug for LocalQuery<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalQuery").field("selection", &self.selection).finish_non_exhaustive()
    }
}

impl<M: Model> LocalQuery<M> {
    pub(crate) fn new(proxy: ModelProxy<M>) -> Self {
        Self { proxy, selection: Selection::default(), predicate: None, offset: 0, limit: None }
    }

    /// Only rows for which this holds: a filter, or a named query with its inputs.
    pub fn filter(mut self, filter: impl Into<Filter<M>>) -> Self {
        for condition in filter.into().conditions() {
            self.selection.holds(condition, type_of::<M>(&condition.field));
        }
        self
    }

    /// Only rows for which this says yes.
    pub fn matching(mut self, predicate: impl Fn(&Row<M>) -> bool + Send + 'static) -> Self {
        self.predicate = Some(match self.predicate.take() {
            Some(first) => Box::new(move |row| first(row) && predicate(row)),
            None => Box::new(predicate),
        });
        self
    }

    /// Which come first; by id between equals, and by id alone unless said otherwise.
    pub fn order_by(mut self, order: Order<M>) -> Self {
        self.selection.order = Some((order.field(), type_of::<M>(order.field()), order.is_descending()));
        self
    }

    /// Without the first ones.
    pub fn offset(mut self, offset: usize) -> Self {
        self.offset = offset;
        self
    }

    /// At most this many.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Live rows, archived rows or both; live ones unless said otherwise.
    pub fn scope(mut self, scope: Scope) -> Self {
        self.selection.scope = scope;
        self
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> Vec<Row<M>> {
        self.texts(self.proxy.session()).iter().filter_map(|row| decode(row).ok()).collect()
    }

    /// How many rows there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.texts(self.proxy.session()).len()
    }

    /// Calls back with the rows, now and after every change of them, until the guard is dropped. The callback may read
    /// and write; it is never called while it runs.
    pub fn on_change(self, callback: impl FnMut(&[Row<M>]) + Send + 'static) -> Watch {
        let session = self.proxy.session().clone();
        let table = self.proxy.table();
        // Detached: the query must not keep the session alive that keeps the query.
        let running = Running { query: Detached::of(self), seen: None, callback: Box::new(callback) };
        let live = Arc::new(Live(Mutex::new(State::Idle(Box::new(running)))));
        let watch = session.watch(table, live.clone());
        live.changed(&session);
        watch
    }

    fn texts(&self, session: &Session) -> Vec<Stored> {
        texts(session, self.proxy.table(), &self.selection, self.predicate.as_deref(), self.offset, self.limit)
    }
}

impl<M: Model> IntoIterator for LocalQuery<M> {
    type Item = Row<M>;
    type IntoIter = std::vec::IntoIter<Row<M>>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows().into_iter()
    }
}

type Predicate<M> = dyn Fn(&Row<M>) -> bool + Send;
type Callback<M> = dyn FnMut(&[Row<M>]) + Send;

fn texts<M: Model>(
    session: &Session,
    table: usize,
    selection: &Selection,
    predicate: Option<&Predicate<M>>,
    offset: usize,
    limit: Option<usize>,
) -> Vec<Stored> {
    // Predicates are the user's code: they run outside the lock.
    let selected: Vec<Stored> = session.read(|replica| {
        let rows = selection.of(replica, table).into_iter().map(|(_, stored)| stored.clone());
        match predicate {
            Some(_) => rows.collect(),
            None => rows.skip(offset).take(limit.unwrap_or(usize::MAX)).collect(),
        }
    });
    let Some(predicate) = predicate else { return selected };
    let matching = selected.into_iter().filter(|stored| decode(stored).is_ok_and(|row| predicate(&row)));
    matching.skip(offset).take(limit.unwrap_or(usize::MAX)).collect()
}

/// A query without its session.
struct Detached<M: Model> {
    table: usize,
    selection: Selection,
    predicate: Option<Box<Predicate<M>>>,
    offset: usize,
    limit: Option<usize>,
}

impl<M: Model> Detached<M> {
    fn of(query: LocalQuery<M>) -> Self {
        let LocalQuery { proxy, selection, predicate, offset, limit } = query;
        Self { table: proxy.table(), selection, predicate, offset, limit }
    }
}

/// A query that calls back.
struct Live<M: Model>(Mutex<State<M>>);

enum State<M: Model> {
    Idle(Box<Running<M>>),
    /// Being run; the flag says that something changed meanwhile.
    Busy(bool),
}

struct Running<M: Model> {
    query: Detached<M>,
    /// What the callback was last given.
    seen: Option<Vec<JsonText>>,
    callback: Box<Callback<M>>,
}

impl<M: Model> Watcher for Live<M> {
    fn changed(&self, session: &Session) {
        // Whoever finds it idle runs it, outside the lock, until nothing changed while it ran.
        let mut running = match std::mem::replace(&mut *lock(&self.0), State::Busy(true)) {
            State::Idle(running) => running,
            State::Busy(_) => return,
        };
        loop {
            *lock(&self.0) = State::Busy(false);
            running.run(session);
            let mut state = lock(&self.0);
            if matches!(*state, State::Busy(false)) {
                *state = State::Idle(running);
                return;
            }
        }
    }
}

impl<M: Model> Running<M> {
    fn run(&mut self, session: &Session) {
        let Detached { table, selection, predicate, offset, limit } = &self.query;
        let stored = texts(session, *table, selection, predicate.as_deref(), *offset, *limit);
        let now: Vec<JsonText> = stored.iter().map(|row| row.text.clone()).collect();
        if self.seen.as_ref() != Some(&now) {
            let rows: Vec<Row<M>> = stored.iter().filter_map(|row| decode(row).ok()).collect();
            self.seen = Some(now);
            (self.callback)(&rows);
        }
    }
}

fn copy<M: Model>(row: &Row<M>) -> Row<M> {
    Row { model: row.model.duplicate(), meta: row.meta.clone() }
}

/// What the field of this wire name holds.
fn type_of<M: Model>(name: &str) -> FieldType {
    let index = M::FIELDS.iter().position(|field| field.name == name);
    index.and_then(|index| M::types().get(index).map(|spec| spec.ty)).unwrap_or(FieldType::String)
}

/// What a read does about a row that somebody else has claimed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IfClaimed {
    /// Reads it as it is: claims never block readers.
    #[default]
    Return,
    /// Waits until nobody else holds it.
    Wait,
    /// Fails with `entity_claimed`.
    Fail,
}

/// A read of one row, to be awaited.
#[must_use = "nothing is read until this is awaited"]
#[derive(Debug)]
pub struct Retrieve<M: Model> {
    proxy: ModelProxy<M>,
    id: Id<M>,
    if_claimed: IfClaimed,
}

impl<M: Model> Retrieve<M> {
    pub(crate) fn new(proxy: ModelProxy<M>, id: Id<M>) -> Self {
        Self { proxy, id, if_claimed: IfClaimed::default() }
    }

    /// What to do when somebody else has claimed the row.
    pub fn if_claimed(mut self, if_claimed: IfClaimed) -> Self {
        self.if_claimed = if_claimed;
        self
    }

    async fn run(self) -> Result<Option<Row<M>>, AbloError> {
        let claims = self.proxy.claims();
        match self.if_claimed {
            IfClaimed::Return => {}
            IfClaimed::Wait => claims.free_for_us(&self.id).await?,
            IfClaimed::Fail => {
                if let Some(held) = claims.foreign(&self.id).await? {
                    return Err(AbloError::new(
                        Code::EntityClaimed,
                        format!(
                            "`{}` `{}` is claimed by `{}`; wait for the claim to end, or read the row as it is",
                            self.proxy.key(),
                            self.id,
                            held.held_by
                        ),
                    )
                    .param(format!("{}.{}", self.proxy.key(), self.id))
                    .detail("heldBy", &held.held_by)
                    .detail("heldByIntentId", &held.id));
                }
            }
        }
        let list = List::new(self.proxy).by_id(vec![self.id.as_str().into()]).scope(Scope::All);
        Ok(list.await?.into_iter().next())
    }
}

impl<M: Model> IntoFuture for Retrieve<M> {
    type Output = Result<Option<Row<M>>, AbloError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// A read of rows, to be awaited. What it reads, the local replica has from then on.
#[must_use = "nothing is read until this is awaited"]
#[derive(Debug)]
pub struct List<M: Model> {
    proxy: ModelProxy<M>,
    query: Query,
}

impl<M: Model> List<M> {
    pub(crate) fn new(proxy: ModelProxy<M>) -> Self {
        let query = Query { model: proxy.key().to_owned(), ..Query::default() };
        Self { proxy, query }
    }

    /// Only rows for which this holds: a filter, or a named query with its inputs.
    pub fn filter(mut self, filter: impl Into<Filter<M>>) -> Self {
        self.query.conditions.extend_from_slice(filter.into().conditions());
        self
    }

    /// Which come first.
    pub fn order_by(mut self, order: Order<M>) -> Self {
        self.query.order = Some((order.field().to_owned(), order.is_descending()));
        self
    }

    /// At most this many.
    pub fn limit(mut self, limit: usize) -> Self {
        self.query.limit = Some(limit);
        self
    }

    /// Live rows, archived rows or both; live ones unless said otherwise.
    pub fn scope(mut self, scope: Scope) -> Self {
        self.query.scope = scope;
        self
    }

    /// Each row with the row its key leads to: `reports.list().expand(Report::region_id())`.
    pub fn expand<K: ForeignKey + AbloField + 'static>(self, key: FieldRef<M, K>) -> Expand<M, Option<Row<K::Model>>> {
        Expand { run: Box::pin(self.with_parents::<K>(key.name())) }
    }

    /// Each row with the rows whose key leads to it: `regions.list().expand_many(Report::region_id())`. They come in the
    /// order that the model's `has_many` names, by id without one.
    pub fn expand_many<C: Model, K: HoldsId<M> + AbloField>(self, key: FieldRef<C, K>) -> Expand<M, Vec<Row<C>>> {
        Expand { run: Box::pin(self.with_children::<C>(key.name())) }
    }

    fn by_id(mut self, ids: Vec<Value>) -> Self {
        self.query.conditions.push(is_in("id", ids));
        self
    }

    async fn texts(self) -> Result<Vec<RowText>, AbloError> {
        Ok(self.proxy.session().query(self.query, self.proxy.table()).await?.rows)
    }

    async fn with_parents<K: ForeignKey>(self, key: &'static str) -> Expanded<M, Option<Row<K::Model>>> {
        let targets = self.proxy.sibling::<K::Model>()?;
        let texts = self.texts().await?;
        let keys: Vec<Option<String>> = texts.iter().map(|row| text_member(row, key)).collect();
        let mut wanted: Vec<String> = keys.iter().flatten().cloned().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let parents = if wanted.is_empty() {
            Vec::new()
        } else {
            let ids = wanted.into_iter().map(Value::from).collect();
            List::new(targets).by_id(ids).scope(Scope::All).await?
        };
        let parents: HashMap<String, Row<K::Model>> =
            parents.into_iter().map(|row| (row.id().as_str().to_owned(), row)).collect();
        let expanded = texts.into_iter().zip(keys).map(|(row, key)| {
            let parent = key.and_then(|key| parents.get(&key).map(copy));
            Ok((decode_text(row)?, parent))
        });
        expanded.collect()
    }

    async fn with_children<C: Model>(self, key: &'static str) -> Expanded<M, Vec<Row<C>>> {
        let mut children = List::new(self.proxy.sibling::<C>()?);
        let texts = self.texts().await?;
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let mut relations = M::SPEC.relations.iter();
        let relation = relations.find(|relation| {
            relation.kind == RelationKind::HasMany && (relation.target, relation.foreign_key) == (C::TYPENAME, key)
        });
        children.query.order = relation.and_then(|relation| relation.order_by).map(|field| (field.to_owned(), false));
        children.query.conditions.push(is_in(key, texts.iter().map(|row| row.id.as_str().into()).collect()));
        let mut by_key: HashMap<String, Vec<Row<C>>> = HashMap::new();
        for child in children.texts().await? {
            if let Some(of) = text_member(&child, key) {
                by_key.entry(of).or_default().push(decode_text(child)?);
            }
        }
        let expanded = texts.into_iter().map(|row| {
            let children = by_key.remove(&row.id).unwrap_or_default();
            Ok((decode_text(row)?, children))
        });
        expanded.collect()
    }
}

impl<M: Model> IntoFuture for List<M> {
    type Output = Result<Vec<Row<M>>, AbloError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.texts().await?.into_iter().map(decode_text).collect() })
    }
}

type Expanded<M, R> = Result<Vec<(Row<M>, R)>, AbloError>;

/// A read of rows and of rows they are related to, to be awaited.
#[must_use = "nothing is read until this is awaited"]
pub struct Expand<M, R> {
    run: BoxFuture<'static, Expanded<M, R>>,
}

impl<M, R> fmt::Debug for Expand<M, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expand").finish_non_exhaustive()
    }
}

impl<M, R> IntoFuture for Expand<M, R> {
    type Output = Expanded<M, R>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.run
    }
}

fn is_in(field: &str, values: Vec<Value>) -> Condition {
    Condition { field: field.to_owned(), compare: Compare::In, value: values.into() }
}

fn decode_text<M: Model>(row: RowText) -> Result<Row<M>, AbloError> {
    decode(&Stored { stamp: row.sync_id.0, as_of: row.sync_id.0, text: row.text })
}

fn text_member(row: &RowText, name: &str) -> Option<String> {
    super::replica::pick(row.text.get(), &[name]).pop()?.as_str().map(str::to_owned)
}
