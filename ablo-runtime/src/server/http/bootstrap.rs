use std::sync::Arc;
use std::sync::atomic::Ordering;

use ablo_schema::error::{AbloError, Code};
use axum::extract::State;
use axum::response::Response;

use super::caller::Caller;
use super::failure::Failure;
use super::input::Params;
use super::pipe::{self, Pipe};
use crate::engine::BootstrapReader;
use crate::server::auth::Credential;
use crate::server::state::Shared;

/// `GET /sync/bootstrap`: every row of the models asked for, of one moment, with the head of that moment.
///
/// The rows are read and written piece by piece, as fast as the client takes them. When that takes too long, or the
/// store fails, the answer is broken off in the middle of the transfer: it is never taken for a whole one.
pub async fn bootstrap(State(server): State<Shared>, caller: Caller, params: Params) -> Result<Response, Failure> {
    let names: Option<Vec<&str>> =
        params.get("models").map(|names| names.split(',').filter(|name| !name.is_empty()).collect());
    let (known, failed): (Vec<&str>, Vec<&str>) =
        names.into_iter().flatten().partition(|name| server.schema.resolve(name).is_some());
    let asked: Vec<&str> = params.all("syncGroups").collect();
    let groups = server.asked(&caller.credential, &asked);
    let models = params.get("models").map(|_| known.as_slice());
    let rows = caller.session.read_bootstrap(models, groups).await?;
    let head = rows.head().0;
    let failed = serde_json::to_string(&failed).unwrap_or_default();
    let start = format!(
        "{{\"type\":\"full\",\"lastSyncId\":{head},\"timestamp\":{},\"failedModels\":{failed},\"models\":{{",
        server.millis()
    );
    server.bootstrapped(&caller.credential, head);
    server.metrics.bootstraps.fetch_add(1, Ordering::Relaxed);
    let sending = Sending { server: server.clone(), credential: caller.credential, rows };
    Ok(pipe::answer(&server, |mut pipe| {
        pipe.text.extend_from_slice(start.as_bytes());
        sending.run(pipe)
    }))
}

/// Writes rows as they are read.
struct Sending {
    server: Shared,
    credential: Arc<Credential>,
    rows: BootstrapReader,
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.server.metrics.bootstraps.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Sending {
    async fn run(mut self, mut pipe: Pipe) -> Result<(), AbloError> {
        let schema = Arc::clone(&self.server.schema);
        let broken = |_| AbloError::new(Code::InternalError, "A stored row has no JSON form.");
        let mut before_model = "";
        // `None` between two models.
        let mut before_row = None;
        loop {
            pipe.turn().await?;
            let Some(piece) = self.rows.next().await? else { break };
            let model = schema.at(piece.model);
            let mut comma = before_row.unwrap_or_else(|| {
                let name = serde_json::Value::from(model.def().typename.as_str());
                pipe.text.extend_from_slice(format!("{before_model}{name}:[").as_bytes());
                before_model = ",";
                ""
            });
            for row in &piece.rows {
                pipe.text.extend_from_slice(comma.as_bytes());
                comma = ",";
                row.write_json(model.shape(), &mut pipe.text).map_err(broken)?;
                if pipe.is_full() {
                    pipe.send().await?;
                    self.server.bootstrapping(&self.credential, self.rows.head().0);
                }
            }
            before_row = (!piece.is_last).then_some(comma);
            if piece.is_last {
                pipe.text.push(b']');
            }
        }
        pipe.text.extend_from_slice(b"}}");
        pipe.send().await?;
        self.server.bootstrapping(&self.credential, self.rows.head().0);
        Ok(())
    }
}
