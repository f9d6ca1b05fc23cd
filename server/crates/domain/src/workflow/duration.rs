//! Durations in the text of documents.

use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

/// A duration as Go writes it: `300ms`, `30s`, `5m`, `1h30m`; days (`1d`) are taken too, as Kratix documents them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct GoDuration(pub Duration);

impl GoDuration {
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        let mut total = 0.0_f64;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let number: f64 = rest[..digits].parse().ok()?;
            rest = &rest[digits..];
            let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
            total += number
                * match &rest[..unit] {
                    "d" => 86_400.0,
                    "h" => 3_600.0,
                    "m" => 60.0,
                    "s" => 1.0,
                    "ms" => 1e-3,
                    "us" | "µs" => 1e-6,
                    "ns" => 1e-9,
                    _ => return None,
                };
            rest = &rest[unit..];
        }
        (!text.trim().is_empty() && total.is_finite() && total < 1e9).then(|| Self(Duration::from_secs_f64(total)))
    }
}

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        match (millis / 3_600_000, millis / 60_000 % 60, millis / 1_000 % 60, millis % 1_000) {
            (0, 0, 0, ms) => write!(f, "{ms}ms"),
            (0, 0, s, 0) => write!(f, "{s}s"),
            (0, 0, s, ms) => write!(f, "{s}.{ms:03}s"),
            (0, m, s, _) => write!(f, "{m}m{s}s"),
            (h, m, s, _) => write!(f, "{h}h{m}m{s}s"),
        }
    }
}

impl Serialize for GoDuration {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GoDuration {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not a duration such as 30s, 5m or 1h30m")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, seconds: Option<f64>) {
        assert_eq!(GoDuration::parse(text).map(|d| d.0.as_secs_f64()), seconds, "{text:?}");
    }

    #[test]
    fn durations_are_read_as_go_reads_them() {
        check("30s", Some(30.0));
        check("1h30m", Some(5400.0));
        check("1.5s", Some(1.5));
        check("250ms", Some(0.25));
        check("1d", Some(86_400.0));
        check("", None);
        check("5", None);
        check("5 apples", None);
    }

    #[test]
    fn a_duration_survives_its_own_text() {
        for text in ["250ms", "30s", "1.500s", "5m0s", "1h30m0s"] {
            assert_eq!(GoDuration::parse(text).unwrap().to_string(), text);
        }
    }
}
