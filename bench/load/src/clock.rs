//! The wall clock, in microseconds since 1970: what several programs can compare.

use std::time::SystemTime;

#[expect(clippy::disallowed_methods, reason = "the one file of the generator that reads the clock")]
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
