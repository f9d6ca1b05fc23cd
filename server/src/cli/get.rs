//! `midspan get`

use super::{
    Outcome, ServerArgs,
    client::Client,
    kinds,
    print::{self, Output},
};
use clap::Args;

#[derive(Args)]
pub struct GetArgs {
    /// A kind, then names; or kind/name
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
    let (kind, names) = kinds::targets(&client, &args.what).await?;
    let namespace = if args.all_namespaces { "" } else { &server.namespace };
    let mut paths: Vec<String> = names.iter().map(|name| kind.item(namespace, name)).collect();
    if paths.is_empty() {
        paths.push(app::paths::with_query(&kind.path(namespace), &[("labelSelector", &args.selector)]));
    }
    for path in paths {
        match args.output {
            Output::Table | Output::Wide => {
                let table = client.table(&path).await?;
                if table["rows"].as_array().is_none_or(Vec::is_empty) {
                    let place = if kind.namespaced && !args.all_namespaces {
                        format!(" in namespace {namespace}")
                    } else {
                        String::new()
                    };
                    eprintln!("No {} found{place}.", kind.plural);
                    continue;
                }
                print::table(&table, args.output == Output::Wide, args.all_namespaces && kind.namespaced);
            }
            Output::Name => {
                let answer = client.get(&path).await?;
                let objects = answer["items"].as_array().cloned().unwrap_or_else(|| vec![answer.clone()]);
                for object in objects {
                    println!("{}/{}", kind.singular, object["metadata"]["name"].as_str().unwrap_or_default());
                }
            }
            output => print::value(&client.get(&path).await?, output)?,
        }
    }
    Ok(())
}
