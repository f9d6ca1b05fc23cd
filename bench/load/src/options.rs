//! `--name value` pairs.

use std::{collections::HashMap, str::FromStr, time::Duration};

pub struct Options(HashMap<String, String>);

impl Options {
    pub fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = HashMap::new();
        while let Some(word) = words.next() {
            let name = word.strip_prefix("--").ok_or_else(|| format!("`{word}` is not an option"))?;
            let value = words.next().ok_or_else(|| format!("--{name} has no value"))?;
            options.insert(name.to_owned(), value);
        }
        Ok(Self(options))
    }

    pub fn text(&self, name: &str) -> Result<String, String> {
        self.0.get(name).cloned().ok_or_else(|| format!("--{name} is missing"))
    }

    pub fn text_or(&self, name: &str, default: &str) -> String {
        self.0.get(name).map_or(default, String::as_str).to_owned()
    }

    pub fn number<T: FromStr>(&self, name: &str, default: T) -> Result<T, String> {
        match self.0.get(name) {
            Some(value) => value.parse().map_err(|_| format!("--{name}: `{value}` is not a number")),
            None => Ok(default),
        }
    }

    /// How long to wait for whatever is waited for.
    pub fn deadline(&self) -> Result<Duration, String> {
        Ok(Duration::from_secs(self.number("deadline", 600)?))
    }
}
