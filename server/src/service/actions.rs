//! Day-2 actions: which there are, whether they may be asked for now and why not, and the asking itself.

use super::{
    Asker, Services,
    kinds::{Promised, Served},
};
use domain::{
    Error, ErrorKind, Object, Result, Typed,
    caller::{PLATFORM, Verb},
    event::{Event, Level},
    object::GROUP,
    output,
    promise::Promise,
    request::{Operation, Request, RequestKind, RequestSpec},
    run::{ResourceRef, RunKind},
    workflow::{Action, Concurrency},
};
use forms::Schema;
use orchestrator::actions as conditions;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use store::{Guard, Op, Place, Query};

/// So many actions may wait for their turn.
const MOST_WAITING: usize = 20;

/// An action as somebody finds it on a resource.
pub struct Offered {
    pub name: String,
    pub action: Action,
    /// Why it cannot be asked for now, or not by them.
    pub refusal: Option<String>,
}

/// A resource with what decides about its actions.
struct Ground {
    object: Object,
    promised: Arc<Promised>,
    /// What is under way, in words.
    busy: Option<String>,
    waiting: usize,
}

impl Services {
    /// The actions of a resource, each with whether this caller may ask for it now.
    pub async fn actions(&self, asker: &Asker, served: &Served, namespace: &str, name: &str) -> Result<Vec<Offered>> {
        self.authorise(asker, Verb::Read, served, namespace)?;
        let ground = self.ground_of_actions(served, namespace, name).await?;
        let may = self.authorise(asker, Verb::Write, served, namespace);
        let actions = &ground.promised.offer.promise.spec.workflows.resource.actions;
        let offered = actions.iter().map(|(name, action)| Offered {
            name: name.clone(),
            action: action.clone(),
            refusal: may
                .as_ref()
                .err()
                .map(|error| error.message.clone())
                .or_else(|| refusal(asker, &ground, action).err().map(|error| error.message)),
        });
        Ok(offered.collect())
    }

    /// Asks for an action. The request is its record; the orchestrator runs it when its turn has come.
    pub async fn act(
        &self,
        asker: &Asker,
        served: &Served,
        (namespace, name): (&str, &str),
        wanted: &str,
        input: Value,
        dry_run: bool,
    ) -> Result<Request> {
        self.authorise(asker, Verb::Write, served, namespace)?;
        let ground = self.ground_of_actions(served, namespace, name).await?;
        let promise = &ground.promised.offer.promise;
        let action = action_of(promise, wanted)?;
        let what = || format!("{} of {}", action.title(wanted), served.invalid_name(name));
        refusal(asker, &ground, action)
            .map_err(|error| Error::new(error.kind, format!("{} cannot be done now: {}", what(), error.message)))?;
        let input = admitted(action, input, &what())?;
        let uid = self.ids.uid("req");
        let (input, seals) = self.sealed(&ground.object, action, &uid, input).await?;
        let now = self.now();
        let spec = RequestSpec {
            operation: Operation::Action,
            promise: promise.name.clone(),
            resource: ResourceRef::to(&ground.object),
            input,
            generation: ground.object.metadata.generation,
            action: wanted.to_owned(),
            asked_by: asker.caller.name.clone(),
            source: asker.source.clone(),
            ..RequestSpec::default()
        };
        let mut request = Request::submitted(&uid, spec, now);
        request.metadata.owner_references = vec![ground.object.as_owner()];
        if dry_run {
            return Ok(request);
        }
        let mut ops = vec![Op::Create(request.to_object())];
        ops.extend(seals);
        let metadata = &ground.object.metadata;
        ops.push(Op::Require {
            guard: Guard::Standing { uid: metadata.uid.clone() },
            otherwise: Error::conflict(format!("{} is being deleted", served.invalid_name(name))),
        });
        if action.concurrency == Concurrency::Forbid {
            // whoever asked at the same moment was first
            let query =
                Query { owner: Some(metadata.uid.clone()), active: Some(true), ..Query::of_kind(GROUP, "Request") };
            let otherwise = Error::conflict(format!("{} cannot be done now: something else was asked for", what()));
            ops.push(Op::Require { guard: Guard::Nothing { query: Box::new(query), since: 0 }, otherwise });
        }
        let words = format!("{} asked for {}", asker.caller.name, action.title(wanted));
        ops.push(Op::Event(
            Event::about(&ground.object, now, Level::Normal, "ActionRequested", words).by(&asker.caller.name),
        ));
        let told = json!({"action": wanted, "request": request.metadata.name, "input": request.spec.input});
        let subject = Object { spec: told, status: Value::Null, ..ground.object.clone() };
        ops.push(self.audit(asker, "act", None, Some(&subject)));
        ops.push(Op::Wake { key: metadata.uid.clone(), lane: metadata.namespace.clone(), due: now });
        self.store.commit(ops).await?;
        Ok(request)
    }

