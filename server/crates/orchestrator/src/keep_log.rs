//! What a step prints, kept while it runs: in few commits, each stream apart, in the order it came.

use crate::{
    driver::Orchestrator,
    failpoint,
    steps::{LogPiece, Stream},
};
use std::time::Duration;
use store::LogChunk;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

/// What comes within this time is stored together, and never later.
const MOMENT: Duration = Duration::from_millis(100);
/// Bytes stored together.
const LARGEST: usize = 64 * 1024;
/// Chunks stored together: two streams may take turns line by line.
const MOST: usize = 1_000;

/// What one attempt of one step prints.
pub(crate) struct Printed {
    /// The run's uid.
    pub run: String,
    pub pipeline: String,
    pub step: String,
    pub attempt: u32,
    pub pieces: mpsc::Receiver<LogPiece>,
}

impl Printed {
    /// Keeps everything until the step has no more to say.
    pub async fn keep(mut self, orchestrator: Orchestrator) {
        while let Some(first) = self.pieces.recv().await {
            let together = self.gather(first).await;
            let at = orchestrator.inner.clock.now();
            let chunks = together.into_iter().map(|LogPiece { stream, text }| LogChunk {
                run: self.run.clone(),
                pipeline: self.pipeline.clone(),
                step: self.step.clone(),
                attempt: self.attempt,
                at,
                stream: name(stream).to_owned(),
                text,
            });
            failpoint::pass("log.append");
            if let Err(error) = orchestrator.inner.store.append_log(chunks).await {
                tracing::warn!(%error, run = self.run, "part of a step's log is lost");
            }
        }
    }

    /// What comes together within a moment; neighbours of one stream are one piece.
    async fn gather(&mut self, first: LogPiece) -> Vec<LogPiece> {
        let until = Instant::now() + MOMENT;
        let mut bytes = first.text.len();
        let mut together = vec![first];
        while bytes < LARGEST && together.len() < MOST {
            let Ok(Some(piece)) = timeout_at(until, self.pieces.recv()).await else { break };
            bytes += piece.text.len();
            match together.last_mut().filter(|last| last.stream == piece.stream) {
                Some(last) => last.text.push_str(&piece.text),
                None => together.push(piece),
            }
        }
        together
    }
}

/// As the store calls it.
fn name(stream: Stream) -> &'static str {
    match stream {
        Stream::Stdout => "out",
        Stream::Stderr => "err",
        Stream::Note => "midspan",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn streams_are_kept_apart_in_the_order_they_came() {
        let (sender, pieces) = mpsc::channel(16);
        let (run, pipeline, step) = (String::new(), String::new(), String::new());
        let mut printed = Printed { run, pipeline, step, attempt: 1, pieces };
        let said =
            [(Stream::Stdout, "b\n"), (Stream::Stderr, "oh\n"), (Stream::Stderr, "no\n"), (Stream::Note, "cut\n")];
        for (stream, text) in said {
            sender.send(LogPiece { stream, text: text.to_owned() }).await.unwrap();
        }
        drop(sender);
        let together = printed.gather(LogPiece { stream: Stream::Stdout, text: "a\n".to_owned() }).await;
        let told: Vec<_> = together.iter().map(|piece| (name(piece.stream), piece.text.as_str())).collect();
        assert_eq!(told, [("out", "a\nb\n"), ("err", "oh\nno\n"), ("midspan", "cut\n")]);
    }
}
