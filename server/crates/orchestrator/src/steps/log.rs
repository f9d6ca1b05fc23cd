//! Where a step's log goes while it runs: bounded, masked before it arrives here, and never a reason for a step to hang.

mod lines;

pub(super) use lines::drain;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::mpsc;

/// The most log text kept of one attempt of a step.
pub const MAX_LOG_BYTES: usize = 10 * 1024 * 1024;
/// How long a full channel may hold up the step before its log is dropped instead.
const PATIENCE: Duration = Duration::from_secs(5);

/// Some of a step's log. The texts of one stream, one after the other, are what it wrote; a piece ends with a line wherever it can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPiece {
    pub stream: Stream,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
    /// Said by Midspan about the step.
    Note,
}

/// Takes the log of one attempt of one step. Clones share its bound.
#[derive(Clone)]
pub struct LogSink(Arc<Inner>);

struct Inner {
    sender: mpsc::Sender<LogPiece>,
    kept: AtomicUsize,
    dropped: AtomicUsize,
    stalled: AtomicBool,
}

impl LogSink {
    pub fn new(sender: mpsc::Sender<LogPiece>) -> Self {
        let (kept, dropped, stalled) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
        Self(Arc::new(Inner { sender, kept, dropped, stalled }))
    }

    /// A sink that keeps nothing.
    pub fn discard() -> Self {
        Self::new(mpsc::channel(1).0)
    }

    /// Takes some log. Waits while the channel is full, but not for ever: then this and later pieces are dropped and counted.
    pub(super) async fn write(&self, stream: Stream, mut text: String) {
        let before = self.0.kept.fetch_add(text.len(), Ordering::Relaxed);
        let room = MAX_LOG_BYTES.saturating_sub(before);
        if text.len() > room {
            let keep = text.floor_char_boundary(room);
            self.drop_bytes(text.len() - keep);
            text.truncate(keep);
        }
        if !text.is_empty() {
            let patience = if self.0.stalled.load(Ordering::Relaxed) { Duration::ZERO } else { PATIENCE };
            self.send(LogPiece { stream, text }, patience).await;
        }
    }

    pub(super) async fn note(&self, text: impl Into<String>) {
        let mut text = text.into();
        text.push('\n');
        self.write(Stream::Note, text).await;
    }

    /// Nothing more is kept: later output need not even be read closely.
    pub(super) fn is_full(&self) -> bool {
        self.0.kept.load(Ordering::Relaxed) >= MAX_LOG_BYTES
            || self.0.stalled.load(Ordering::Relaxed)
            || self.0.sender.is_closed()
    }

    pub(super) fn drop_bytes(&self, count: usize) {
        self.0.dropped.fetch_add(count, Ordering::Relaxed);
    }

    /// Says how much is missing, if anything is.
    pub(super) async fn finish(&self) {
        let dropped = self.0.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            self.send(
                LogPiece { stream: Stream::Note, text: format!("truncated {dropped} bytes\n") },
                Duration::from_secs(1),
            )
            .await;
        }
    }

    async fn send(&self, piece: LogPiece, patience: Duration) {
        let size = piece.text.len();
        if let Err(mpsc::error::SendTimeoutError::Timeout(_)) = self.0.sender.send_timeout(piece, patience).await {
            self.0.stalled.store(true, Ordering::Relaxed);
            self.drop_bytes(size);
        }
    }
}