    async fn ground_of_actions(&self, served: &Served, namespace: &str, name: &str) -> Result<Ground> {
        let promised =
            served.promised().ok_or_else(|| Error::bad_request(format!("{} have no actions", served.plural)))?;
        let object = self.stored(served, namespace, name).await?;
        let promised = self.bound(promised, &object).await?;
        let uid = object.metadata.uid.clone();
        let owned = self.store.with_owned(&[&uid]).await?.remove(&uid).map(|(_, owned)| owned).unwrap_or_default();
        let (mut busy, mut waiting) = (None, 0);
        for object in owned.into_iter().filter(|object| object.group() == GROUP) {
            match object.kind.as_str() {
                "Run" => {
                    let run = Typed::<RunKind>::parse(object)?;
                    let words = match &run.spec.action {
                        Some(call) => format!("the action {} is under way", call.name),
                        None => format!("its {} workflow is under way", run.spec.workflow.as_str()),
                    };
                    busy = Some(words);
                }
                "Request" => {
                    let request = Typed::<RequestKind>::parse(object)?;
                    let action = request.spec.operation == Operation::Action;
                    waiting += usize::from(action);
                    let words = if action {
                        format!("the action {} was asked for", request.spec.action)
                    } else {
                        format!("somebody asked to {} it", request.spec.operation.as_str())
                    };
                    busy.get_or_insert(words);
                }
                _ => {}
            }
        }
        Ok(Ground { object, promised, busy, waiting })
    }

    /// What is secret of the input goes beside the resource, and a mark stands in its place.
    async fn sealed(
        &self,
        resource: &Object,
        action: &Action,
        request: &str,
        mut input: Value,
    ) -> Result<(Value, Vec<Op>)> {
        let mut seals = Vec::new();
        let metadata = &resource.metadata;
        for (name, value) in input.as_object_mut().into_iter().flatten() {
            if !output::described(&action.schema, name).is_some_and(output::is_secret) || !output::is_given(value) {
                continue;
            }
            let key = conditions::sealed_as(request, name);
            let place = Place { uid: &metadata.uid, namespace: &metadata.namespace, name: &metadata.name, key: &key };
            let plain = value.to_string().into_bytes();
            seals.push(self.store.seal(&place, &plain).await?);
            *value = output::sealed(&self.store.mark(&place, &plain).await?);
        }
        Ok((input, seals))
    }
}

/// An action by its name.
pub fn action_of<'a>(promise: &'a Promise, name: &str) -> Result<&'a Action> {
    let actions = &promise.spec.workflows.resource.actions;
    actions.get(name).ok_or_else(|| {
        let known: Vec<&str> = actions.keys().map(String::as_str).collect();
        let known =
            if known.is_empty() { "it offers none".to_owned() } else { format!("it offers {}", known.join(", ")) };
        Error::new(ErrorKind::NotFound, format!("the promise {} offers no action {name:?}; {known}", promise.name))
    })
}

/// The compiled schema of an action's input.
pub fn schema_of(action: &Action) -> Result<Schema> {
    if action.schema.is_null() {
        return Schema::parse(&json!({"type": "object", "properties": {}, "additionalProperties": false}));
    }
    Schema::parse(&action.schema)
}

/// Every action's condition can be asked, and every form drawn.
pub fn check(promise: &Promise) -> Result<()> {
    for (name, action) in &promise.spec.workflows.resource.actions {
        let at = format!("/spec/workflows/resource/actions/{name}");
        if let Some(source) = &action.when {
            conditions::check(source, &format!("{at}/when"))?;
        }
        schema_of(action).map_err(|error| Error {
            kind: ErrorKind::Invalid,
            message: format!(
                "Promise {:?} is invalid: spec.workflows.resource.actions.{name}.schema: {}",
                promise.name, error.message
            ),
            ..error
        })?;
    }
    Ok(())
}

fn refusal(asker: &Asker, ground: &Ground, action: &Action) -> Result<()> {
    let groups = &asker.caller.groups;
    let member = |role: &String| groups.contains(role);
    if !action.roles.is_empty() && !action.roles.iter().any(member) && !groups.iter().any(|group| group == PLATFORM) {
        let who = action.roles.join(", ");
        return Err(Error::forbidden(format!("{} may not do this; members of the group {who} can", asker.caller.name)));
    }
    if ground.object.deleting() {
        return Err(Error::conflict("it is being deleted"));
    }
    match (&ground.busy, action.concurrency) {
        (Some(busy), Concurrency::Forbid) => return Err(Error::conflict(busy.clone())),
        (Some(_), Concurrency::Queue) if ground.waiting >= MOST_WAITING => {
            return Err(Error::conflict(format!("{} actions wait already", ground.waiting)));
        }
        // how it stands when its turn comes is asked then
        (Some(_), Concurrency::Queue) => return Ok(()),
        (None, _) => {}
    }
    conditions::allowed(action, &ground.object, &ground.promised.offer).map_err(Error::conflict)
}

/// The input as it will be used: checked, with its defaults. What the schema does not know is refused.
fn admitted(action: &Action, input: Value, what: &str) -> Result<Value> {
    let input = if input.is_null() { Value::Object(Map::new()) } else { input };
    if !input.is_object() {
        return Err(Error::bad_request(format!(
            "the input of an action must be an object, not {}",
            domain::object::type_name(&input)
        )));
    }
    let admission = forms::admission::admit(&schema_of(action)?, &input, None, "input");
    if let [first, ..] = admission.dropped.as_slice() {
        return Err(Error::bad_request(format!("{what}: unknown field {first:?}")));
    }
    admission.into_result(what)
}
