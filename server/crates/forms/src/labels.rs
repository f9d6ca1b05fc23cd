//! Words for people: labels from names, sentences from messages.

/// `dbDriver`, `db-driver`, `db_driver` and `DBDriver` are all "Db driver" or "DB driver": split, not guessed.
pub fn humanised(name: &str) -> String {
    let mut words: Vec<String> = vec![String::new()];
    let chars: Vec<char> = name.chars().collect();
    for (i, &c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            words.push(String::new());
            continue;
        }
        let before = i.checked_sub(1).and_then(|i| chars.get(i)).copied().unwrap_or(' ');
        let after = chars.get(i + 1).copied().unwrap_or(' ');
        let starts = c.is_uppercase()
            && (before.is_lowercase() || before.is_numeric() || (before.is_uppercase() && after.is_lowercase()));
        if starts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    let mut label = String::new();
    for word in words.iter().filter(|word| !word.is_empty()) {
        let acronym = word.chars().count() > 1 && word.chars().all(|c| c.is_uppercase() || c.is_numeric());
        if label.is_empty() {
            label.push_str(&capitalised(word));
        } else {
            label.push(' ');
            label.push_str(&if acronym { word.clone() } else { word.to_lowercase() });
        }
    }
    if label.is_empty() { name.to_owned() } else { label }
}

/// A message as a sentence: a capital at the start, a full stop at the end.
pub fn sentence(message: &str) -> String {
    let text = capitalised(message.trim());
    if text.is_empty() || text.ends_with(['.', '!', '?', '…', ')']) { text } else { format!("{text}.") }
}

/// A label within a sentence: `Database name` is "database name", `URL` and `Go version` keep what they are.
pub fn within(label: &str) -> String {
    let mut chars = label.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => {
            first.to_lowercase().chain(label.chars().skip(1)).collect()
        }
        _ => label.to_owned(),
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_name_becomes_a_label() {
        for (name, label) in [
            ("dbDriver", "Db driver"),
            ("size", "Size"),
            ("teamId", "Team id"),
            ("serviceAccountARN", "Service account ARN"),
            ("HTTPPort", "HTTP port"),
            ("node-pool_name", "Node pool name"),
            ("s3Bucket", "S3 bucket"),
            ("--", "--"),
            ("", ""),
        ] {
            assert_eq!(humanised(name), label);
        }
    }
}
