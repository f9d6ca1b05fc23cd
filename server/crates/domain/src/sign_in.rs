//! Who somebody is by what their identity provider says of them: rules that turn claims into a name, groups and attributes.
//!
//! Nothing here knows a network, a signature or a clock: whoever asks has verified what the claims came in.

pub mod codes;
mod glob;
pub mod logout;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

use crate::caller::{PLATFORM, Role};
use glob::fits;

/// How far the clocks of a provider and of this server may be apart, in seconds.
pub const LEEWAY: i64 = 300;

/// A claim by its name (`groups`), or by a JSON Pointer where it stands deeper (`/realm_access/roles`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Claim(pub String);

impl Claim {
    pub fn new(name: &str) -> Self {
        Self(name.to_owned())
    }

    fn find<'a>(&self, claims: &'a Value) -> Option<&'a Value> {
        if self.0.starts_with('/') { claims.pointer(&self.0) } else { claims.get(&self.0) }
    }
}

/// From claims to a person: what the configuration of a provider says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Rules {
    /// Where the name comes from that a person has here: the first of these claims that holds a usable one.
    pub user: Vec<Claim>,
    /// What is shown beside it.
    pub title: Claim,
    /// An e-mail address counts where `email_verified` says so, or for a provider that vouches for all it gives out.
    pub emails_are_verified: bool,
    pub groups: Vec<GroupRule>,
    /// Kept with the person, for policies.
    pub attributes: BTreeMap<String, Claim>,
    /// Who runs the platform whatever their groups are, by `sub` or by verified e-mail address: the first ones in.
    pub admins: Vec<String>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            user: ["preferred_username", "email", "sub"].map(Claim::new).into(),
            title: Claim::new("name"),
            emails_are_verified: false,
            groups: Vec::new(),
            attributes: BTreeMap::new(),
            admins: Vec::new(),
        }
    }
}

/// Whoever's claim holds such a value is in the group; without a claim, everybody of this provider is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupRule {
    #[serde(default)]
    pub claim: Option<Claim>,
    /// The value, `*` standing for any part of it.
    #[serde(default = "anything")]
    pub value: String,
    /// The group here. `{value}` is the value itself: it makes nobody a member of a group that has rights by its name.
    pub give: String,
}

fn anything() -> String {
    "*".to_owned()
}

/// What a provider says of somebody, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Profile {
    pub title: String,
    /// Verified; empty otherwise.
    pub email: String,
    pub groups: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Vec<String>>,
}

/// Names that stand for the server's own, or for whoever got in without a provider.
const RESERVED: [&str; 5] = ["admin", "anonymous", "break-glass", "midspan", "system"];
/// Longer lists are cut: nobody is in so many groups that mean something here.
const MOST: usize = 1_000;
const LONGEST: usize = 253;

impl Rules {
    /// The name a person gets who comes for the first time; the error says to an operator what is missing.
    pub fn name(&self, claims: &Value) -> Result<String, String> {
        let names = self.user.iter().flat_map(|claim| self.values(claims, claim)).map(|name| name.to_lowercase());
        names.into_iter().find(|name| is_user(name) && !is_reserved(name)).ok_or_else(|| {
            let claims: Vec<&str> = self.user.iter().map(|claim| claim.0.as_str()).collect();
            format!(
                "none of the claims {} holds a name that can be used here: 1 to 63 letters, digits, dots, dashes, underscores and at signs",
                claims.join(", ")
            )
        })
    }

    pub fn profile(&self, claims: &Value) -> Profile {
        let one = |claim: &Claim| self.values(claims, claim).into_iter().next().unwrap_or_default();
        let attributes = self.attributes.iter().map(|(name, claim)| (name.clone(), self.values(claims, claim)));
        Profile {
            title: one(&self.title),
            email: one(&Claim::new("email")),
            groups: self.groups(claims).into_iter().collect(),
            attributes: attributes.filter(|(_, values)| !values.is_empty()).collect(),
        }
    }

