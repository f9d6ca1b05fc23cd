//! Durations in words: what `PT1H30M` and `1h30m` come to.

use std::fmt::Write as _;

const UNITS: [(&str, f64); 5] =
    [("week", 604_800.0), ("day", 86_400.0), ("hour", 3_600.0), ("minute", 60.0), ("second", 1.0)];

/// `1 hour 30 minutes`; `None` where the text is no duration of this format, or has no fixed length.
pub(crate) fn told(format: &str, text: &str) -> Option<String> {
    match format {
        "duration" => iso(text),
        "x-go-duration" if super::super::admission::is_go_duration(text) => go(text),
        _ => None,
    }
}

/// ISO 8601 is told part by part: how long a month is nobody knows.
fn iso(text: &str) -> Option<String> {
    let rest = text.strip_prefix('P')?;
    let (dates, times) = rest.split_once('T').unwrap_or((rest, ""));
    let mut words = Vec::new();
    for (part, units) in [
        (dates, [('Y', "year"), ('M', "month"), ('W', "week"), ('D', "day")]),
        (times, [('H', "hour"), ('M', "minute"), ('S', "second"), ('?', "")]),
    ] {
        let mut part = part;
        while !part.is_empty() {
            let end = part.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let (number, after) = part.split_at(end);
            let letter = after.chars().next()?;
            let (_, unit) = units.iter().find(|(known, _)| *known == letter)?;
            words.push(counted(number.parse().ok()?, unit));
            part = &after[letter.len_utf8()..];
        }
    }
    (!words.is_empty()).then(|| words.join(" "))
}

fn go(text: &str) -> Option<String> {
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    if unsigned.starts_with('-') {
        return None;
    }
    let mut seconds = domain::workflow::GoDuration::parse(unsigned)?.0.as_secs_f64();
    if seconds < 1.0 {
        return None;
    }
    let mut words = Vec::new();
    // hours are told as hours up to two days
    for (unit, length) in UNITS
        .into_iter()
        .filter(|(unit, _)| seconds >= 172_800.0 || !matches!(*unit, "week" | "day"))
        .collect::<Vec<_>>()
    {
        let last = unit == "second";
        let count = if last { seconds } else { (seconds / length).floor() };
        if count > 0.0 {
            words.push(counted(count, unit));
            seconds -= count * length;
        }
    }
    Some(words.join(" "))
}

fn counted(count: f64, unit: &str) -> String {
    let mut text = String::new();
    // writing into a text cannot fail
    let _ = write!(
        text,
        "{} {unit}{}",
        (count * 1000.0).round() / 1000.0,
        if (count - 1.0).abs() < f64::EPSILON { "" } else { "s" }
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(format: &str, text: &str, expected: Option<&str>) {
        assert_eq!(told(format, text).as_deref(), expected, "{text}");
    }

    #[test]
    fn durations_are_told_in_words() {
        check("duration", "P1DT2H", Some("1 day 2 hours"));
        check("duration", "PT1H30M0.5S", Some("1 hour 30 minutes 0.5 seconds"));
        check("duration", "P2W", Some("2 weeks"));
        check("duration", "1h", None);
        check("duration", "P", None);
        check("x-go-duration", "1h30m", Some("1 hour 30 minutes"));
        check("x-go-duration", "36h", Some("36 hours"));
        check("x-go-duration", "240h", Some("1 week 3 days"));
        check("x-go-duration", "90", None);
        check("x-go-duration", "-1h", None);
    }
}
