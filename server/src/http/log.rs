//! A run's log as plain text, from any line on, with or without waiting for more.

use super::params::Params;
use crate::{
    http::Doors,
    service::{Asker, kinds::Served},
};
use axum::{
    body::Body,
    http::header,
    response::{IntoResponse, Response},
};
use domain::{Result, Typed, run::RunKind};
use futures::stream::{self, StreamExt as _};
use std::time::Duration;

/// Chunks read at once; one is at most a few dozen kilobytes.
const BATCH: i64 = 100;

pub async fn answer(
    doors: &Doors,
    asker: &Asker,
    served: &Served,
    namespace: &str,
    name: &str,
    params: &Params,
) -> Result<Response> {
    let run = doors.services.get(asker, served, namespace, name).await?;
    let uid = run.metadata.uid;
    let (doors, follow) = (doors.clone(), params.following());
    let state = (doors, uid, params.after.unwrap_or(0), String::new(), false);
    let text = stream::unfold(state, move |(doors, uid, after, heading, ended)| async move {
        if ended {
            return None;
        }
        let mut changes = doors.services.store.changes();
        loop {
            changes.borrow_and_update();
            let finished = !follow || is_finished(&doors, &uid).await;
            let chunks = doors.services.store.log(&uid, after, BATCH).await.unwrap_or_default();
            if let Some(last) = chunks.last().map(|chunk| chunk.seq) {
                let (mut text, mut heading) = (String::new(), heading);
                for stored in chunks {
                    let under = format!(
                        "--- {} / {} (attempt {}) ---\n",
                        stored.chunk.pipeline, stored.chunk.step, stored.chunk.attempt
                    );
                    if under != heading {
                        text.push_str(&under);
                        heading = under;
                    }
                    text.push_str(&stored.chunk.text);
                }
                return Some((Ok::<_, std::convert::Infallible>(text), (doors, uid, last, heading, false)));
            }
            if finished {
                return None;
            }
            tokio::select! {
                () = doors.stop.cancelled() => return None,
                _ = changes.changed() => {}
                () = tokio::time::sleep(Duration::from_secs(15)) => return Some((Ok(String::new()), (doors, uid, after, heading, false))),
            }
        }
    });
    Ok((
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")],
        Body::from_stream(text.boxed()),
    )
        .into_response())
}

async fn is_finished(doors: &Doors, uid: &str) -> bool {
    match doors.services.store.by_uid(uid).await {
        Ok(Some(object)) => Typed::<RunKind>::parse(object).map_or(true, |run| run.status.phase.finished()),
        Ok(None) => true,
        Err(_) => false,
    }
}
