//! Where in the API a request points: group, version, kind, namespace, name, sub-resource.

/// A parsed path below `/api` or `/apis`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    pub group: String,
    pub version: String,
    /// Empty for the discovery document of the group's version.
    pub plural: String,
    pub namespace: String,
    pub name: String,
    pub subresource: String,
    /// Of what the sub-resource has several: an action.
    pub item: String,
}

impl Address {
    /// Reads the path after `/api/` (core group) or `/apis/`, as it was sent: no name needs an escape, and an escaped slash would move the borders.
    pub fn parse(core: bool, path: &str) -> Option<Self> {
        let mut parts = path.strip_suffix('/').unwrap_or(path).split('/');
        if !parts.clone().all(is_part) {
            return None;
        }
        let group = if core { String::new() } else { parts.next()?.to_owned() };
        let version = parts.next()?.to_owned();
        let rest: Vec<&str> = parts.collect();
        let base = Self { group, version, ..Self::default() };
        let at = |plural: &str, namespace: &str, name: &str, subresource: &str| Self {
            plural: plural.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            subresource: subresource.to_owned(),
            ..base.clone()
        };
        match rest.as_slice() {
            [] => Some(base),
            ["namespaces"] => Some(at("namespaces", "", "", "")),
            ["namespaces", name] if core => Some(at("namespaces", "", name, "")),
            ["namespaces", name, sub @ ("status" | "finalize")] if core => Some(at("namespaces", "", name, sub)),
            ["namespaces", namespace, plural] => Some(at(plural, namespace, "", "")),
            ["namespaces", namespace, plural, name] => Some(at(plural, namespace, name, "")),
            ["namespaces", namespace, plural, name, sub] => Some(at(plural, namespace, name, sub)),
            ["namespaces", namespace, plural, name, sub, item] => {
                Some(Self { item: (*item).to_owned(), ..at(plural, namespace, name, sub) })
            }
            [plural] => Some(at(plural, "", "", "")),
            [plural, name] => Some(at(plural, "", name, "")),
            [plural, name, sub] => Some(at(plural, "", name, sub)),
            _ => None,
        }
    }
}

fn is_part(part: &str) -> bool {
    !matches!(part, "" | "." | "..")
        && part.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'%' | b'\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(core: bool, path: &str, expected: [&str; 6]) {
        let a = Address::parse(core, path).unwrap();
        assert_eq!(
            [&a.group, &a.version, &a.plural, &a.namespace, &a.name, &a.subresource].map(String::as_str),
            expected,
            "{path}"
        );
    }

    #[test]
    fn addresses_are_those_of_the_kubernetes_api() {
        check(true, "v1", ["", "v1", "", "", "", ""]);
        check(true, "v1/namespaces", ["", "v1", "namespaces", "", "", ""]);
        check(true, "v1/namespaces/default", ["", "v1", "namespaces", "", "default", ""]);
        check(true, "v1/namespaces/default/events", ["", "v1", "events", "default", "", ""]);
        check(false, "data.example.com/v1/postgresqls", ["data.example.com", "v1", "postgresqls", "", "", ""]);
        check(
            false,
            "data.example.com/v1/namespaces/a/postgresqls/shop",
            ["data.example.com", "v1", "postgresqls", "a", "shop", ""],
        );
        check(
            false,
            "data.example.com/v1/namespaces/a/postgresqls/shop/plan",
            ["data.example.com", "v1", "postgresqls", "a", "shop", "plan"],
        );
        check(
            false,
            "midspan.dev/v1alpha1/promises/postgresql",
            ["midspan.dev", "v1alpha1", "promises", "", "postgresql", ""],
        );
    }

    #[test]
    fn what_is_no_address_is_none() {
        for path in [
            "",
            "g",
            "g/v/p/n/s/too-long",
            "g/v//x",
            "/v1/namespaces",
            "g/v/p/..",
            "g/v/p/%2e%2e",
            "g/v/p/a%2Fb",
            "g/v/p/a%00",
            "g/v/p/x//",
        ] {
            assert_eq!(Address::parse(false, path), None, "{path}");
        }
    }
}
