//! Keeps secrets out of logs and messages, in the forms programs print them: plain, base64 at any alignment, percent-encoded, JSON-escaped.

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};

/// Shorter secrets are not masked: they would blacken ordinary words, and are no secrets.
const MIN_LENGTH: usize = 4;
const MASKED: &[u8] = b"***";

/// What to mask. Cheap to clone.
#[derive(Clone)]
pub struct Mask(Arc<Patterns>);

struct Patterns {
    /// Longest first, so that a secret which contains another is masked whole.
    texts: Vec<Vec<u8>>,
    begins: [bool; 256],
    longest: usize,
}

impl Mask {
    pub fn new(secrets: &[String]) -> Self {
        let mut forms = BTreeSet::new();
        for secret in secrets {
            add_forms(secret, &mut forms);
            // a key of several lines is often printed line by line
            secret
                .lines()
                .filter(|line| line.len() >= 16 && line.len() < secret.len())
                .for_each(|line| add_forms(line, &mut forms));
        }
        let mut texts: Vec<_> = forms.into_iter().filter(|form| form.len() >= MIN_LENGTH).collect();
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        let mut begins = [false; 256];
        for text in &texts {
            begins[usize::from(text[0])] = true;
        }
        let longest = texts.first().map_or(0, Vec::len);
        Self(Arc::new(Patterns { texts, begins, longest }))
    }

    /// A whole text with its secrets masked.
    pub fn text(&self, text: &str) -> String {
        if self.0.texts.is_empty() {
            return text.to_owned();
        }
        let (mut masking, mut out) = (self.stream(), Vec::with_capacity(text.len()));
        masking.push(text.as_bytes(), &mut out);
        masking.finish(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    /// Masks a text that comes in pieces.
    pub fn stream(&self) -> Masking {
        Masking { mask: self.clone(), held: Vec::new() }
    }
}

/// A stream being masked. Holds back just the bytes that may be the beginning of a secret.
pub struct Masking {
    mask: Mask,
    held: Vec<u8>,
}

impl Masking {
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if self.mask.0.texts.is_empty() {
            out.extend_from_slice(bytes);
            return;
        }
        self.held.extend_from_slice(bytes);
        self.advance(false, out);
    }

    /// Nothing more comes: what is held back is no secret, or is masked as one.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.advance(true, out);
    }

    fn advance(&mut self, last: bool, out: &mut Vec<u8>) {
        let patterns = &self.mask.0;
        let (mut at, mut plain) = (0, 0);
        while at < self.held.len() {
            let rest = &self.held[at..];
            if !patterns.begins[usize::from(rest[0])] {
                at += 1;
                continue;
            }
            if !last
                && rest.len() < patterns.longest
                && patterns.texts.iter().any(|text| text.len() > rest.len() && text.starts_with(rest))
            {
                break;
            }
            match patterns.texts.iter().find(|text| rest.starts_with(text)) {
                Some(text) => {
                    out.extend_from_slice(&self.held[plain..at]);
                    out.extend_from_slice(MASKED);
                    at += text.len();
                    plain = at;
                }
                None => at += 1,
            }
        }
        out.extend_from_slice(&self.held[plain..at]);
        self.held.drain(..at);
    }
}

fn add_forms(secret: &str, forms: &mut BTreeSet<Vec<u8>>) {
    if secret.trim().len() < MIN_LENGTH {
        return;
    }
    let trimmed = secret.trim_end_matches(['\r', '\n']);
    let mut add = |form: String| {
        forms.insert(form.into_bytes());
    };
    add(trimmed.to_owned());
    let json = serde_json::Value::from(trimmed).to_string();
    add(json[1..json.len() - 1].to_owned());
    for (upper, plus) in [(true, false), (false, false), (true, true), (false, true)] {
        add(percent(trimmed, upper, plus));
    }
    for before in 0..3 {
        add(base64_inside(trimmed, before, false));
        add(base64_inside(trimmed, before, true));
    }
}

/// The part of the secret's base64 that is the same whatever stands `before` and after it in the encoded text.
fn base64_inside(secret: &str, before: usize, url_safe: bool) -> String {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(secret.as_bytes());
    let encoded = if url_safe { BASE64_URL_SAFE_NO_PAD.encode(&bytes) } else { BASE64_STANDARD_NO_PAD.encode(&bytes) };
    // six bits a character: leave out those that share bits with a neighbour
    let (from, to) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
    let part = encoded.get(from..to).unwrap_or_default();
    if part.len() < 6 { String::new() } else { part.to_owned() }
}

fn percent(text: &str, upper: bool, plus: bool) -> String {
    let mut encoded = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            b' ' if plus => encoded.push('+'),
            _ if upper => drop(write!(encoded, "%{byte:02X}")),
            _ => drop(write!(encoded, "%{byte:02x}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::prelude::BASE64_STANDARD;

    const SECRET: &str = "s3cr\"t pass/word+1";

    fn mask() -> Mask {
        Mask::new(&[SECRET.to_owned()])
    }

    #[track_caller]
    fn check(printed: &str) {
        let masked = mask().text(&format!("before {printed} after"));
        assert!(masked.starts_with("before ") && masked.ends_with(" after") && masked.contains("***"), "{masked}");
        assert!(masked.len() < printed.len() + 14, "{masked}");
    }

    #[test]
    fn a_secret_is_masked_in_every_form_programs_print() {
        check(SECRET);
        check(&serde_json::Value::from(SECRET).to_string());
        check(&percent(SECRET, true, false));
        check(&percent(SECRET, false, true));
        for user in ["", "a", "ab", "abc"] {
            check(&BASE64_STANDARD.encode(format!("{user}{SECRET}")));
        }
    }

    #[test]
    fn a_secret_cut_anywhere_is_still_masked() {
        let text = format!("x{SECRET}y");
        for cut in 0..text.len() {
            let (mut masking, mut out) = (mask().stream(), Vec::new());
            masking.push(&text.as_bytes()[..cut], &mut out);
            masking.push(&text.as_bytes()[cut..], &mut out);
            masking.finish(&mut out);
            assert_eq!(String::from_utf8_lossy(&out), "x***y", "cut at {cut}");
        }
    }

    #[test]
    fn only_what_may_become_a_secret_is_held_back() {
        let (mut masking, mut out) = (mask().stream(), Vec::new());
        masking.push(b"progress 1\ns3c", &mut out);
        assert_eq!(out, b"progress 1\n");
        masking.push(b"ond\n", &mut out);
        assert_eq!(out, b"progress 1\ns3cond\n");
    }

    #[test]
    fn the_longer_of_two_secrets_with_one_beginning_is_masked_whole() {
        let mask = Mask::new(&["hunter".to_owned(), "hunter-two".to_owned()]);
        assert_eq!(mask.text("a hunter-two b hunter c"), "a *** b *** c");
    }

    #[test]
    fn words_too_short_to_be_secret_stay() {
        assert_eq!(
            Mask::new(&["on".to_owned(), String::new(), "   ".to_owned()]).text("turned on    again"),
            "turned on    again"
        );
    }
}