    fn groups(&self, claims: &Value) -> BTreeSet<String> {
        let mut groups = BTreeSet::new();
        for rule in &self.groups {
            let Some(claim) = &rule.claim else {
                groups.insert(rule.give.clone());
                continue;
            };
            for value in self.values(claims, claim).into_iter().filter(|value| fits(&rule.value, value)) {
                let group = rule.give.replace("{value}", &value);
                // a group that somebody named so elsewhere must not be a right here
                if group == rule.give || !Role::ALL.iter().any(|role| role.group() == group) {
                    groups.insert(group);
                }
            }
        }
        if self.is_admin(claims) {
            groups.insert(PLATFORM.to_owned());
        }
        groups
    }

    fn is_admin(&self, claims: &Value) -> bool {
        let named = ["sub", "email"].into_iter().flat_map(|claim| self.values(claims, &Claim::new(claim)));
        let mut named = named.filter(|name| !name.is_empty());
        named.any(|name| self.admins.contains(&name))
    }

    /// The texts of a claim: one, or a list of them. What is no text counts for nothing.
    fn values(&self, claims: &Value, claim: &Claim) -> Vec<String> {
        if matches!(claim.0.as_str(), "email" | "/email") && !self.has_verified_email(claims) {
            return Vec::new();
        }
        let found = match claim.find(claims) {
            Some(Value::Array(values)) => values.as_slice(),
            Some(value) => std::slice::from_ref(value),
            None => &[],
        };
        let texts = found.iter().take(MOST).filter_map(Value::as_str).map(str::trim);
        let usable = |text: &&str| !text.is_empty() && text.len() <= LONGEST && !text.contains(char::is_control);
        texts.filter(usable).map(ToOwned::to_owned).collect()
    }

    fn has_verified_email(&self, claims: &Value) -> bool {
        // some providers write the word
        let said = claims.get("email_verified");
        self.emails_are_verified || said.is_some_and(|said| *said == true || *said == "true")
    }
}

/// Whether somebody can be called so here.
pub fn is_user(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    (1..=63).contains(&name.len()) && name.chars().all(fits)
}

/// Whether nobody may be called so who comes from outside: they would be taken for the server itself.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name))
}

