//! What a row of durations says.

use serde_json::{Map, Value, json};
use std::time::Duration;

/// Percentiles in milliseconds.
pub fn percentiles(mut samples: Vec<Duration>) -> Map<String, Value> {
    samples.sort();
    let shares = [("p50_ms", 0.5), ("p90_ms", 0.9), ("p99_ms", 0.99), ("max_ms", 1.0)];
    shares.map(|(name, share)| (name.to_owned(), json!(milliseconds(at(&samples, share))))).into_iter().collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub fn per_second(count: usize, took: Duration) -> f64 {
    (count as f64 / took.as_secs_f64() * 10.0).round() / 10.0
}

/// The place of a share in a sorted row: the smallest that at least this share is not above.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
pub fn place(count: usize, share: f64) -> usize {
    ((share * count as f64).ceil() as usize).clamp(1, count.max(1)) - 1
}

fn at(sorted: &[Duration], share: f64) -> Duration {
    sorted.get(place(sorted.len(), share)).copied().unwrap_or_default()
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_percentile_is_a_sample_that_was_taken() {
        assert_eq!([0.5, 0.9, 0.99, 1.0].map(|share| place(200, share)), [99, 179, 197, 199]);
        assert_eq!([0.5, 1.0].map(|share| place(1, share)), [0, 0]);
        assert_eq!(place(0, 0.5), 0);
    }
}
