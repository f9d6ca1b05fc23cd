//! What to submit, and where.

use crate::{
    http::{Answer, Connection},
    options::Options,
};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

pub struct Target {
    pub address: String,
    pub token: String,
    /// Where to POST; `{name}` stands for the name.
    path: String,
    /// What to POST; `{name}` stands for the name.
    body: String,
    /// Names start with it, so that several rounds can share a database.
    pub prefix: String,
    pub count: usize,
    pub concurrency: usize,
    pub deadline: Duration,
    next: AtomicUsize,
}

/// Why something was not acknowledged.
pub enum Unanswered {
    /// The connection broke: nobody knows whether it was done.
    Broken(String),
    Refused(String),
}

impl Target {
    pub fn read(options: &Options) -> Result<Self, String> {
        Ok(Self {
            address: options.text("address")?,
            token: options.text_or("token", ""),
            path: options.text("path")?,
            body: options.text("body")?,
            prefix: options.text("prefix")?,
            count: options.number("count", 1000)?,
            concurrency: options.number("concurrency", 64)?,
            deadline: options.deadline()?,
            next: AtomicUsize::new(0),
        })
    }

    pub fn connect(&self) -> Result<Connection, Unanswered> {
        Connection::open(&self.address, &self.token, self.deadline)
            .map_err(|error| Unanswered::Broken(format!("{}: {error}", self.address)))
    }

    /// The next number that nobody has taken yet; `None` when all are.
    pub fn take(&self) -> Option<usize> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (number < self.count).then_some(number)
    }

    pub fn name(&self, number: usize) -> String {
        format!("{}{number:06}", self.prefix)
    }

    /// The number in a name of ours.
    pub fn number(&self, name: &str) -> Option<usize> {
        name.strip_prefix(&self.prefix)?.parse().ok().filter(|number| *number < self.count)
    }

    pub fn post(&self, connection: &mut Connection, name: &str) -> Result<Answer, Unanswered> {
        let (path, body) = (self.path.replace("{name}", name), self.body.replace("{name}", name));
        let answer = connection
            .post(&path, body.as_bytes())
            .map_err(|error| Unanswered::Broken(format!("POST {name}: {error}")))?;
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        let said = String::from_utf8_lossy(&answer.body);
        Err(Unanswered::Refused(format!("POST {path} for {name}: {} {said}", answer.status)))
    }
}

impl From<Unanswered> for String {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::Broken(error) | Unanswered::Refused(error) => error,
        }
    }
}
