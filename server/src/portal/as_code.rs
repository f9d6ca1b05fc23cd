//! The same request as a document, a command and an HTTP call; and a document read back.

use super::{ServerPortal, secrets};
use crate::service::kinds::{Promised, Served};
use app::{
    pages::form::AsCode,
    paths::{self, ResourceKey},
};
use domain::{Error, ErrorKind, Result, document};
use serde_json::{Map, Value, json};

impl ServerPortal {
    pub(super) fn as_code(&self, served: &Served, promised: &Promised, key: &ResourceKey, spec: &Value) -> AsCode {
        let yaml = self.manifest(served, promised, key, spec);
        let here = here_document(&yaml);
        let name = if key.name.is_empty() { "my-name" } else { &key.name };
        let path = format!(
            "/apis/{}/{}/namespaces/{}/{}/{name}?fieldManager=me",
            served.group, served.version, key.namespace, served.plural
        );
        AsCode {
            command: format!("midspan apply -f - {here}"),
            curl: format!(
                "curl -X PATCH \"$MIDSPAN_SERVER{path}\" \\\n  -H \"Authorization: Bearer $MIDSPAN_TOKEN\" \\\n  -H 'Content-Type: application/apply-patch+yaml' \\\n  --data-binary @- {here}"
            ),
            yaml,
            ..AsCode::default()
        }
    }

    /// The resource as a document for `midspan apply`, its secrets covered; its first line tells editors where its schema is.
    pub(super) fn manifest(&self, served: &Served, promised: &Promised, key: &ResourceKey, spec: &Value) -> String {
        let name = if key.name.is_empty() { "my-name" } else { &key.name };
        let document = document::to_yaml(&json!({
            "apiVersion": served.api_version(),
            "kind": served.kind,
            "metadata": {"name": name, "namespace": key.namespace},
            "spec": secrets::covered(&promised.schema, spec),
        }));
        let schema = format!("{}{}", self.doors.sign_in.url, paths::schema(&promised.offer.promise.name));
        format!("# yaml-language-server: $schema={schema}\n{document}")
    }
}

/// A text for a shell, ended by a word that does not stand in it.
fn here_document(text: &str) -> String {
    let mut end = "EOF".to_owned();
    while text.lines().any(|line| line == end) {
        end.push('_');
    }
    format!("<<'{end}'\n{text}{end}\n")
}

/// A document as somebody edited it: the resource it names, and its spec.
pub struct Edited {
    pub namespace: String,
    pub name: String,
    pub spec: Value,
}

/// Reads a document back: the whole of it, or its spec alone. `known` is the spec before, from which secrets shown as dots are taken.
pub fn read(text: &str, served: &Served, promised: &Promised, known: Option<&Value>) -> Result<Edited> {
    let refused = |why: String| Error::new(ErrorKind::Invalid, why);
    let value = if text.trim().is_empty() { Value::Object(Map::new()) } else { document::parse_one(text, "line")? };
    let Value::Object(mut document) = value else {
        return Err(refused("A document has fields: apiVersion, kind, metadata and spec.".to_owned()));
    };
    let whole =
        document.contains_key("kind") || document.contains_key("apiVersion") || document.contains_key("metadata");
    let word =
        |at: &str| Value::from(document.clone()).pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (namespace, name) = (word("/metadata/namespace"), word("/metadata/name"));
    for (at, expected) in [("kind", served.kind.clone()), ("apiVersion", served.api_version())] {
        match document.get(at) {
            Some(given) if given != &Value::from(expected.clone()) => {
                return Err(refused(format!("{at} is {given}; this form is for {expected:?}.")));
            }
            _ => {}
        }
    }
    let mut spec = if whole { document.remove("spec").unwrap_or(Value::Null) } else { Value::Object(document) };
    if spec.is_null() {
        spec = Value::Object(Map::new());
    }
    if !spec.is_object() {
        return Err(refused("spec is an object: fields with values.".to_owned()));
    }
    secrets::uncover(&promised.schema, &mut spec, known);
    Ok(Edited { namespace, name, spec })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_document_to_its_end_and_no_further() {
        assert_eq!(here_document("a: 1\n"), "<<'EOF'\na: 1\nEOF\n");
        assert_eq!(here_document("EOF\nEOF_\n"), "<<'EOF__'\nEOF\nEOF_\nEOF__\n");
    }
}
