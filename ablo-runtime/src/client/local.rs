use std::sync::Arc;

use ablo_schema::{
    error::{AbloError, Code},
    ir::{ModelIndex, ValidSchema},
    wire::{Commit, ParticipantRef, Receipt, SyncId},
};
use futures_util::future::BoxFuture;

use super::{
    Scope,
    transport::{Answer, Bootstrap, Feed, LogPage, Push, Query, RowKey, RowText, Rows, Transport},
};
use crate::{
    claims::{ClaimCommand, ClaimReply, RowClaims},
    engine::{self, Archived, Event, Participant, ResyncReason, Session, StoredRow, Subscription},
};

/// How much of the log is read at once.
const PAGE: usize = 1000;

/// A participant's way to an engine in the same process.
#[derive(Clone, Debug)]
pub struct LocalTransport {
    session: Session,
}

impl LocalTransport {
    /// Seats a participant at an engine.
    #[must_use]
    pub fn new(engine: &engine::Engine, participant: Participant) -> Self {
        Self { session: engine.session(participant) }
    }

    fn schema(&self) -> &ValidSchema {
        self.session.engine().schema()
    }
}

impl Transport for LocalTransport {
    fn participant(&self) -> ParticipantRef {
        self.session.participant().reference()
    }

    fn organization(&self) -> &str {
        self.session.participant().organization.as_str()
    }

    fn commit(&self, commit: Commit) -> Answer<Receipt> {
        let session = self.session.clone();
        Box::pin(async move { Ok(session.commit(commit).await?.receipt) })
    }

    fn query(&self, query: Query) -> Answer<Rows> {
        let transport = self.clone();
        let archived = match query.scope {
            Scope::Live => Archived::Live,
            Scope::Archived => Archived::Only,
            Scope::All => Archived::All,
        };
        let Query { model, conditions, order, limit, scope: _ } = query;
        Box::pin(async move {
            let index = transport.schema().resolve(&model).map(|model| model.index());
            let asked = engine::Query { model, conditions, order, limit, archived, ..engine::Query::default() };
            let mut answers = transport.session.query(&[asked]).await?;
            let found = answers.pages.pop().unwrap_or_default().rows;
            let index = index.ok_or(Code::UnknownModel)?;
            let rows = found.iter().map(|found| transport.text(index, &found.row)).collect::<Result<_, _>>()?;
            Ok(Rows { rows, head: answers.head })
        })
    }

    fn bootstrap(&self, models: Vec<String>) -> Answer<Bootstrap> {
        let transport = self.clone();
        Box::pin(async move {
            let models: Vec<&str> = models.iter().map(String::as_str).collect();
            let read = transport.session.bootstrap(Some(&models), None).await?;
            let models = read.models.into_iter().map(|(index, rows)| {
                let key = transport.schema().at(index).key().to_owned();
                let rows = rows.iter().map(|row| transport.text(index, row)).collect::<Result<_, _>>()?;
                Ok((key, rows))
            });
            Ok(Bootstrap { models: models.collect::<Result<_, AbloError>>()?, head: read.head })
        })
    }

    fn log(&self, after: SyncId) -> Answer<LogPage> {
        let session = self.session.clone();
        Box::pin(async move {
            let page = session.log(after, PAGE).await?;
            Ok(LogPage { deltas: page.entries, reached: page.cursor, head: page.head })
        })
    }

    fn follow(&self) -> Answer<Box<dyn Feed>> {
        let session = self.session.clone();
        Box::pin(async move {
            let feed: Box<dyn Feed> = Box::new(LocalFeed(session.subscribe(None).await?));
            Ok(feed)
        })
    }

    fn claim(&self, row: RowKey, command: ClaimCommand) -> Answer<ClaimReply> {
        let session = self.session.clone();
        Box::pin(async move { session.claim(&row.model, &row.id, command).await })
    }

    fn claims(&self, row: RowKey) -> Answer<RowClaims> {
        let session = self.session.clone();
        Box::pin(async move { session.claims(&row.model, &row.id).await })
    }
}

impl LocalTransport {
    fn text(&self, model: ModelIndex, row: &Arc<StoredRow>) -> Result<RowText, AbloError> {
        let text = row.to_json(self.schema().at(model).shape()).map_err(|error| {
            AbloError::new(Code::InternalError, format!("row {} has no JSON form: {error}", row.id))
        })?;
        Ok(RowText { id: row.id.clone(), text, sync_id: row.sync_id })
    }
}

struct LocalFeed(Subscription);

impl Feed for LocalFeed {
    fn next(&mut self) -> BoxFuture<'_, Option<Push>> {
        Box::pin(async move {
            Some(match self.0.next().await {
                Ok(None) => return None,
                Ok(Some(Event::Delta(entry))) => Push::Delta(entry),
                Ok(Some(Event::Claims(change))) => Push::Claims(change.events.clone()),
                Ok(Some(Event::Resync { reason: ResyncReason::TooSlow, .. })) => Push::Resync,
                // The store could not be asked what may be heard; what may be read tells meanwhile.
                Ok(Some(Event::Resync { reason: ResyncReason::AccessChanged, .. })) | Err(_) => Push::Bootstrap,
            })
        })
    }
}
