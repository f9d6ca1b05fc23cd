//! A promise as those see it who run it: what its definition lacks, its form through others' eyes, what inputs would lead to.

use super::{ServerPortal, effects, facts, platform, requests::diffs, secrets::Cover, weighed::weighed};
use crate::service::{Asker, kinds::Promised};
use app::{
    pages::{
        form::Problem,
        promise_admin::{Missing, PromiseAdminPage},
        request::{Plan, PlannedDestination},
    },
    view::{PromiseCard, Tone},
};
use domain::{
    Caller, Cause, Error, ErrorKind, Result,
    caller::{Role, Target, Verb, may},
    promise::{Promise, UNVERSIONED},
    run::Workflow,
};
use forms::{Decoded, Filled, lint};
use std::collections::BTreeSet;
use store::Query;

/// Combinations that are counted.
const COUNTED: i64 = 20_000;

impl ServerPortal {
    pub(super) async fn promise_admin_page(&self, name: &str, persona: &str) -> Result<PromiseAdminPage> {
        self.administered(name, persona, &Decoded::default(), &[]).await
    }

    /// The page with what somebody typed into its form.
    pub async fn administered(
        &self,
        name: &str,
        persona: &str,
        typed: &Decoded,
        causes: &[Cause],
    ) -> Result<PromiseAdminPage> {
        may(&self.asker.caller, Verb::Write, Target::Platform("promises")).map_err(Error::forbidden)?;
        let (served, promised) = self.offer(name)?;
        let promise = &promised.offer.promise;
        let role = role(persona)?;
        let store = &self.doors.services.store;
        let of_promise = Query { promise: Some(name.to_owned()), resources: true, ..Query::default() };
        let (counts, owners, versions, stands) = futures::try_join!(
            store.fleet(&of_promise, COUNTED),
            store.facets(&of_promise, store::Facet::AskedBy),
            self.versions(name, &[]),
            self.standing(promise)
        )?;
        let owners = owners.iter().filter(|(owner, _)| !owner.is_empty()).count();
        let namespaces: BTreeSet<&String> = counts.iter().map(|count| &count.namespace).collect();
        let (owners, namespaces) = (owners as u64, namespaces.len() as u64);
        let usage = platform::of_versions(counts, &promise.version);
        let in_use = |version: &str| {
            let runs = usage.iter().find(|of| of.version.value == version);
            runs.map_or(0, |of| of.version.count)
        };
        let value = Some(&typed.value).filter(|value| value.is_object());
        let filled = Filled { value, causes, texts: Some(&typed.texts), ..Filled::default() };
        let titles = facts::titles(&self.offers());
        let card = facts::card(promise, 0, None, String::new());
        Ok(PromiseAdminPage {
            card: PromiseCard { title: titles.get(name).cloned().unwrap_or_else(|| card.title.clone()), ..card },
            api_version: served.api_version(),
            kind: served.kind.clone(),
            waits_for: stands.waits_for,
            missing: self.missing(&promised).await?,
            versions: versions
                .into_iter()
                .map(|row| app::pages::promise::VersionRow { in_use: in_use(&row.version), ..row })
                .collect(),
            usage,
            owners,
            namespaces,
            personas: Role::ALL.map(|role| (role.as_str().to_owned(), title(role).to_owned())).into(),
            persona: role.as_str().to_owned(),
            form: self.seen_by(role).model(&promised.schema, filled).await?,
            problems: Vec::new(),
            tried: None,
        })
    }

    /// What inputs would lead to, on the rights of that role. Nothing is made and nothing is kept.
    pub async fn tried(&self, name: &str, persona: &str, typed: &Decoded) -> Result<PromiseAdminPage> {
        let (served, promised) = self.offer(name)?;
        let promise = &promised.offer.promise;
        let mut page = self.administered(name, persona, typed, &typed.causes).await?;
        if !typed.causes.is_empty() {
            return Ok(page);
        }
        let as_role = self.seen_by(role(persona)?);
        let namespace = as_role.namespaces().await?.into_iter().next().unwrap_or_else(|| "default".to_owned());
        let tried = format!("tried-{}", self.doors.services.ids.suffix());
        let services = &self.doors.services;
        let cover = Cover::of(&promised.schema, [&typed.value]);
        match services.plan(&as_role.asker, &served, &namespace, &tried, typed.value.clone(), None).await {
            Ok(preview) => {
                let places = self.places().await?;
                let destination = |name: &String| PlannedDestination {
                    name: name.clone(),
                    because: String::new(),
                    writes_to: places.in_full(name),
                };
                let files =
                    if preview.refusal.is_some() { Vec::new() } else { diffs(preview.files.into_iter(), &cover) };
                page.tried = Some(Plan {
                    files,
                    destinations: preview.destinations.iter().map(destination).collect(),
                    weighed: weighed(&preview.choices),
                    effects: effects::of(promise, Workflow::Configure),
                    waits: preview.waits.unwrap_or_default(),
                    incomplete: preview.refusal.or(preview.nowhere).map(|why| cover.text(&why)).unwrap_or_default(),
                    ..Plan::default()
                });
                Ok(page)
            }
            Err(error) if !error.causes.is_empty() => self.administered(name, persona, typed, &error.causes).await,
            Err(error) if matches!(error.kind, ErrorKind::Invalid | ErrorKind::BadRequest | ErrorKind::Conflict) => {
                page.problems.push(Problem { field: String::new(), message: cover.text(&error.message) });
                Ok(page)
            }
            Err(error) => Err(error),
        }
    }

