//! The query parameters of the Kubernetes API, read into what the verbs take.

use crate::service::{
    kinds::Served,
    objects::{UnknownFields, WriteOptions},
};
use domain::{Error, ErrorKind, Result, selector::Selector};
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
    pub field_validation: String,
    /// For `log`: lines after this one; stay for more.
    pub after: Option<i64>,
    pub follow: String,
}

impl Params {
    pub fn read(query: Option<&str>) -> Result<Self> {
        axum::extract::Query::<Self>::try_from_uri(&format!("/?{}", query.unwrap_or_default()).parse().map_err(|_| Error::bad_request("the query cannot be read"))?)
            .map(|query| query.0)
            .map_err(|e| Error::bad_request(e.body_text()))
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
            other => return Err(Error::new(ErrorKind::Invalid, format!("dryRun: Unsupported value: {other:?}: supported values: \"All\""))),
        };
        let unknown_fields = match self.field_validation.as_str() {
            "" | "Warn" => UnknownFields::Warn,
            "Ignore" => UnknownFields::Ignore,
            "Strict" => UnknownFields::Refuse,
            other => return Err(Error::bad_request(format!("fieldValidation: Unsupported value: {other:?}: supported values: \"Ignore\", \"Warn\", \"Strict\""))),
        };
        Ok(WriteOptions { dry_run, unknown_fields })
    }

    /// The list these parameters ask for.
    pub fn query(&self, served: &Served, namespace: &str) -> Result<Query> {
        const LARGEST: i64 = 500;
        let (name, field_namespace) = self.fields()?;
        Ok(Query {
            namespaces: [namespace.to_owned(), field_namespace].into_iter().find(|namespace| !namespace.is_empty()).into_iter().collect(),
            name,
            labels: Selector::parse(&self.label_selector)?,
            // 0 is "all of them", as the Kubernetes API has it
            limit: self.limit.unwrap_or(0).clamp(0, LARGEST),
            after: if self.cursor.is_empty() { None } else { Some(Cursor::parse(&self.cursor)?) },
            ..Query::of_kind(&served.group, &served.kind)
        })
    }

    /// `metadata.name` and `metadata.namespace` are the fields every kind can be selected by.
    fn fields(&self) -> Result<(Option<String>, String)> {
        let (mut name, mut namespace) = (None, String::new());
        for part in self.field_selector.split(',').filter(|part| !part.is_empty()) {
            let (field, value) = part.split_once("==").or_else(|| part.split_once('=')).ok_or_else(|| Error::bad_request(format!("invalid selector: {part:?}")))?;
            match field {
                "metadata.name" => name = Some(value.to_owned()),
                "metadata.namespace" => value.clone_into(&mut namespace),
                other => return Err(Error::bad_request(format!("field label not supported: {other}"))),
            }
        }
        Ok((name, namespace))
    }
}

fn is_true(text: &str) -> bool {
    matches!(text, "true" | "1")
}
