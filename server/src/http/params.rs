//! The query parameters of the Kubernetes API, read into what the verbs take.

use crate::service::{
    kinds::Served,
    objects::{Dependents, UnknownFields, WriteOptions},
};
use domain::{
    Error, ErrorKind, Result,
    selector::{Requirement, Selector},
};
use serde::Deserialize;
use store::{Cursor, Query};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Params {
    pub label_selector: String,
    pub field_selector: String,
    pub limit: Option<i64>,
    #[serde(rename = "continue")]
    pub cursor: String,
    pub watch: String,
    pub resource_version: String,
    pub timeout_seconds: Option<u64>,
    pub send_initial_events: String,
    pub allow_watch_bookmarks: String,
    pub dry_run: String,
    pub grace_period_seconds: Option<i64>,
    pub field_validation: String,
    pub new_revision: String,
    pub accept_breaking: String,
    pub propagation_policy: String,
    /// For `log`: lines after this one; stay for more.
    pub after: Option<i64>,
    pub follow: String,
}

impl Params {
    pub fn read(query: Option<&str>) -> Result<Self> {
        let params = axum::extract::Query::<Self>::try_from_uri(
            &format!("/?{}", query.unwrap_or_default())
                .parse()
                .map_err(|_| Error::bad_request("the query cannot be read"))?,
        )
        .map(|query| query.0)
        .map_err(|e| Error::bad_request(e.body_text()))?;
        // no name, label or token has one, and PostgreSQL takes none
        if [&params.label_selector, &params.field_selector, &params.cursor]
            .into_iter()
            .any(|text| text.contains(char::is_control))
        {
            return Err(Error::bad_request("the query has control characters in it"));
        }
        Ok(params)
    }

    pub fn watching(&self) -> bool {
        is_true(&self.watch)
    }

    pub fn following(&self) -> bool {
        is_true(&self.follow)
    }

    pub fn write_options(&self) -> Result<WriteOptions> {
        let dry_run = match self.dry_run.as_str() {
            "" => false,
            "All" => true,
            other => {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    format!("dryRun: Unsupported value: {other:?}: supported values: \"All\""),
                ));
            }
        };
        let unknown_fields = match self.field_validation.as_str() {
            "" | "Warn" => UnknownFields::Warn,
            "Ignore" => UnknownFields::Ignore,
            "Strict" => UnknownFields::Refuse,
            other => {
                return Err(Error::bad_request(format!(
                    "fieldValidation: Unsupported value: {other:?}: supported values: \"Ignore\", \"Warn\", \"Strict\""
                )));
            }
        };
        let (new_revision, accept_breaking) = (is_true(&self.new_revision), is_true(&self.accept_breaking));
        let dependents = Dependents::Keep;
        Ok(WriteOptions {
            dry_run,
            unknown_fields,
            new_revision,
            accept_breaking,
            dependents,
            ..WriteOptions::default()
        })
    }

    /// The list these parameters ask for.
    pub fn query(&self, served: &Served, namespace: &str) -> Result<Query> {
        const LARGEST: i64 = 500;
        let (name, field_namespace) = self.fields()?;
        if self.limit.is_some_and(|limit| limit < 0) {
            return Err(Error::bad_request("limit: Invalid value: must be greater than or equal to 0"));
        }
        Ok(Query {
            namespaces: [namespace.to_owned(), field_namespace]
                .into_iter()
                .find(|namespace| !namespace.is_empty())
                .into_iter()
                .collect(),
            name,
            labels: self.labels()?,
            // 0 is "all of them", as the Kubernetes API has it
            limit: self.limit.unwrap_or(0).min(LARGEST),
            after: self.after_cursor()?,
            ..Query::of_kind(&served.group, &served.kind)
        })
    }

    pub fn after_cursor(&self) -> Result<Option<Cursor>> {
        if self.cursor.is_empty() {
            return Ok(None);
        }
        // the names in it need no escape; one that has an escape (5c is a backslash) was not written here
        let escaped = self.cursor.as_bytes().chunks(2).any(|pair| pair.eq_ignore_ascii_case(b"5c"));
        Cursor::parse(if escaped { "" } else { &self.cursor }).map(Some)
    }

    /// Each requirement is a part of the statement, and a database takes only so many.
    fn labels(&self) -> Result<Selector> {
        const MOST: usize = 100;
        const MOST_VALUES: usize = 1000;
        let selector = Selector::parse(&self.label_selector)?;
        let values: usize = selector.requirements.iter().map(values).sum();
        if selector.requirements.len() > MOST || values > MOST_VALUES {
            return Err(Error::bad_request(format!(
                "labelSelector: at most {MOST} requirements with {MOST_VALUES} values in all"
            )));
        }
        Ok(selector)
    }

    /// `metadata.name` and `metadata.namespace` are the fields every kind can be selected by.
    fn fields(&self) -> Result<(Option<String>, String)> {
        let (mut name, mut namespace) = (None, String::new());
        for part in self.field_selector.split(',').filter(|part| !part.is_empty()) {
            let (field, value) = part
                .split_once("==")
                .or_else(|| part.split_once('='))
                .ok_or_else(|| Error::bad_request(format!("invalid selector: {part:?}")))?;
            match field {
                "metadata.name" => name = Some(value.to_owned()),
                "metadata.namespace" => value.clone_into(&mut namespace),
                other => return Err(Error::bad_request(format!("field label not supported: {other}"))),
            }
        }
        Ok((name, namespace))
    }
}

fn values(requirement: &Requirement) -> usize {
    match requirement {
        Requirement::In(_, values) | Requirement::NotIn(_, values) => values.len(),
        Requirement::Exists(_) | Requirement::Missing(_) => 0,
    }
}

fn is_true(text: &str) -> bool {
    matches!(text, "true" | "1")
}
