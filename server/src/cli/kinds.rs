//! From what people type (`pg`, `postgresql/shop`, `promises.midspan.dev`) to an address of the API, through discovery.

use super::{Failure, Outcome, client::Client};
use domain::{
    object::{GROUP, nearest},
    promise::KRATIX_GROUP,
};
use serde_json::Value;

/// A kind as the server tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub plural: String,
    pub singular: String,
    pub short_names: Vec<String>,
    /// Words that stand for many kinds: `all`.
    pub categories: Vec<String>,
    pub namespaced: bool,
}

impl Kind {
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// The collection's path.
    pub fn path(&self, namespace: &str) -> String {
        let base = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        if self.namespaced && !namespace.is_empty() {
            format!("{base}/namespaces/{}/{}", escaped(namespace), self.plural)
        } else {
            format!("{base}/{}", self.plural)
        }
    }

    pub fn item(&self, namespace: &str, name: &str) -> String {
        format!("{}/{}", self.path(namespace), escaped(name))
    }

    fn is_called(&self, word: &str) -> bool {
        let word = word.to_lowercase();
        let (name, group) = word.split_once('.').unwrap_or((&word, ""));
        let named = name == self.plural
            || name == self.singular
            || name == self.kind.to_lowercase()
            || self.short_names.iter().any(|short| short == name);
        named
            && (group.is_empty()
                || group == self.group
                || group.split_once('.').is_some_and(|(version, rest)| version == self.version && rest == self.group))
    }
}

/// All kinds the server has.
pub async fn all(client: &Client) -> Outcome<Vec<Kind>> {
    let groups = client.get("/apis").await?;
    let mut kinds = of(&client.get("/api/v1").await?, "", "v1");
    for group in groups["groups"].as_array().into_iter().flatten() {
        for version in group["versions"].as_array().into_iter().flatten() {
            let (name, version) =
                (group["name"].as_str().unwrap_or_default(), version["version"].as_str().unwrap_or_default());
            kinds.extend(of(&client.get(&format!("/apis/{name}/{version}")).await?, name, version));
        }
    }
    // where two groups share a name, Midspan's own comes first
    kinds.sort_by_key(|kind| kind.group == KRATIX_GROUP);
    Ok(kinds)
}

/// The kind a word means.
pub async fn find(client: &Client, word: &str) -> Outcome<Kind> {
    among(&all(client).await?, word)
}

fn among(kinds: &[Kind], word: &str) -> Outcome<Kind> {
    kinds.iter().find(|kind| kind.is_called(word)).cloned().ok_or_else(|| {
        let known = kinds.iter().flat_map(|kind| [kind.singular.as_str(), kind.plural.as_str()]);
        let meant = match nearest(word, known) {
            Some(meant) => format!("did you mean {meant:?}?"),
            None => "`midspan get promises` lists what can be asked for".to_owned(),
        };
        Failure { message: format!("the server has no kind {word:?}; {meant}"), code: Failure::NOT_FOUND }
    })
}

/// Kratix's kind beside Midspan's own of the same name, when neither group was named: promises and destinations of both formats are one list to people.
fn twin<'k>(kinds: &'k [Kind], kind: &Kind, word: &str) -> Option<&'k Kind> {
    let same = |other: &&Kind| other.plural == kind.plural && other.group == KRATIX_GROUP;
    (kind.group == GROUP && !word.contains('.')).then(|| kinds.iter().find(same)).flatten()
}

/// The kind of a thing that may stand under either of two.
async fn of_the_two(client: &Client, kind: &Kind, twin: Option<&Kind>, name: &str) -> Kind {
    let absent = async |kind: &Kind| match client.get(&kind.item("", name)).await {
        Err(failure) => failure.code == Failure::NOT_FOUND,
        Ok(_) => false,
    };
    match twin {
        Some(twin) if absent(kind).await && client.get(&twin.item("", name)).await.is_ok() => twin.clone(),
        _ => kind.clone(),
    }
}

/// What a list is asked of: `kind`, `kind,kind`, a category such as `all`, each with the names that follow; or `kind/name other/name`.
pub async fn several(client: &Client, words: &[String]) -> Outcome<Vec<(Kind, Vec<String>)>> {
    let kinds = all(client).await?;
    let mut settled: Vec<(Kind, Vec<String>)> = Vec::new();
    for (kind, names) in several_among(&kinds, words)? {
        let word = words.first().filter(|word| word.contains('.')).map_or(kind.plural.as_str(), String::as_str);
        let Some(twin) = twin(&kinds, &kind, word).cloned() else {
            settled.push((kind, names));
            continue;
        };
        if names.is_empty() {
            settled.extend([(kind, Vec::new()), (twin, Vec::new())]);
            continue;
        }
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for name in names {
            let found = of_the_two(client, &kind, Some(&twin), &name).await;
            if found == kind { &mut ours } else { &mut theirs }.push(name);
        }
        settled.extend([(kind, ours), (twin, theirs)].into_iter().filter(|(_, names)| !names.is_empty()));
    }
    Ok(settled)
}

