//! Names as Kubernetes has them, checked once at the door.

/// A lower-case RFC 1123 label: at most 63 letters, digits and dashes, none of them at an end a dash.
pub fn is_label(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && text.len() <= 63 && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// A label that begins with a letter: what a kind, its plural and its version are called in addresses.
pub fn is_word(text: &str) -> bool {
    is_label(text) && text.starts_with(|first: char| first.is_ascii_lowercase())
}

/// Labels joined by dots, at most 253 characters: what an object's name must be.
pub fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_label)
}

/// What an API server says of a name that is not a subdomain.
pub fn subdomain_message(name: &str) -> String {
    format!(
        "Invalid value: {name:?}: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end \
         with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
    )
}

/// `dns/prefix` optional, then up to 63 letters, digits, `-`, `_`, `.` that start and end with a letter or digit.
pub fn is_qualified(key: &str) -> bool {
    match key.split_once('/') {
        Some((prefix, name)) => is_subdomain(prefix) && is_value(name) && !name.is_empty(),
        None => is_value(key) && !key.is_empty(),
    }
}

/// A label's value: empty, or like the name part of a qualified name.
pub fn is_value(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let ends = |b: Option<&u8>| b.is_none_or(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= 63 && bytes.iter().copied().all(inner) && ends(bytes.first()) && ends(bytes.last())
}

/// The nearest label value to any text: what does not fit becomes a dash.
pub fn to_value(text: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
    let value: String = text.chars().map(fits).take(63).collect();
    value.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, valid: bool) {
        assert_eq!(is_subdomain(name), valid, "{name:?}");
    }

    #[test]
    fn object_names_are_dns_subdomains() {
        check("shop", true);
        check("a.b-c.9", true);
        check("", false);
        check("Shop", false);
        check("-shop", false);
        check("shop-", false);
        check("a..b", false);
        check("a/b", false);
        check("a\u{202e}b", false);
        check(&"a".repeat(64), false);
    }

    #[test]
    fn any_text_has_a_nearest_label_value() {
        assert_eq!(to_value("ana@example.com"), "ana-example.com");
        assert_eq!(to_value("  "), "");
        assert!(is_value(&to_value(&"é".repeat(200))));
    }

    #[test]
    fn label_keys_may_carry_a_prefix() {
        assert!(is_qualified("kratix.io/promise-version"));
        assert!(!is_qualified("/x"));
        assert!(!is_qualified("a/b/c"));
    }
}