    /// The portal as somebody in that role sees it, who is nobody in particular.
    fn seen_by(&self, role: Role) -> Self {
        let caller = Caller {
            name: format!("any-{}", role.as_str()),
            groups: vec![role.group().to_owned()],
            ..Caller::default()
        };
        Self::new(self.doors.clone(), Asker { caller, source: "page".to_owned(), ..Asker::default() })
    }

    async fn missing(&self, promised: &Promised) -> Result<Vec<Missing>> {
        let promise = &promised.offer.promise;
        let mut missing = lacks(promise);
        if let Some(need) = self.homeless_of(promise).await? {
            missing.push(Missing { tone: Tone::Warn, at: "spec.destinationSelectors".to_owned(), says: need });
        }
        let remark = |finding: lint::Finding| Missing {
            tone: if finding.severity == lint::Severity::Error { Tone::Bad } else { Tone::Warn },
            at: format!("spec.api.schema{}", finding.pointer.replace('/', ".")),
            says: finding.message,
        };
        missing.extend(lint::lint_parsed(&promised.schema).into_iter().map(remark));
        Ok(missing)
    }
}

/// What a good definition has and this one has not.
fn lacks(promise: &Promise) -> Vec<Missing> {
    let spec = &promise.spec;
    let steps = !spec.workflows.resource.configure.is_empty();
    let wanted = [
        (spec.title.is_empty(), "spec.title", "It has no title: people see its name."),
        (
            spec.description.is_empty(),
            "spec.description",
            "It has no description: its card in the catalog says nothing.",
        ),
        (spec.owner.is_empty(), "spec.owner", "It has no owner: nobody knows whom to ask."),
        (spec.docs.is_empty(), "spec.docs", "It has no documentation."),
        (spec.examples.is_empty(), "spec.examples", "It has no example to start from."),
        (promise.version == UNVERSIONED, "metadata.labels", "It has no version: nobody can pin it."),
        (!steps, "spec.workflows.resource.configure", "It has no workflow: a request would make nothing."),
        (
            spec.outputs.get("properties").is_none(),
            "spec.outputs",
            "It declares no outputs: nobody knows what it gives back.",
        ),
        (spec.health.is_none(), "spec.health", "It has no health check: nobody sees whether its resources work."),
    ];
    let told = wanted.into_iter().filter(|(is_missing, ..)| *is_missing);
    told.map(|(_, at, says)| Missing { tone: Tone::Quiet, at: at.to_owned(), says: says.to_owned() }).collect()
}

fn role(word: &str) -> Result<Role> {
    let known = Role::ALL.into_iter().find(|role| role.as_str() == word || word.is_empty());
    known.ok_or_else(|| Error::bad_request("A form is looked at as a developer or as somebody of the platform."))
}

fn title(role: Role) -> &'static str {
    match role {
        Role::Developer => "As a developer",
        Role::Platform => "As the platform team",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_promise_lacks_nearly_everything() {
        let mut promise = Promise { name: "db".into(), version: "v1".into(), ..Promise::default() };
        let at = |promise: &Promise| lacks(promise).into_iter().map(|missing| missing.at).collect::<Vec<_>>().join(" ");
        assert_eq!(
            at(&promise),
            "spec.title spec.description spec.owner spec.docs spec.examples spec.workflows.resource.configure spec.outputs spec.health"
        );
        promise.spec.owner = "group:default/data".into();
        promise.spec.title = "Database".into();
        assert!(!at(&promise).contains("owner") && !at(&promise).contains("title"));
    }

    #[test]
    fn whose_form_it_is_must_be_known() {
        assert_eq!((role("").unwrap(), role("platform").unwrap()), (Role::Developer, Role::Platform));
        assert_eq!(role("root").unwrap_err().kind, ErrorKind::BadRequest);
    }
}