fn several_among(kinds: &[Kind], words: &[String]) -> Outcome<Vec<(Kind, Vec<String>)>> {
    let Some(first) = words.first() else {
        return Err(Failure::usage("name a kind, such as `promises` or `postgresql/orders-db`"));
    };
    let mut all: Vec<(Kind, Vec<String>)> = Vec::new();
    if first.contains('/') {
        for word in words {
            let (kind, name) =
                word.split_once('/').ok_or_else(|| Failure::usage(format!("{word:?} is not kind/name")))?;
            let kind = among(kinds, kind)?;
            match all.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, names)) => names.push(name.to_owned()),
                None => all.push((kind, vec![name.to_owned()])),
            }
        }
        return Ok(all);
    }
    let names = words[1..].to_vec();
    for word in first.split(',').filter(|word| !word.is_empty()) {
        let category: Vec<&Kind> = kinds.iter().filter(|kind| kind.categories.iter().any(|it| it == word)).collect();
        if category.is_empty() && word != "all" {
            all.push((among(kinds, word)?, names.clone()));
        } else {
            all.extend(category.into_iter().map(|kind| (kind.clone(), names.clone())));
        }
    }
    if all.is_empty() && first != "all" {
        return Err(Failure::usage(format!("{first:?} names no kind")));
    }
    Ok(all)
}

/// `kind name…` or `kind/name…` as typed.
pub async fn targets(client: &Client, words: &[String]) -> Outcome<(Kind, Vec<String>)> {
    let Some(first) = words.first() else {
        return Err(Failure::usage("name a kind, such as `promises` or `postgresql/orders-db`"));
    };
    let kinds = all(client).await?;
    let settled = async |word: &str, names: Vec<String>| {
        let kind = among(&kinds, word)?;
        let kind = match names.first() {
            Some(name) => of_the_two(client, &kind, twin(&kinds, &kind, word), name).await,
            None => kind,
        };
        Ok((kind, names))
    };
    if let Some((kind, _)) = first.split_once('/') {
        let split = |word: &String| word.split_once('/').map(|(kind, name)| (kind.to_owned(), name.to_owned()));
        let pairs: Vec<(String, String)> = words
            .iter()
            .map(|word| split(word).ok_or_else(|| Failure::usage(format!("{word:?} is not kind/name"))))
            .collect::<Result<_, _>>()?;
        if pairs.iter().any(|(other, _)| other != kind) {
            return Err(Failure::usage("give one kind at a time"));
        }
        return settled(kind, pairs.into_iter().map(|(_, name)| name).collect()).await;
    }
    settled(first, words[1..].to_vec()).await
}

fn of(list: &Value, group: &str, version: &str) -> Vec<Kind> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let resources = list["resources"].as_array().into_iter().flatten();
    resources
        .map(|resource| Kind {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: text(&resource["kind"]),
            plural: text(&resource["name"]),
            singular: text(&resource["singularName"]),
            short_names: resource["shortNames"].as_array().into_iter().flatten().map(text).collect(),
            categories: resource["categories"].as_array().into_iter().flatten().map(text).collect(),
            namespaced: resource["namespaced"].as_bool().unwrap_or_default(),
        })
        .collect()
}

/// A name as part of a path.
fn escaped(text: &str) -> String {
    app::paths::segment(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(kind: &str, group: &str, short: &str, categories: &[&str]) -> Kind {
        Kind {
            group: group.into(),
            version: "v1".into(),
            kind: kind.into(),
            plural: format!("{}s", kind.to_lowercase()),
            singular: kind.to_lowercase(),
            short_names: vec![short.into()],
            categories: categories.iter().map(|&word| word.to_owned()).collect(),
            namespaced: true,
        }
    }

    #[test]
    fn a_kind_answers_to_all_its_names() {
        let kind = kind("Postgresql", "data.example.com", "pg", &[]);
        for word in
            ["postgresqls", "Postgresql", "pg", "postgresqls.data.example.com", "postgresql.v1.data.example.com"]
        {
            assert!(kind.is_called(word), "{word}");
        }
        for word in ["postgres", "postgresqls.other.com", ""] {
            assert!(!kind.is_called(word), "{word}");
        }
        assert_eq!(kind.item("default", "a/b"), "/apis/data.example.com/v1/namespaces/default/postgresqls/a%2Fb");
    }

    #[track_caller]
    fn check(words: &str, expected: &[(&str, &[&str])]) {
        let kinds = [
            kind("Promise", "midspan.dev", "", &[]),
            kind("Postgresql", "data.example.com", "pg", &["all"]),
            kind("Redis", "data.example.com", "", &["all"]),
        ];
        let words: Vec<String> = words.split(' ').map(ToOwned::to_owned).collect();
        let found = several_among(&kinds, &words).unwrap();
        let found: Vec<(&str, Vec<&str>)> = found
            .iter()
            .map(|(kind, names)| (kind.plural.as_str(), names.iter().map(String::as_str).collect()))
            .collect();
        let expected: Vec<(&str, Vec<&str>)> = expected.iter().map(|(kind, names)| (*kind, names.to_vec())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn several_kinds_are_asked_for_at_once() {
        check("promises,pg", &[("promises", &[]), ("postgresqls", &[])]);
        check("pg,redis shop", &[("postgresqls", &["shop"]), ("rediss", &["shop"])]);
        check("all", &[("postgresqls", &[]), ("rediss", &[])]);
        check("pg/a redis/b pg/c", &[("postgresqls", &["a", "c"]), ("rediss", &["b"])]);
    }
}
