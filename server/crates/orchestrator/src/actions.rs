//! Day-2 actions: whether one may begin as its resource stands, and what its steps are given.

use crate::{
    driver::Orchestrator,
    outputs,
    steps::{StepInput, condition},
};
use domain::{
    Error, Object, Result, Timestamp,
    output::mark,
    plan::{Observed, Offer, action_pipeline},
    run::Run,
    workflow::Action,
};
use forms::rules::Condition;
use serde_json::{Map, Value, json};

/// What the condition of an action may speak of. `object` is the same as `resource`.
const NAMES: [&str; 4] = ["resource", "object", "promise", "status"];

/// The action a step belongs to, as its templates and processes see it.
#[derive(Clone, Debug)]
pub struct Act {
    pub name: String,
    pub asked_by: String,
    /// When its run began.
    pub at: Option<Timestamp>,
    pub input: Value,
}

/// Reads the condition of an action without asking whether it holds.
pub fn check(source: &str, at: &str) -> Result<()> {
    Condition::read(source, &NAMES, at).map(drop)
}

/// Whether an action may begin as the resource stands; the error says why not.
pub fn allowed(action: &Action, resource: &Object, offer: &Offer) -> Result<(), String> {
    let Some(source) = &action.when else { return Ok(()) };
    let mut values = condition::values(resource, offer, Map::new());
    values.retain(|(name, _)| NAMES.contains(name));
    match Condition::read(source, &NAMES, "").and_then(|condition| condition.holds(&values)) {
        Ok(true) => Ok(()),
        // what it speaks of may not be there yet
        Ok(false) | Err(_) if !action.when_message.is_empty() => Err(action.when_message.clone()),
        Ok(false) => Err(format!("it can be asked for when {}", source.trim())),
        Err(error) => Err(error.message),
    }
}

/// Asks about the action whose turn it is.
pub(crate) fn judge(next: &mut Observed, request: &str) {
    let asked = next.requests.iter().find(|asked| asked.metadata.uid == request);
    let judged = asked.zip(next.offer.as_ref()).map(|(asked, offer)| match offer.action(&asked.spec.action) {
        Some(action) => allowed(action, &next.resource, offer),
        None => Err(format!("the promise offers no action {}", asked.spec.action)),
    });
    next.judged.insert(request.to_owned(), judged.unwrap_or(Ok(())));
}

/// The key under which a secret of an action's input is sealed.
pub fn sealed_as(request: &str, name: &str) -> String {
    format!("action/{request}/{name}")
}

impl Orchestrator {
    /// What the steps of an action's run are given. Secrets are opened for steps that act outside; in files that are rendered their marks stand.
    pub(crate) async fn act(
        &self,
        run: &Run,
        resource: &Object,
        open: bool,
        secrets: &mut Vec<String>,
    ) -> Result<Option<Act>> {
        let Some(call) = &run.spec.action else { return Ok(None) };
        let mut input = if call.input.is_object() { call.input.clone() } else { json!({}) };
        let sealed = |input: &Map<String, Value>| input.values().any(|value| mark(value).is_some());
        if let Some(fields) = input.as_object_mut().filter(|input| open && sealed(input)) {
            let opened = self.inner.store.opened(resource).await?;
            for (name, value) in fields.iter_mut().filter(|(_, value)| mark(value).is_some()) {
                let Some(plain) = opened.get(&sealed_as(&call.request, name)) else { continue };
                *value = serde_json::from_slice(plain.as_bytes())
                    .map_err(|_| Error::internal("a sealed input is no JSON"))?;
                outputs::collect(value, secrets);
            }
        }
        let (name, asked_by) = (call.name.clone(), call.asked_by.clone());
        Ok(Some(Act { name, asked_by, at: run.status.started_at, input }))
    }
}

impl StepInput {
    /// The pipeline as works and children are marked with it: those of an action are told apart.
    pub(crate) fn marked_pipeline(&self) -> String {
        match &self.act {
            Some(act) => action_pipeline(&act.name, &self.pipeline),
            None => self.pipeline.clone(),
        }
    }
}
