//! From a process's raw bytes to pieces of text.

use super::{LogSink, Stream};
use crate::steps::mask::{Mask, Masking};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// A piece is at most this long; a line that is longer is cut.
const PIECE: usize = 16 * 1024;
/// A line without an end is shown after this long.
const IDLE: Duration = Duration::from_millis(500);
/// How much is remembered of what came last, and how much of its last line is told.
const TAIL: usize = 4 * 1024;
const LAST: usize = 500;

/// Reads a stream to its end into the log. Returns its last line that says something.
pub async fn drain(mut from: impl AsyncRead + Unpin, stream: Stream, log: LogSink, mask: Mask) -> String {
    let mut lines = Lines::new(stream, log, &mask);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match tokio::time::timeout(IDLE, from.read(&mut buffer)).await {
            Err(_idle) => lines.flush().await,
            Ok(Ok(count)) if count > 0 => lines.push(&buffer[..count]).await,
            Ok(_end) => return lines.finish().await,
        }
    }
}

/// One stream of a step: masks it, cuts it into lines, makes it text.
pub struct Lines {
    stream: Stream,
    log: LogSink,
    mask: Mask,
    masking: Masking,
    pending: Vec<u8>,
    /// The newest bytes as they came, kept when the log is full too.
    tail: Vec<u8>,
    came: usize,
}

impl Lines {
    pub fn new(stream: Stream, log: LogSink, mask: &Mask) -> Self {
        Self { stream, log, mask: mask.clone(), masking: mask.stream(), pending: Vec::new(), tail: Vec::new(), came: 0 }
    }

    pub async fn push(&mut self, bytes: &[u8]) {
        self.remember(bytes);
        if self.log.is_full() {
            self.log.drop_bytes(bytes.len() + self.pending.len());
            self.pending.clear();
            return;
        }
        self.masking.push(bytes, &mut self.pending);
        while let Some(end) = self.whole() {
            self.emit(end).await;
        }
    }

    /// Shows an unfinished line.
    pub async fn flush(&mut self) {
        let end = self.pending.len() - incomplete(&self.pending);
        self.emit(end).await;
    }

    pub async fn finish(mut self) -> String {
        let mut rest = std::mem::take(&mut self.pending);
        self.masking.finish(&mut rest);
        self.pending = rest;
        while !self.pending.is_empty() {
            let end = self.whole().unwrap_or(self.pending.len());
            self.emit(end).await;
        }
        self.last()
    }

    fn remember(&mut self, bytes: &[u8]) {
        self.came += bytes.len();
        self.tail.extend_from_slice(&bytes[bytes.len().saturating_sub(TAIL)..]);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
    }

    /// The last line that says something. One whose beginning is not remembered is left out: it may begin within a secret.
    fn last(&self) -> String {
        let tail = String::from_utf8_lossy(&self.tail);
        let whole =
            if self.came > self.tail.len() { tail.split_once('\n').map_or("", |(_, rest)| rest) } else { &tail };
        let masked = self.mask.text(whole).replace('\0', "\u{fffd}");
        masked
            .lines()
            .rev()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .unwrap_or_default()
            .chars()
            .take(LAST)
            .collect()
    }

    /// How much can be sent now: whole lines, or a full piece of one line.
    fn whole(&self) -> Option<usize> {
        let window = &self.pending[..self.pending.len().min(PIECE)];
        match window.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => Some(at + 1),
            None => (self.pending.len() >= PIECE).then(|| PIECE - incomplete(window)),
        }
    }

    async fn emit(&mut self, end: usize) {
        if end == 0 {
            return;
        }
        // databases and terminals do not take NUL
        let text = String::from_utf8_lossy(&self.pending[..end]).replace('\0', "\u{fffd}");
        self.pending.drain(..end);
        self.log.write(self.stream, text).await;
    }
}

/// How many bytes at the end are the beginning of a character.
fn incomplete(bytes: &[u8]) -> usize {
    let tail = &bytes[bytes.len().saturating_sub(3)..];
    let Some(lead) = tail.iter().rposition(|byte| *byte >= 0xc0) else { return 0 };
    let needed = match tail[lead] {
        0xf0.. => 4,
        0xe0.. => 3,
        _ => 2,
    };
    let have = tail.len() - lead;
    if have < needed && have < bytes.len() { have } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::log::{LogPiece, MAX_LOG_BYTES};
    use tokio::sync::mpsc;

    async fn logged(chunks: Vec<Vec<u8>>) -> (String, String, usize) {
        let (sender, mut pieces) = mpsc::channel(4);
        let log = LogSink::new(sender);
        let writing = tokio::spawn(async move {
            let mut lines = Lines::new(Stream::Stdout, log.clone(), &Mask::new(&["hunter-two".to_owned()]));
            for chunk in chunks {
                lines.push(&chunk).await;
            }
            let last = lines.finish().await;
            log.finish().await;
            last
        });
        let (mut text, mut largest) = (String::new(), 0);
        while let Some(LogPiece { text: piece, .. }) = pieces.recv().await {
            largest = largest.max(piece.len());
            text.push_str(&piece);
        }
        (text, writing.await.unwrap(), largest)
    }

    #[tokio::test]
    async fn characters_and_secrets_cut_by_chunks_arrive_whole() {
        let (text, last, _) = logged(vec![b"gr\xc3".to_vec(), b"\xbcn hunt".to_vec(), b"er-two\nbye".to_vec()]).await;
        assert_eq!((text.as_str(), last.as_str()), ("grün ***\nbye", "bye"));
    }

    #[tokio::test]
    async fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(logged(vec![b"a\xff\xfe\0b\n".to_vec()]).await.0, "a\u{fffd}\u{fffd}\u{fffd}b\n");
    }

    #[tokio::test]
    async fn a_line_without_end_is_cut_into_pieces() {
        let (text, _, largest) = logged(vec![vec![b'x'; 100_000]; 3]).await;
        assert_eq!((text.len(), largest), (300_000, PIECE));
    }

    #[tokio::test]
    async fn a_flood_is_cut_at_the_bound_and_the_rest_counted() {
        let (text, _, _) = logged(vec![b"y\n".repeat(50_000); 300]).await;
        assert!(text.len() <= MAX_LOG_BYTES + 100, "{}", text.len());
        assert!(
            text.ends_with(&format!("truncated {} bytes\n", 30_000_000 - MAX_LOG_BYTES)),
            "{:?}",
            &text[text.len() - 60..]
        );
    }
}
