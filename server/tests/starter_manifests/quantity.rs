//! Resource quantities as Kubernetes reads them.

use serde_json::Value;

/// Fields whose children are quantities.
const MAPS: [&str; 6] = ["requests", "limits", "hard", "default", "defaultRequest", "max"];
/// Fields that are quantities themselves.
const SCALARS: [&str; 1] = ["sizeLimit"];

/// Checks every quantity of a document, wherever it stands.
pub fn check_all(at: &str, value: &Value) {
    match value {
        Value::Object(map) => {
            for (key, part) in map {
                let at = format!("{at}.{key}");
                if SCALARS.contains(&key.as_str()) || (at.ends_with(".storage.size")) {
                    check(&at, part);
                }
                if let (true, Value::Object(quantities)) = (MAPS.contains(&key.as_str()), part) {
                    quantities.iter().for_each(|(name, quantity)| check(&format!("{at}.{name}"), quantity));
                }
                check_all(&at, part);
            }
        }
        Value::Array(parts) => parts.iter().for_each(|part| check_all(at, part)),
        _ => {}
    }
}

fn check(at: &str, value: &Value) {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    assert!(is_quantity(&text), "{at}: {text} is not a quantity");
}

fn is_quantity(text: &str) -> bool {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits);
    let suffixes = ["", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    number.parse::<f64>().is_ok() && suffixes.contains(&suffix)
}

#[test]
fn quantities_are_told_from_other_text() {
    for text in ["0", "500m", "1", "1.5", "4Gi", "1Ti", "20k"] {
        assert!(is_quantity(text), "{text}");
    }
    for text in ["", "Gi", "4GiB", "4 Gi", "192mb", "-1", "1.2.3"] {
        assert!(!is_quantity(text), "{text}");
    }
}
