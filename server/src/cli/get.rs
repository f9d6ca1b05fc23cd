//! `midspan get`

use super::{
    Outcome, ServerArgs,
    client::Client,
    kinds::{self, Kind},
    print::{self, Output},
};
use clap::Args;
use serde_json::{Value, json};

#[derive(Args)]
pub struct GetArgs {
    /// A kind or several (a,b), `all` for all that was made from promises, then names; or kind/name
    #[arg(required = true, value_name = "KIND[/NAME]")]
    what: Vec<String>,
    #[arg(long, short, value_enum, default_value_t)]
    output: Output,
    /// Only objects with these labels: a=b,c in (d,e),!f
    #[arg(long, short = 'l', default_value = "", value_name = "SELECTOR")]
    selector: String,
    /// In all namespaces
    #[arg(long, short = 'A')]
    all_namespaces: bool,
}

pub async fn run(server: &ServerArgs, args: GetArgs) -> Outcome {
    let client = Client::new(server)?;
    let targets = kinds::several(&client, &args.what).await?;
    let namespace = if args.all_namespaces { "" } else { &server.namespace };
    match args.output {
        Output::Table | Output::Wide => tables(&client, &targets, namespace, &args).await,
        Output::Name => {
            for (kind, objects) in objects(&client, &targets, namespace, &args).await? {
                for object in objects {
                    println!("{}/{}", kind.singular, object["metadata"]["name"].as_str().unwrap_or_default());
                }
            }
            Ok(())
        }
        output => {
            // one that was asked for by name is shown as it is, a list of a kind as the server's, all else as a list
            if let [(kind, names)] = targets.as_slice()
                && names.len() < 2
            {
                let path = &paths(kind, names, namespace, &args)[0];
                return print::value(&client.get(path).await?, output);
            }
            let all = objects(&client, &targets, namespace, &args).await?;
            let items: Vec<Value> = all.into_iter().flat_map(|(_, objects)| objects).collect();
            print::value(&json!({"apiVersion": "v1", "kind": "List", "items": items}), output)
        }
    }
}

/// One table after the other; of several kinds those that hold nothing are left out.
async fn tables(client: &Client, targets: &[(Kind, Vec<String>)], namespace: &str, args: &GetArgs) -> Outcome {
    let several = targets.len() > 1;
    let mut shown = 0;
    for (kind, names) in targets {
        for path in paths(kind, names, namespace, args) {
            let table = client.table(&path).await?;
            if table["rows"].as_array().is_none_or(Vec::is_empty) {
                continue;
            }
            if several && shown > 0 {
                println!("");
            }
            shown += 1;
            let kind_before = several.then_some(kind.singular.as_str());
            print::table(&table, args.output == Output::Wide, args.all_namespaces && kind.namespaced, kind_before);
        }
    }
    if shown == 0 {
        let what = match targets {
            [(kind, _)] => kind.plural.as_str(),
            _ => "resources",
        };
        let namespaced = targets.iter().any(|(kind, _)| kind.namespaced) || targets.is_empty();
        let place =
            if namespaced && !args.all_namespaces { format!(" in namespace {namespace}") } else { String::new() };
        eprintln!("No {what} found{place}.");
    }
    Ok(())
}

async fn objects<'k>(
    client: &Client,
    targets: &'k [(Kind, Vec<String>)],
    namespace: &str,
    args: &GetArgs,
) -> Outcome<Vec<(&'k Kind, Vec<Value>)>> {
    let mut all = Vec::new();
    for (kind, names) in targets {
        let mut objects = Vec::new();
        for path in paths(kind, names, namespace, args) {
            let answer = client.get(&path).await?;
            match answer["items"].as_array() {
                Some(items) => {
                    // a list of many kinds has to say of each what it is
                    let named = json!({"apiVersion": kind.api_version(), "kind": kind.kind});
                    objects.extend(items.iter().map(|item| with(item, &named)));
                }
                None => objects.push(answer),
            }
        }
        all.push((kind, objects));
    }
    Ok(all)
}

fn with(item: &Value, named: &Value) -> Value {
    let mut whole = named.clone();
    if let (Some(whole), Some(item)) = (whole.as_object_mut(), item.as_object()) {
        whole.extend(item.clone());
    }
    whole
}

/// The addresses to ask: the kind's list, or each that is named.
fn paths(kind: &Kind, names: &[String], namespace: &str, args: &GetArgs) -> Vec<String> {
    if names.is_empty() {
        return vec![app::paths::with_query(&kind.path(namespace), &[("labelSelector", &args.selector)])];
    }
    names.iter().map(|name| kind.item(namespace, name)).collect()
}