/// What an ID token's claims must say beside what its signature, issuer, audience, nonce and end are checked for.
pub fn check_claims(claims: &Value, client: &str, now: i64) -> Result<(), String> {
    if claims.get("azp").is_some_and(|party| party != client) {
        return Err("it was issued to another party (azp)".to_owned());
    }
    match claims.get("iat").and_then(Value::as_i64) {
        None => Err("it does not say when it was issued (iat)".to_owned()),
        Some(at) if at > now + LEEWAY => Err("it was issued in the future (iat); are the clocks right?".to_owned()),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rules(rules: Value) -> Rules {
        serde_json::from_value(rules).unwrap()
    }

    #[track_caller]
    fn check_groups(given: Value, claims: Value, groups: &[&str]) {
        assert_eq!(rules(given).profile(&claims).groups, groups);
    }

    #[test]
    fn groups_follow_from_claims_by_rules_and_from_nothing_else() {
        let claims = json!({"groups": ["midspan-admins", "team-shop", "team-web"], "realm_access": {"roles": ["dev"]}});
        check_groups(json!({}), claims.clone(), &[]);
        let by_name = json!({"groups": [{"claim": "groups", "value": "midspan-admins", "give": "platform"}]});
        check_groups(by_name, claims.clone(), &["platform"]);
        let handed_on = json!({"groups": [{"claim": "groups", "value": "team-*", "give": "corp:{value}"}]});
        check_groups(handed_on, claims.clone(), &["corp:team-shop", "corp:team-web"]);
        let deeper = json!({"groups": [{"claim": "/realm_access/roles", "value": "dev", "give": "developers"}]});
        check_groups(deeper, claims.clone(), &["developers"]);
        check_groups(json!({"groups": [{"give": "developers"}]}), json!({}), &["developers"]);
    }

    #[test]
    fn a_group_named_elsewhere_like_one_of_ours_gives_no_rights() {
        let handed_on = json!({"groups": [{"claim": "groups", "give": "{value}"}]});
        check_groups(handed_on, json!({"groups": ["platform", "developers", "shop"]}), &["shop"]);
    }

    #[test]
    fn values_that_are_no_plain_text_count_for_nothing() {
        let any = json!({"groups": [{"claim": "groups", "give": "{value}"}]});
        check_groups(any.clone(), json!({"groups": [1, null, {"a": "b"}, "", "a\nb", "x".repeat(300), "ok"]}), &["ok"]);
        check_groups(any.clone(), json!({"groups": {"platform": true}}), &[]);
        check_groups(any, json!({"groups": vec!["same"; 100_000]}), &["same"]);
    }

    #[test]
    fn an_address_that_nobody_has_verified_is_nobodys() {
        let admins = json!({"admins": ["ana@example.com"]});
        check_groups(admins.clone(), json!({"sub": "1", "email": "ana@example.com"}), &[]);
        check_groups(admins.clone(), json!({"sub": "1", "email": "ana@example.com", "email_verified": false}), &[]);
        check_groups(
            admins.clone(),
            json!({"sub": "1", "email": "ana@example.com", "email_verified": true}),
            &["platform"],
        );
        check_groups(admins, json!({"sub": "ana@example.com"}), &["platform"]);
        let vouched = json!({"emailsAreVerified": true, "admins": ["ana@example.com"]});
        check_groups(vouched, json!({"email": "ana@example.com"}), &["platform"]);
        let by_domain = json!({"groups": [{"claim": "email", "value": "*@example.com", "give": "developers"}]});
        check_groups(by_domain, json!({"email": "eve@example.com"}), &[]);
    }

    #[track_caller]
    fn check_name(claims: Value, name: &str) {
        assert_eq!(Rules::default().name(&claims).unwrap(), name);
    }

    #[test]
    fn a_name_is_the_first_claim_that_can_be_one() {
        check_name(json!({"preferred_username": "Ana", "sub": "1"}), "ana");
        check_name(json!({"preferred_username": "Ana Müller", "sub": "00u1"}), "00u1");
        check_name(json!({"email": "ana@example.com", "email_verified": true, "sub": "1"}), "ana@example.com");
        check_name(json!({"email": "ana@example.com", "sub": "1"}), "1");
        check_name(json!({"preferred_username": "admin", "sub": "7"}), "7");
        check_name(json!({"preferred_username": "Break-Glass", "sub": "7"}), "7");
        check_name(json!({"preferred_username": "system:midspan", "sub": "7"}), "7");
        let refused = Rules::default().name(&json!({"sub": "a b"})).unwrap_err();
        assert!(refused.starts_with("none of the claims preferred_username, email, sub holds a name"), "{refused}");
    }

    #[test]
    fn a_token_for_another_party_or_from_the_future_is_refused() {
        let now = 1_000_000;
        assert!(check_claims(&json!({"iat": now}), "midspan", now).is_ok());
        assert!(check_claims(&json!({"iat": now + 299, "azp": "midspan"}), "midspan", now).is_ok());
        for claims in [json!({}), json!({"iat": now + 301}), json!({"iat": now, "azp": "other"}), json!({"iat": "x"})] {
            assert!(check_claims(&claims, "midspan", now).is_err(), "{claims}");
        }
    }

    #[test]
    fn attributes_are_kept_by_the_name_they_have_here() {
        let rules = rules(json!({"attributes": {"department": "/org/unit", "site": "site"}}));
        let profile = rules.profile(&json!({"org": {"unit": "shop"}, "name": "Ana"}));
        assert_eq!(profile.title, "Ana");
        assert_eq!(profile.attributes, BTreeMap::from([("department".to_owned(), vec!["shop".to_owned()])]));
    }
}
