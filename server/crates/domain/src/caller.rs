//! Who asks, and the one function that says whether they may.

use crate::workflow::Permission;
use serde::{Deserialize, Serialize};

/// The authenticated person or token on whose rights something happens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    pub name: String,
    pub groups: Vec<String>,
    /// All that a pipeline may do; a person has none of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Permission>,
    /// What a token narrows its owner's rights to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
}

/// Less than all that somebody may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Scope {
    /// Nothing is changed.
    pub read_only: bool,
    /// In these namespaces alone; empty for all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
}

/// What whoever works in one namespace has to know of all.
const KNOWN_TO_ALL: [&str; 2] = ["promises", "revisions"];

impl Scope {
    /// Whether it is within, whatever else its owner may.
    pub fn covers(&self, verb: Verb, plural: &str, namespaced: bool, namespace: &str) -> Result<(), String> {
        if self.read_only && !verb.only_looks() {
            return Err("this token is for reading only".to_owned());
        }
        let is_within = if namespaced {
            self.namespaces.iter().any(|one| one == namespace)
        } else {
            verb.only_looks() && KNOWN_TO_ALL.contains(&plural)
        };
        if self.namespaces.is_empty() || is_within {
            return Ok(());
        }
        Err(format!("this token is for the namespaces {} only", self.namespaces.join(", ")))
    }
}

/// Members may do everything. People who run the platform.
pub const PLATFORM: &str = "platform";
/// Members may ask for services in every namespace.
pub const DEVELOPERS: &str = "developers";

/// What a person or a machine may do here, by the name it is given with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Developer,
    Platform,
}

impl Role {
    pub const ALL: [Self; 2] = [Self::Developer, Self::Platform];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Developer => "developer",
            Self::Platform => "platform",
        }
    }

    /// The group whose members have it.
    pub fn group(self) -> &'static str {
        match self {
            Self::Developer => DEVELOPERS,
            Self::Platform => PLATFORM,
        }
    }
}

/// The names of the roles that membership in these groups gives.
pub fn roles(groups: &[String]) -> Vec<&'static str> {
    let has = |role: &Role| groups.iter().any(|group| group == role.group());
    Role::ALL.into_iter().filter(has).map(Role::as_str).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Read,
    List,
    Create,
    Change,
    Delete,
    /// A deed that the API of a cluster has no word for.
    Write,
}

impl Verb {
    fn only_looks(self) -> bool {
        matches!(self, Self::Read | Self::List)
    }

    /// In the words of a cluster's roles.
    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Read => &["get"],
            Self::List => &["list", "watch"],
            Self::Create => &["create"],
            Self::Change => &["update", "patch"],
            Self::Delete => &["delete"],
            Self::Write => &[],
        }
    }
}

/// What a pipeline asks for, as the rules of a cluster's roles see it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub group: &'a str,
    pub plural: &'a str,
    /// Empty for all of them, and for what stands in none.
    pub namespace: &'a str,
    /// Empty for all of them.
    pub name: &'a str,
}

impl Caller {
    /// Whether this is somebody themselves, and not a token that may do less than they.
    pub fn is_whole(&self) -> bool {
        self.grants.is_empty() && self.scope.is_none()
    }

    /// Whether one of the grants covers it. Whoever has grants has nothing else.
    pub fn is_granted(&self, verb: Verb, asked: Asked<'_>) -> Result<(), String> {
        let has = |list: &[String], word: &str| list.iter().any(|one| one == "*" || one == word);
        let covers = |grant: &Permission| {
            has(&grant.api_groups, asked.group)
                && has(&grant.resources, asked.plural)
                && (grant.resource_names.is_empty() || grant.resource_names.iter().any(|name| name == asked.name))
                && has(std::slice::from_ref(&grant.resource_namespace), asked.namespace)
                && (has(&grant.verbs, "*") || verb.words().iter().any(|word| has(&grant.verbs, word)))
        };
        if self.grants.iter().any(covers) {
            return Ok(());
        }
        Err(format!("the permissions of {} do not list it", self.name))
    }
}

/// What a verb is about, as far as rights care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// The portal and the API's discovery documents.
    Catalog,
    /// A kind of Midspan's own, by plural.
    Platform(&'a str),
    /// A resource made from a promise.
    Resource {
        namespace: &'a str,
    },
    Namespaces,
    /// Access tokens: who has which, and when they end.
    Tokens,
}

