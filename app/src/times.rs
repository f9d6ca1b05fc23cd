//! Points in time and durations in the words people read. Pages never read a clock: `Frame::now` is the page's present.

use domain::Timestamp;

const SECOND: i64 = 1_000_000;

/// `3 min ago`, `in 20 s`, `just now`.
pub fn relative(at: Timestamp, now: Timestamp) -> String {
    match (now.micros() - at.micros()) / SECOND {
        -2..5 => "just now".to_owned(),
        seconds @ 5.. => format!("{} ago", rough(seconds)),
        seconds => format!("in {}", rough(-seconds)),
    }
}

/// `14:03:20`: the time of day in UTC.
pub fn time_of_day(at: Timestamp) -> String {
    let second = at.micros().div_euclid(SECOND).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)
}

/// `2026-11-23`: the day in UTC.
pub fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

/// `340 ms`, `4.2 s`, `3 min 20 s`: how long something took.
pub fn took(start: Timestamp, end: Timestamp) -> String {
    match (end.micros() - start.micros()).max(0) {
        ..1_000 => "< 1 ms".to_owned(),
        micros @ ..SECOND => format!("{} ms", micros / 1_000),
        micros @ ..10_000_000 => format!("{}.{} s", micros / SECOND, micros / 100_000 % 10),
        micros => lasting(micros / SECOND),
    }
}

/// A duration in its two largest units: `3 min 20 s`, `2 h 5 min`.
pub fn lasting(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 if seconds % 60 == 0 => format!("{} min", seconds / 60),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    }
}

/// A duration in its largest unit.
fn rough(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        86_400..172_800 => "1 day".to_owned(),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(seconds_ago: i64, expected: &str) {
        let now = Timestamp::from_micros(1_795_000_000 * SECOND);
        assert_eq!(relative(Timestamp::from_micros(now.micros() - seconds_ago * SECOND), now), expected);
    }

    #[test]
    fn ages_use_the_largest_unit_that_fits() {
        check(0, "just now");
        check(42, "42 s ago");
        check(61, "1 min ago");
        check(7_300, "2 h ago");
        check(90_000, "1 day ago");
        check(400_000, "4 days ago");
        check(-20, "in 20 s");
    }

    #[test]
    fn durations_keep_two_units() {
        let took_micros = |micros| took(Timestamp::from_micros(0), Timestamp::from_micros(micros));
        assert_eq!(took_micros(400), "< 1 ms");
        assert_eq!(took_micros(340_000), "340 ms");
        assert_eq!(took_micros(4_250_000), "4.2 s");
        assert_eq!(took_micros(200_000_000), "3 min 20 s");
        assert_eq!(took_micros(7_500_000_000), "2 h 5 min");
    }

    #[test]
    fn the_time_of_day_is_utc() {
        assert_eq!(time_of_day(Timestamp::from_micros(1_709_208_125 * SECOND)), "12:02:05");
    }
}
