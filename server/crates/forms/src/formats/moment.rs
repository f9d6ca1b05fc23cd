//! Times and dates with times, as a browser's own controls type them: without their zone, which stands beside.

/// `2026-11-22T17:30` and `+01:00`, or `17:30` and `Z`; `None` where putting both together again would give another text.
pub(crate) fn split<'t>(format: &str, text: &'t str) -> Option<(&'t str, &'t str)> {
    let at = if text.ends_with('Z') { text.len() - 1 } else { text.len().checked_sub(6)? };
    if !text.is_char_boundary(at) {
        return None;
    }
    let (local, zone) = text.split_at(at);
    // a browser leaves out seconds that are none
    let short = local.strip_suffix(":00").filter(|short| is_local(format, short)).unwrap_or(local);
    (is_zone(zone) && joined(format, short, zone).as_deref() == Some(text)).then_some((short, zone))
}

/// The text a document holds; `None` where the first is no time as a browser types it.
pub(crate) fn joined(format: &str, local: &str, zone: &str) -> Option<String> {
    if !is_zone(zone) || !is_local(format, local) {
        return None;
    }
    let time = local.rsplit_once('T').map_or(local, |(_, time)| time);
    let seconds = if time.len() == 5 { ":00" } else { "" };
    Some(format!("{local}{seconds}{zone}"))
}

/// The zones offered: UTC, and whole hours on either side of it.
pub(crate) fn zones() -> impl Iterator<Item = String> {
    let east = (1..=14).map(|hours| format!("+{hours:02}:00"));
    let west = (1..=12).map(|hours| format!("-{hours:02}:00"));
    std::iter::once("Z".to_owned()).chain(east).chain(west)
}

fn is_local(format: &str, text: &str) -> bool {
    let time = match (format, text.split_once('T')) {
        ("date-time", Some((date, time))) if shaped(date, "dddd-dd-dd") => time,
        ("time", None) => text,
        _ => return false,
    };
    shaped(time, "dd:dd") || shaped(time, "dd:dd:dd")
}

fn is_zone(text: &str) -> bool {
    text == "Z" || text.strip_prefix(['+', '-']).is_some_and(|rest| shaped(rest, "dd:dd"))
}

/// `d` stands for a digit, all else for itself.
fn shaped(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text
            .bytes()
            .zip(shape.bytes())
            .all(|(is, as_in)| if as_in == b'd' { is.is_ascii_digit() } else { is == as_in })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(format: &str, text: &str, expected: Option<(&str, &str)>) {
        assert_eq!(split(format, text), expected, "{text}");
        if let Some((local, zone)) = expected {
            assert_eq!(joined(format, local, zone).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_moment_is_taken_apart_only_where_it_comes_back_the_same() {
        check("date-time", "2026-11-22T17:30:00Z", Some(("2026-11-22T17:30", "Z")));
        check("date-time", "2026-11-22T17:30:15+05:30", Some(("2026-11-22T17:30:15", "+05:30")));
        check("time", "17:30:00Z", Some(("17:30", "Z")));
        for text in [
            "2026-11-22T17:30:00.5Z",
            "2026-11-22t17:30:00z",
            "2026-11-22 17:30:00Z",
            "2026-11-22T17:30Z",
            "soon",
            "",
            "Z",
            "ü+01:00",
        ] {
            check("date-time", text, None);
        }
        check("time", "2026-11-22T17:30:00Z", None);
    }
}
