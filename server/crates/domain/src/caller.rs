//! Who asks, and the one function that says whether they may.

use serde::{Deserialize, Serialize};

/// The authenticated person or token on whose rights something happens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    pub name: String,
    pub groups: Vec<String>,
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
    /// Create, update, patch, delete.
    Write,
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
        (Verb::Read, _) | (Verb::Write, Target::Resource { .. } | Target::Platform("requests")) => Ok(()),
        (Verb::Write, _) => refuse(PLATFORM),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(groups: &[&str], verb: Verb, target: Target<'_>, allowed: bool) {
        let caller = Caller { name: "ana".into(), groups: groups.iter().map(|g| (*g).to_owned()).collect() };
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
    fn a_refusal_says_who_could() {
        let caller = Caller { name: "ana".into(), groups: vec![DEVELOPERS.into()] };
        assert_eq!(
            may(&caller, Verb::Write, Target::Namespaces).unwrap_err(),
            "ana may not do this; members of the group platform can"
        );
    }
}
