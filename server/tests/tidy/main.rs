//! The rules of this house that a machine can check. A rule that fails names every place that breaks it.

mod documents;
mod layers;
mod migrations;
mod rust;
mod sources;
mod style;
mod workspace;

/// Fails with all offences at once, so that one run is enough to mend them.
#[track_caller]
fn none(rule: &str, offences: &[String]) {
    assert!(offences.is_empty(), "{rule}:\n  {}\n", offences.join("\n  "));
}
