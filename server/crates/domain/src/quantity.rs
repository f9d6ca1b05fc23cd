//! Kubernetes quantities: `500m`, `256Mi`, `1.5G`, `2`.

use serde_json::Value;

/// The number a quantity stands for; `None` when it is none, or less than nothing.
pub fn parse(quantity: &Value) -> Option<f64> {
    let text = match quantity {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..end].parse().ok()?;
    let factor = match &text[end..] {
        "" => 1.0,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "Ki" => 1024.0,
        "Mi" => 1024.0 * 1024.0,
        "Gi" => 1024.0 * 1024.0 * 1024.0,
        "Ti" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let value = number * factor;
    (value.is_finite() && value > 0.0).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, value: Option<f64>) {
        assert_eq!(parse(&Value::from(text)), value, "{text:?}");
    }

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        check("500m", Some(0.5));
        check("2", Some(2.0));
        check("128Mi", Some(134_217_728.0));
        check("1.5G", Some(1.5e9));
        check("much", None);
        check("-1", None);
        check("", None);
        assert_eq!(parse(&Value::from(2)), Some(2.0));
    }
}
