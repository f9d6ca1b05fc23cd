//! Health as `midspan describe` tells it: the state with its sentence, and what it was rolled up from. Nothing where nobody looks.

use super::print::{columns_of, single_line};
use serde_json::Value;

pub fn line(object: &Value) -> Option<Vec<String>> {
    let health = checked(object)?;
    let text = |key: &str| single_line(health[key].as_str().unwrap_or_default());
    let since = if health["since"].is_string() { format!(" (since {})", text("since")) } else { String::new() };
    Some(vec!["Health:".to_owned(), format!("{}: {}{since}", text("state"), text("message"))])
}

pub fn checks(object: &Value) {
    let checks = checked(object).and_then(|health| health["checks"].as_array()).filter(|checks| checks.len() > 1);
    let Some(checks) = checks else { return };
    println!("Health checks:");
    let mut rows = vec![["  CHECK", "STATE", "SINCE", "MESSAGE"].map(ToOwned::to_owned).to_vec()];
    for check in checks {
        let cell = |key: &str| single_line(check[key].as_str().unwrap_or_default());
        let name = format!("  {} {}", cell("source"), cell("name"));
        rows.push(vec![name.trim_end().to_owned(), cell("state"), cell("since"), cell("message")]);
    }
    columns_of(&rows);
}

fn checked(object: &Value) -> Option<&Value> {
    object.pointer("/status/health").filter(|health| health["state"].is_string() && health["state"] != "NotChecked")
}