/// Default deny: whoever is in no group of ours may nothing. The error says who could.
pub fn may(caller: &Caller, verb: Verb, target: Target<'_>) -> Result<(), String> {
    let in_group = |group: &str| caller.groups.iter().any(|g| g == group);
    if let Some(scope) = &caller.scope {
        match target {
            Target::Resource { namespace } => scope.covers(verb, "", true, namespace)?,
            Target::Catalog => scope.covers(verb, "promises", false, "")?,
            // in which namespace, whoever asks has asked before
            _ => Scope { namespaces: Vec::new(), ..*scope }.covers(verb, "", false, "")?,
        }
    }
    if in_group(PLATFORM) {
        return Ok(());
    }
    let refuse = |who: &str| Err(format!("{} may not do this; members of the group {who} can", caller.name));
    if !in_group(DEVELOPERS) {
        return refuse(DEVELOPERS);
    }
    match (verb, target) {
        (_, Target::Tokens) => refuse(PLATFORM),
        // a developer's own work: runs, requests and placements are written by the orchestrator alone
        (_, Target::Resource { .. } | Target::Platform("requests")) => Ok(()),
        (verb, _) if verb.only_looks() => Ok(()),
        _ => refuse(PLATFORM),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(groups: &[&str], verb: Verb, target: Target<'_>, allowed: bool) {
        let caller = Caller {
            name: "ana".into(),
            groups: groups.iter().map(|g| (*g).to_owned()).collect(),
            ..Caller::default()
        };
        assert_eq!(may(&caller, verb, target).is_ok(), allowed, "{groups:?} {verb:?} {target:?}");
    }

    #[test]
    fn developers_ask_for_services_and_platform_engineers_define_them() {
        let resource = Target::Resource { namespace: "default" };
        check(&[DEVELOPERS], Verb::Write, resource, true);
        check(&[DEVELOPERS], Verb::Read, Target::Platform("promises"), true);
        check(&[DEVELOPERS], Verb::Write, Target::Platform("promises"), false);
        check(&[DEVELOPERS], Verb::Write, Target::Namespaces, false);
        check(&[PLATFORM], Verb::Write, Target::Platform("promises"), true);
        check(&[DEVELOPERS], Verb::Read, Target::Tokens, false);
        check(&[PLATFORM], Verb::Write, Target::Tokens, true);
        check(&[], Verb::Read, Target::Catalog, false);
    }

    #[test]
    fn a_token_narrows_what_its_owner_may_and_never_widens_it() {
        let of = |groups: &[&str], read_only: bool, namespaces: &[&str]| Caller {
            name: "ana".into(),
            groups: groups.iter().map(|g| (*g).to_owned()).collect(),
            scope: Some(Scope { read_only, namespaces: namespaces.iter().map(|n| (*n).to_owned()).collect() }),
            ..Caller::default()
        };
        let resource = |namespace| Target::Resource { namespace };
        let reader = of(&[PLATFORM], true, &[]);
        assert!(may(&reader, Verb::List, Target::Platform("promises")).is_ok());
        for target in [Target::Platform("promises"), Target::Tokens, Target::Namespaces, resource("a")] {
            assert!(may(&reader, Verb::Delete, target).is_err(), "{target:?}");
        }
        let local = of(&[DEVELOPERS], false, &["a", "b"]);
        assert!(may(&local, Verb::Create, resource("a")).is_ok());
        assert!(may(&local, Verb::Read, resource("c")).is_err() && may(&local, Verb::List, resource("")).is_err());
        assert!(may(&of(&[], false, &[]), Verb::Read, Target::Catalog).is_err());
        let covers = |verb, plural, namespaced, namespace| {
            local.scope.as_ref().is_some_and(|scope| scope.covers(verb, plural, namespaced, namespace).is_ok())
        };
        assert!(covers(Verb::List, "requests", true, "b") && !covers(Verb::List, "requests", true, ""));
        assert!(covers(Verb::Read, "promises", false, "") && !covers(Verb::Write, "promises", false, ""));
        assert!(!covers(Verb::List, "tokens", false, "") && !covers(Verb::List, "destinations", false, ""));
    }

    #[test]
    fn a_refusal_says_who_could() {
        let caller = Caller { name: "ana".into(), groups: vec![DEVELOPERS.into()], ..Caller::default() };
        assert_eq!(
            may(&caller, Verb::Write, Target::Namespaces).unwrap_err(),
            "ana may not do this; members of the group platform can"
        );
    }

    #[test]
    fn a_pipeline_may_do_what_its_permissions_list_and_nothing_else() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let grant = |namespace: &str, names: &[&str], verbs: &[&str]| Permission {
            resource_namespace: namespace.into(),
            api_groups: words(&[""]),
            resources: words(&["configmaps"]),
            resource_names: words(names),
            verbs: words(verbs),
        };
        let may = |grants: &[Permission], verb: Verb, namespace: &str, name: &str| {
            let caller = Caller { name: "p".into(), grants: grants.to_vec(), ..Caller::default() };
            caller.is_granted(verb, Asked { group: "", plural: "configmaps", namespace, name }).is_ok()
        };
        let gets = [grant("default", &[], &["get"])];
        assert!(may(&gets, Verb::Read, "default", "a"));
        assert!(!may(&gets, Verb::List, "default", "") && !may(&gets, Verb::Delete, "default", "a"));
        assert!(!may(&gets, Verb::Read, "other", "a"));
        let named = [grant("*", &["a"], &["get", "list", "update"])];
        assert!(may(&named, Verb::Read, "other", "a") && may(&named, Verb::Change, "x", "a"));
        assert!(!may(&named, Verb::Read, "other", "b") && !may(&named, Verb::List, "other", ""));
        assert!(!may(&[grant("*", &[], &["create"])], Verb::Write, "x", "a"));
        assert!(may(&[grant("*", &[], &["*"])], Verb::Write, "x", "a"));
        let caller = Caller { grants: gets.to_vec(), ..Caller::default() };
        assert!(super::may(&caller, Verb::Read, Target::Catalog).is_err(), "no page is open to it");
    }
}
