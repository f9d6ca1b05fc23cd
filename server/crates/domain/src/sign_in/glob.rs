//! `team-*`: a pattern whose stars stand for any text.

/// Whether a text is of a pattern's form. Takes no longer than their lengths multiplied, whatever stands in them.
pub fn fits(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or_default();
    for part in parts {
        // the first place leaves the most for what follows
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text) in [("*", ""), ("*", "a"), ("team-*", "team-"), ("*@a.b", "x@a.b"), ("a*b*c", "a1b2b3c")] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("team-*", "team"), ("*@a.b", "x@a.b.c"), ("a*a", "a"), ("", "a"), ("a*b*c", "acb")] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
        assert!(!fits(&"*a".repeat(2_000), &"a".repeat(1_000)));
    }
}
