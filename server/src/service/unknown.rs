//! Fields at the top of an object that its kind does not have: refused, warned of or passed over, as `fieldValidation` says.

use super::{
    kinds::{Origin, Served},
    objects::UnknownFields,
};
use domain::{Error, Object, Result};
use std::fmt::Write as _;

/// Takes them out of the object and returns the warnings. What a promise offers is judged by its schema, these fields with it.
pub(super) fn fields(
    served: &Served,
    object: &mut Object,
    stored: Option<&Object>,
    policy: UnknownFields,
) -> Result<Vec<String>> {
    let own: &[&str] = match (&served.origin, served.kind.as_str()) {
        (Origin::Promised(_), _) => return Ok(Vec::new()),
        (Origin::Secret, _) => &["data", "stringData", "type", "immutable"],
        (Origin::ConfigMap, _) => &["data", "binaryData", "immutable"],
        (_, "HealthRecord") => &["data"],
        _ => &[],
    };
    let known = |key: &str| own.contains(&key);
    let unknown: Vec<String> = object.rest.keys().filter(|key| !known(key)).cloned().collect();
    object.rest.retain(|key, _| known(key));
    // one that was stored before it was looked at is nobody's slip now
    let news = unknown.into_iter().filter(|key| stored.is_none_or(|stored| !stored.rest.contains_key(key))).collect();
    judged(served, news, policy)
}

/// The warnings about unknown fields, or the refusal in the words of an API server.
pub(super) fn judged(served: &Served, fields: Vec<String>, policy: UnknownFields) -> Result<Vec<String>> {
    const MOST: usize = 20;
    let told = |field: &String| format!("unknown field {field:?}");
    match policy {
        UnknownFields::Ignore => Ok(Vec::new()),
        UnknownFields::Warn => Ok(fields.iter().map(told).collect()),
        UnknownFields::Refuse if fields.is_empty() => Ok(Vec::new()),
        UnknownFields::Refuse => {
            let more = fields.len().saturating_sub(MOST);
            let mut list = fields.iter().take(MOST).map(told).collect::<Vec<_>>().join(", ");
            if more > 0 {
                _ = write!(list, " and {more} more");
            }
            Err(Error::bad_request(format!(
                "{} in version {:?} cannot be handled as a {}: strict decoding error: {list}",
                served.kind, served.version, served.kind
            )))
        }
    }
}
