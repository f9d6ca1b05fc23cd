//! Children: resources that a step of another one asks for. They are written through the same door as everybody's, belong to their parent, and
//! the step is done when they are ready. Looked at anew in each pass: whoever changes a child wakes its parent.

use crate::{
    driver::Orchestrator,
    steps::access::Rights,
    steps::{StepInput, template},
    wait,
};
use domain::{
    Error, ErrorKind, Object, Result,
    plan::{CHILD, CHILD_OF_STEP, CHILD_WAIT, Observed, child_of_step, child_trouble},
    run::{Outcome, StepAt},
};
use futures::future::BoxFuture;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The door children go through: validation, defaults, requests, audit and wake-ups as for everybody's resources.
pub trait Gate: Send + Sync + 'static {
    /// Makes or changes a child of the parent; answers with what is stored.
    fn put<'a>(&'a self, parent: &'a Object, child: Object) -> BoxFuture<'a, Result<Object>>;

    /// A token that can do this, and nothing else.
    fn let_in(&self, rights: Rights) -> BoxFuture<'_, Result<String>>;

    /// Takes a token away again.
    fn let_out<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<()>>;

    /// Asks for a child's deletion.
    fn delete<'a>(&'a self, parent: &'a Object, child: &'a Object) -> BoxFuture<'a, Result<()>>;

    /// Asks for the deletion of a resource whose time is over.
    fn expire<'a>(&'a self, resource: &'a Object) -> BoxFuture<'a, Result<()>>;
}

/// What `with` says.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct With {
    /// The name a child has for the steps after it, to the template of its object.
    resources: Map<String, Value>,
    wait: Wait,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Wait {
    /// Until all of them are.
    #[default]
    Ready,
    /// Not at all: it is enough that they have been asked for.
    Created,
}

/// Reads a definition without asking for anything.
pub fn check(with: &Value) -> Result<()> {
    let with: With = domain::object::decode(with.clone(), "with")?;
    template::check_tree(&with.resources, "with.resources")
}

/// The names that its templates look up.
pub fn mentioned(with: &Value) -> Result<BTreeSet<(String, String)>> {
    let with: With = domain::object::decode(with.clone(), "with")?;
    template::mentioned_in_tree(&with.resources, "with.resources")
}

impl Orchestrator {
    /// One look of a `resource` step: the children are as asked for, those that are asked for no longer are on their way out.
    pub(crate) async fn look_after_children(
        &self,
        next: &mut Observed,
        at: StepAt,
        input: &StepInput,
    ) -> Result<Outcome> {
        let with: With = domain::object::decode(input.step.with.clone(), "with")?;
        let from = child_of_step(&input.marked_pipeline(), &input.step.name);
        let asked = template::tree_of(input, &with.resources, "with.resources")?;
        let mut waiting = Vec::new();
        let mut kept = Vec::new();
        for (alias, document) in asked {
            let place = format!("with.resources.{alias}");
            let child = child(&next.resource, &alias, &from, with.wait, document, &place)?;
            let put = self.gate()?.put(&next.resource, child).await;
            let stored = match put {
                Ok(stored) => stored,
                // it goes first, or the world is busy: the next look finds it otherwise
                Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::ServiceUnavailable) => {
                    waiting.push(format!("{place}: {}", error.message));
                    continue;
                }
                Err(error) => return Err(Error { message: format!("{place}: {}", error.message), ..error }),
            };
            kept.push(stored.metadata.uid.clone());
            waiting.extend(child_trouble(&stored));
            next.children.retain(|known| known.metadata.uid != stored.metadata.uid);
            next.children.push(stored);
        }
        for gone in next.children.iter().filter(|child| {
            child.metadata.labels.get(CHILD_OF_STEP) == Some(&from) && !kept.contains(&child.metadata.uid)
        }) {
            if !gone.deleting() {
                self.gate()?.delete(&next.resource, gone).await?;
            }
            waiting.push(format!("{} {} is being removed", gone.kind, gone.metadata.name));
        }
        if waiting.is_empty() {
            let count = kept.len();
            let message = if count == 1 { "1 child".to_owned() } else { format!("{count} children") };
            Ok(wait::done(next, at, message))
        } else {
            Ok(Outcome::Waiting { message: waiting.join("; ") })
        }
    }
}

/// The object of a child, with what ties it to its parent.
fn child(parent: &Object, alias: &str, from: &str, wait: Wait, document: Value, place: &str) -> Result<Object> {
    let mut child = Object::from_value(document).map_err(|e| Error::bad_request(format!("{place}: {}", e.message)))?;
    let metadata = &mut child.metadata;
    if metadata.name.is_empty() {
        metadata.name = format!("{}-{alias}", parent.metadata.name);
    }
    if metadata.namespace.is_empty() {
        metadata.namespace.clone_from(&parent.metadata.namespace);
    }
    if metadata.namespace != parent.metadata.namespace {
        return Err(Error::bad_request(format!("{place}.metadata.namespace: a child lives in its parent's namespace")));
    }
    metadata.owner_references = vec![parent.as_owner()];
    metadata.labels.insert(CHILD.to_owned(), alias.to_owned());
    metadata.labels.insert(CHILD_OF_STEP.to_owned(), from.to_owned());
    if wait == Wait::Created {
        metadata.labels.insert(CHILD_WAIT.to_owned(), "created".to_owned());
    }
    Ok(child)
}

/// What later steps see of the children, each under the name its step gave it.
pub(crate) fn seen(children: &[Object]) -> Map<String, Value> {
    let seen = children.iter().filter_map(|child| {
        let alias = child.metadata.labels.get(CHILD)?.clone();
        let outputs = child.status.get("outputs").cloned().unwrap_or_else(|| json!({}));
        let mut value = child.to_value();
        value["outputs"] = outputs;
        Some((alias, value))
    });
    seen.collect()
}
