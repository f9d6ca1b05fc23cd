//! `midspan apply`: documents from files, a folder or standard input, created or changed in an order that works.

use super::{
    Failure, Outcome, ServerArgs,
    client::Client,
    files::{Document, Files},
    kinds,
    print::single_line,
};
use clap::Args;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

#[derive(Args)]
pub struct ApplyArgs {
    /// A file, a folder (its .yaml, .yml and .json files), or - for standard input
    #[arg(long, short = 'f', required = true, value_name = "FILE")]
    filename: Vec<PathBuf>,
    /// The folders in a folder as well
    #[arg(long, short = 'R')]
    recursive: bool,
    /// `server`: everything is checked, nothing is changed
    #[arg(long, value_parser = ["none", "server"], default_value = "none", default_missing_value = "server", num_args = 0..=1, value_name = "MODE")]
    dry_run: String,
    /// A promise's version may be published again with other content, as a new revision of it
    #[arg(long)]
    new_revision: bool,
    /// A promise is published though some of its resources are not valid in it
    #[arg(long)]
    accept_breaking: bool,
}

pub async fn run(server: &ServerArgs, args: ApplyArgs) -> Outcome {
    let client = Client::new(server)?;
    let mut files = Files::default();
    for path in &args.filename {
        files.read(path, args.recursive)?;
    }
    let passed_over = files.passed_over();
    let mut documents = files.documents;
    if documents.is_empty() {
        let beside = passed_over.map_or_else(String::new, |told| format!("; {told}"));
        return Err(Failure::usage(format!("there is nothing to apply: the files hold no documents{beside}")));
    }
    if let Some(told) = passed_over {
        eprintln!("{told}");
    }
    // what others need comes first: namespaces, then promises and places, then what is asked for
    documents.sort_by_key(|document| match document.value["kind"].as_str().unwrap_or_default() {
        "Namespace" => 0,
        "StateStore" | "GitStateStore" | "BucketStateStore" => 1,
        "Destination" => 2,
        "Promise" => 3,
        _ => 4,
    });
    let (mut failures, mut kinds) = (Vec::new(), kinds::all(&client).await?);
    for document in documents {
        match apply(&client, &mut kinds, server, &args, &document).await {
            Ok(line) => println!("{line}"),
            Err(failure) => {
                eprintln!("error: {}: {}", document.origin, failure.message);
                failures.push(failure.code);
            }
        }
    }
    match failures.as_slice() {
        [] => Ok(()),
        [code, ..] => {
            Err(Failure { message: format!("{} of the documents could not be applied", failures.len()), code: *code })
        }
    }
}

async fn apply(
    client: &Client,
    known: &mut Vec<kinds::Kind>,
    server: &ServerArgs,
    args: &ApplyArgs,
    document: &Document,
) -> Outcome<String> {
    let value = &document.value;
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind_name, name) = (text("/apiVersion"), text("/kind"), text("/metadata/name"));
    if api_version.is_empty() || kind_name.is_empty() || name.is_empty() {
        return Err(Failure::usage("a document needs apiVersion, kind and metadata.name"));
    }
    let fits = |kind: &&kinds::Kind| kind.kind == kind_name && kind.api_version() == api_version;
    if known.iter().find(fits).is_none() {
        // a promise applied a moment ago may have brought it
        *known = kinds::all(client).await?;
    }
    let kind = known.iter().find(fits).cloned().ok_or_else(|| Failure {
        message: format!(
            "the server has no kind {kind_name} in {api_version}; {}",
            meant(known, api_version, kind_name)
        ),
        code: Failure::NOT_FOUND,
    })?;
    let namespace = match text("/metadata/namespace") {
        "" => server.namespace.as_str(),
        namespace => namespace,
    };
    let mut query = "?fieldValidation=Strict".to_owned();
    for (asked, parameter) in [
        (args.dry_run == "server", "&dryRun=All"),
        (args.new_revision, "&newRevision=true"),
        (args.accept_breaking, "&acceptBreaking=true"),
    ] {
        query.push_str(if asked { parameter } else { "" });
    }
    let (what, warnings) = match client.get(&kind.item(namespace, name)).await {
        Err(failure) if failure.code == Failure::NOT_FOUND => {
            let (_, warnings) = client.post(&format!("{}{query}", kind.path(namespace)), value).await?;
            ("created", warnings)
        }
        Err(failure) => return Err(failure),
        Ok(stored) => {
            let patch = patch(&stored, value);
            let (after, warnings) = client.merge(&format!("{}{query}", kind.item(namespace, name)), &patch).await?;
            // of a dry run too: it answers with what would be stored
            let same = after == stored;
            (if same { "unchanged" } else { "configured" }, warnings)
        }
    };
    for warning in warnings {
        eprintln!("warning: {}: {}", document.origin, single_line(&warning));
    }
    let dry = if args.dry_run == "server" { " (server dry run)" } else { "" };
    Ok(format!("{}/{name} {what}{dry}", kind.singular))
}

/// What somebody probably meant by a kind that is not there.
fn meant(known: &[kinds::Kind], api_version: &str, kind: &str) -> String {
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    if let Some(other) = known.iter().find(|other| other.kind == kind) {
        return format!("did you mean apiVersion: {}?", other.api_version());
    }
    match domain::object::nearest(
        kind,
        known.iter().filter(|other| other.group == group).map(|other| other.kind.as_str()),
    ) {
        Some(near) => format!("did you mean kind: {near}?"),
        None => "is its promise applied?".to_owned(),
    }
}

/// The merge patch that makes the stored object say what the document says: its labels and annotations added, all else replaced.
fn patch(stored: &Value, wanted: &Value) -> Value {
    let mut patch = json!({"metadata": {}});
    for part in ["labels", "annotations"] {
        if let Some(map) = wanted["metadata"].get(part).filter(|map| map.is_object()) {
            patch["metadata"][part] = map.clone();
        }
    }
    // whatever else the document has at its top goes along, a misspelt `specs` too: the server knows what belongs there
    let own = ["apiVersion", "kind", "metadata", "status"];
    for (key, value) in wanted.as_object().into_iter().flatten().filter(|(key, _)| !own.contains(&key.as_str())) {
        patch[key.as_str()] = replaced(&stored[key.as_str()], value);
    }
    patch
}

/// A merge patch only adds; what the document leaves out has to be named to go.
fn replaced(stored: &Value, wanted: &Value) -> Value {
    let (Value::Object(stored), Value::Object(wanted)) = (stored, wanted) else { return wanted.clone() };
    let mut patch = Map::new();
    for (key, value) in wanted {
        patch.insert(key.clone(), stored.get(key).map_or_else(|| value.clone(), |old| replaced(old, value)));
    }
    for key in stored.keys().filter(|key| !wanted.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    Value::Object(patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_document_leaves_out_goes() {
        let stored =
            json!({"metadata": {"resourceVersion": "4"}, "spec": {"a": 1, "b": {"c": 2, "d": 3}, "list": [1, 2]}});
        let wanted = json!({"metadata": {"name": "x", "labels": {"team": "a"}}, "spec": {"b": {"c": 5}, "list": [1]}});
        assert_eq!(
            patch(&stored, &wanted),
            json!({"metadata": {"labels": {"team": "a"}}, "spec": {"a": null, "b": {"c": 5, "d": null}, "list": [1]}})
        );
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1", "b": "2"}});
        let wanted = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "3"}, "specs": {"size": 1}});
        assert_eq!(patch(&map, &wanted), json!({"metadata": {}, "data": {"a": "3", "b": null}, "specs": {"size": 1}}));
    }
}
