//! `midspan apply`: documents from files, a folder or standard input, created or changed in an order that works.

use super::{Failure, Outcome, ServerArgs, client::Client, kinds, print::single_line};
use clap::Args;
use domain::document;
use serde_json::{Value, json};
use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

#[derive(Args)]
pub struct ApplyArgs {
    /// A file, a folder (its .yaml, .yml and .json files), or - for standard input
    #[arg(long, short = 'f', required = true, value_name = "FILE")]
    filename: Vec<PathBuf>,
    /// `server`: everything is checked, nothing is changed
    #[arg(long, value_parser = ["none", "server"], default_value = "none", value_name = "MODE")]
    dry_run: String,
    /// A promise's version may be published again with other content, as a new revision of it
    #[arg(long)]
    new_revision: bool,
    /// A promise is published though some of its resources are not valid in it
    #[arg(long)]
    accept_breaking: bool,
}

/// A document and where it stands.
pub struct Document {
    pub origin: String,
    pub value: Value,
}

pub async fn run(server: &ServerArgs, args: ApplyArgs) -> Outcome {
    let client = Client::new(server)?;
    let mut documents = Vec::new();
    for path in &args.filename {
        documents.extend(read(path)?);
    }
    if documents.is_empty() {
        return Err(Failure::usage("there is nothing to apply: the files hold no documents"));
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
        message: format!("the server has no kind {kind_name} in {api_version}; is its promise applied?"),
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
            let same = after["metadata"]["resourceVersion"] == stored["metadata"]["resourceVersion"]
                && args.dry_run != "server";
            (if same { "unchanged" } else { "configured" }, warnings)
        }
    };
    for warning in warnings {
        eprintln!("warning: {}: {}", document.origin, single_line(&warning));
    }
    let dry = if args.dry_run == "server" { " (server dry run)" } else { "" };
    Ok(format!("{}/{name} {what}{dry}", kind.singular))
}

/// The merge patch that makes the stored object say what the document says: its labels and annotations added, its spec replaced.
fn patch(stored: &Value, wanted: &Value) -> Value {
    let mut patch = json!({"metadata": {}});
    for part in ["labels", "annotations"] {
        if let Some(map) = wanted["metadata"].get(part).filter(|map| map.is_object()) {
            patch["metadata"][part] = map.clone();
        }
    }
    if let Some(spec) = wanted.get("spec") {
        patch["spec"] = replaced(&stored["spec"], spec);
    }
    patch
}

/// A merge patch only adds; what the document leaves out has to be named to go.
fn replaced(stored: &Value, wanted: &Value) -> Value {
    let (Value::Object(stored), Value::Object(wanted)) = (stored, wanted) else { return wanted.clone() };
    let mut patch = serde_json::Map::new();
    for (key, value) in wanted {
        patch.insert(key.clone(), stored.get(key).map_or_else(|| value.clone(), |old| replaced(old, value)));
    }
    for key in stored.keys().filter(|key| !wanted.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    Value::Object(patch)
}

pub fn read(path: &Path) -> Outcome<Vec<Document>> {
    if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin()
            .take(document::MAX_BYTES as u64 + 1)
            .read_to_string(&mut text)
            .map_err(|e| Failure::new(format!("standard input: {e}")))?;
        return parse(&text, "standard input");
    }
    let failed = |e: std::io::Error| Failure::usage(format!("{}: {e}", path.display()));
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        return parse(&fs::read_to_string(path).map_err(failed)?, &path.display().to_string());
    }
    let mut files: Vec<PathBuf> =
        fs::read_dir(path).map_err(failed)?.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.retain(|file| {
        file.is_file()
            && file.extension().is_some_and(|ending| ["yaml", "yml", "json"].iter().any(|known| ending == *known))
    });
    files.sort();
    files
        .into_iter()
        .map(|file| read(&file))
        .collect::<Outcome<Vec<_>>>()
        .map(|all| all.into_iter().flatten().collect())
}

fn parse(text: &str, origin: &str) -> Outcome<Vec<Document>> {
    let values = document::parse_all(text, origin).map_err(|error| Failure::usage(error.message))?;
    let lists = values.into_iter().flat_map(|value| match value["items"].as_array() {
        Some(items) if value["kind"].as_str().is_some_and(|kind| kind.ends_with("List")) => items.clone(),
        _ => vec![value],
    });
    Ok(lists.map(|value| Document { origin: origin.to_owned(), value }).collect())
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
    }
}
