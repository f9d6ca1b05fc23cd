//! Day-2 actions as pages show them: the buttons of a resource, and the form of one.

use super::{ServerPortal, secrets::COVERED};
use crate::service::{
    actions::{Offered, schema_of},
    kinds::Served,
};
use app::{
    pages::{
        action::ActionPage,
        form::Problem,
        resource::{ActionButton, TimeLeft},
    },
    paths::ResourceKey,
    portal::Result,
    view::FieldChange,
};
use domain::{
    Error, ErrorKind, Object,
    condition::Truth,
    expiry::words,
    output::mark,
    plan::EXPIRING,
    request::{Operation, Request},
    status::ResourceStatus,
    workflow::{Confirm, GoDuration},
};
use forms::{Filled, FormModel, labels::humanised};
use serde_json::Value;

impl ServerPortal {
    pub(super) async fn action_page(&self, key: &ResourceKey, name: &str) -> Result<ActionPage> {
        let (served, _, _) = self.found(key).await?;
        let offered = self.doors.services.actions(&self.asker, &served, &key.namespace, &key.name).await?;
        let offered = offered.into_iter().find(|offered| offered.name == name);
        let Offered { name, action, refusal } = offered
            .ok_or_else(|| Error::new(ErrorKind::NotFound, format!("{} has no action named {name}.", key.name)))?;
        let schema = schema_of(&action)?;
        let form = if action.takes_input() { Some(self.model(&schema, Filled::default()).await?) } else { None };
        self.acting(key, &name, form, Vec::new(), "")
            .await
            .map(|page| ActionPage { refusal: refusal.map(sentence).unwrap_or_default(), ..page })
    }

    /// The page around a form that is already there.
    pub async fn acting(
        &self,
        key: &ResourceKey,
        name: &str,
        form: Option<FormModel>,
        problems: Vec<Problem>,
        typed: &str,
    ) -> Result<ActionPage> {
        let (served, promised, object) = self.found(key).await?;
        let action = crate::service::actions::action_of(&promised.offer.promise, name)?;
        Ok(ActionPage {
            head: self.head(&object, &served).await?,
            name: name.to_owned(),
            title: action.title(name).to_owned(),
            description: action.description.clone(),
            form,
            type_name: matches!(action.confirm, Confirm::Type(_)),
            refusal: String::new(),
            problems,
            typed: typed.to_owned(),
        })
    }

    /// The buttons of a resource.
    pub(super) async fn buttons(&self, object: &Object, served: &Served) -> Result<Vec<ActionButton>> {
        let metadata = &object.metadata;
        if served.promised().is_none_or(|promised| promised.offer.promise.spec.workflows.resource.actions.is_empty()) {
            return Ok(Vec::new());
        }
        let offered = self.doors.services.actions(&self.asker, served, &metadata.namespace, &metadata.name).await;
        let offered = match offered {
            // it is held at a version that is not there: what it waits for says so
            Err(error) if matches!(error.kind, ErrorKind::Invalid | ErrorKind::NotFound) => Vec::new(),
            offered => offered?,
        };
        let button = |Offered { name, action, refusal }: Offered| ActionButton {
            title: action.title(&name).to_owned(),
            icon: action.icon.clone(),
            at_once: action.confirm == Confirm::None && !action.takes_input(),
            refusal: refusal.map(sentence).unwrap_or_default(),
            name,
        };
        Ok(offered.into_iter().map(button).collect())
    }
}

/// How much time a resource has left, where it has an end.
pub(super) fn time_left(status: &ResourceStatus, served: &Served) -> Option<TimeLeft> {
    let at = status.expires_at?;
    let policy = served.promised().and_then(|promised| promised.offer.promise.spec.expiry.as_ref());
    let warning = status.condition(EXPIRING).filter(|warning| warning.status == Truth::True);
    Some(TimeLeft {
        at,
        warning: warning.map_or_else(String::new, |warning| warning.message.clone()),
        extension: policy.and_then(|policy| policy.extend).map_or_else(String::new, |GoDuration(by)| words(by)),
    })
}

/// What was asked for with an action; a secret is a mark already.
pub(super) fn inputs(request: &Request) -> Vec<FieldChange> {
    if !matches!(request.spec.operation, Operation::Action | Operation::Extend) {
        return Vec::new();
    }
    let field = |(name, value): (&String, &Value)| FieldChange {
        label: humanised(name),
        path: format!("input.{name}"),
        before: String::new(),
        after: match value {
            value if mark(value).is_some() => COVERED.to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        },
    };
    request.spec.input.as_object().into_iter().flatten().map(field).collect()
}

/// The same as a document.
pub(super) fn input_as_yaml(input: &Value) -> String {
    let shown: serde_json::Map<String, Value> = input
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), if mark(value).is_some() { COVERED.into() } else { value.clone() }))
        .collect();
    if shown.is_empty() { String::new() } else { domain::document::to_yaml(&Value::Object(shown)) }
}

fn sentence(text: String) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
