//! Texts with a form of their own: Kubernetes quantities, CIDR blocks, cron schedules, Go durations.

pub mod cron;
pub(crate) mod duration;
pub(crate) mod moment;

use std::net::IpAddr;

/// What an author asks for by name (`format: cron`, or `x-ui.widget: cron`), and the name its check goes by. Names of our own keep the
/// checks away from documents that mean something else by the same word.
pub(crate) const OWN: [(&str, &str); 4] =
    [("quantity", "x-quantity"), ("cidr", "x-cidr"), ("cron", "x-cron"), ("duration", "x-go-duration")];

/// Suffixes of quantities.
const SUFFIXES: [&str; 17] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "n", "u", "m", "k", "M", "G", "T", "P", "E", "", "e"];

/// Whether a text is a quantity as Kubernetes writes it: `500Mi`, `0.5`, `250m`, `1e3`.
pub(crate) fn is_quantity(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    if number.matches('.').count() > 1 || !number.contains(|c: char| c.is_ascii_digit()) {
        return false;
    }
    if let Some(exponent) = suffix.strip_prefix(['e', 'E']).filter(|exponent| !exponent.is_empty()) {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        return !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    }
    suffix != "e" && SUFFIXES.contains(&suffix)
}

/// Whether a text is an address block: `10.0.0.0/16`, `2001:db8::/32`.
pub(crate) fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let plain = !length.is_empty() && length.len() <= 3 && length.chars().all(|c| c.is_ascii_digit());
    match (address.parse::<IpAddr>(), length.parse::<u8>()) {
        (Ok(IpAddr::V4(_)), Ok(length)) => plain && length <= 32,
        (Ok(IpAddr::V6(_)), Ok(length)) => plain && length <= 128,
        _ => false,
    }
}

/// Whether a text is a schedule.
pub(crate) fn is_cron(text: &str) -> bool {
    cron::Schedule::parse(text).is_some()
}

/// An example of a form, for an empty control.
pub(crate) fn example(format: &str) -> Option<&'static str> {
    Some(match format {
        "x-quantity" => "500Mi",
        "x-cidr" => "10.0.0.0/16",
        "x-cron" => "0 2 * * *",
        "x-go-duration" => "1h30m",
        "duration" => "PT1H30M",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_those_of_kubernetes() {
        for (text, is) in [
            ("500Mi", true),
            ("0.5", true),
            (".5", true),
            ("1e3", true),
            ("1E", true),
            ("1E-3", true),
            ("-1k", true),
            ("250m", true),
            ("1e", false),
            ("Mi", false),
            ("1 Gi", false),
            ("1.2.3", false),
            ("1KB", false),
            ("", false),
        ] {
            assert_eq!(is_quantity(text), is, "{text:?}");
        }
    }

    #[test]
    fn an_address_block_has_an_address_and_a_length_that_fits_it() {
        for (text, is) in [
            ("10.0.0.0/16", true),
            ("2001:db8::/32", true),
            ("::/0", true),
            ("10.0.0.0", false),
            ("10.0.0/8", false),
            ("10.0.0.0/33", false),
            ("10.0.0.0/+8", false),
            ("2001:db8::/129", false),
        ] {
            assert_eq!(is_cidr(text), is, "{text:?}");
        }
    }
}
