//! What goes on for long ends when whoever asked for it may not be here any more, or may do something else than before: live pages,
//! watches, logs that are followed. Whoever is still somebody asks anew.

use super::{Doors, login::Login, sessions};
use axum::{
    body::{Body, Bytes, HttpBody as _},
    response::Response,
};
use domain::{Caller, ErrorKind, Result};
use futures::stream::{self, StreamExt as _};
use std::time::Duration;
use tokio::time::{Instant, interval_at};
use tower_sessions::Session;

/// How often somebody is asked for who listens to a stream.
const EVERY: Duration = Duration::from_secs(3);

/// What let somebody in, as far as it can be taken back.
pub enum Pass {
    /// A token, by its hash.
    Token(String),
    Login(Box<Login>),
    /// In `--dev` nobody is put out.
    Persona,
}

/// The answer; one without a known end is watched.
pub fn watched(doors: &Doors, session: &Session, caller: Caller, pass: Pass, response: Response) -> Response {
    if response.body().size_hint().exact().is_some() || matches!(pass, Pass::Persona) {
        return response;
    }
    let guard = Guard { doors: doors.clone(), session: session.id().map(|id| sessions::hash(&id)), caller, pass };
    let (parts, body) = response.into_parts();
    let ticks = interval_at(Instant::now() + EVERY, EVERY);
    let body = stream::unfold((body.into_data_stream(), ticks, guard), |(mut body, mut ticks, guard)| async move {
        loop {
            tokio::select! {
                biased;
                _ = ticks.tick() => if !guard.holds().await { return None },
                next = body.next() => return next.map(|chunk: Result<Bytes, axum::Error>| (chunk, (body, ticks, guard))),
            }
        }
    });
    // some layers ask once more after the end
    Response::from_parts(parts, Body::from_stream(body.fuse().boxed()))
}

struct Guard {
    doors: Doors,
    session: Option<String>,
    /// On whose rights the stream was begun.
    caller: Caller,
    pass: Pass,
}

impl Guard {
    /// A store that is away puts nobody out.
    async fn holds(&self) -> bool {
        let services = &self.doors.services;
        let known = match &self.pass {
            Pass::Persona => return true,
            Pass::Token(hash) => services.caller_of_hash(hash).await.map(Some),
            Pass::Login(login) => login.caller(&self.doors).await,
        };
        let is_known = match known {
            Ok(known) => known.as_ref() == Some(&self.caller),
            Err(error) => error.kind != ErrorKind::Unauthorized,
        };
        let Some(hash) = self.session.as_ref().filter(|_| matches!(self.pass, Pass::Login(_))) else { return is_known };
        is_known && services.store.session_load(hash, services.now()).await.map_or(true, |session| session.is_some())
    }
}
