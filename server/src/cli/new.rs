//! `midspan new`: the form of a promise in the terminal. It asks what the page asks, in the same words, prints the document and applies it if it is
//! meant; with `--set` and `--output yaml` it asks nothing.

use super::{
    Failure, Outcome, ServerArgs, act::put, asking::Asking, client::Client, print::single_line, terminal::Terminal,
};
use clap::Args;
use domain::{document, name::is_label, stand_in};
use forms::{Schema, secrets::secret_places};
use serde_json::{Value, json};
use std::io::IsTerminal as _;

#[derive(Args)]
pub struct NewArgs {
    /// The promise, as the catalog names it
    #[arg(value_name = "PROMISE")]
    promise: String,
    /// What to call what is made
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// A value, which is then not asked for; a.b=c sets b within a
    #[arg(long = "set", value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Print the document and do nothing else; nothing is asked
    #[arg(long, short, value_name = "FORMAT", value_parser = ["yaml", "json"])]
    output: Option<String>,
    /// Do not ask, neither for values nor whether it is meant
    #[arg(long, short)]
    yes: bool,
}

pub async fn run(server: &ServerArgs, args: NewArgs) -> Outcome {
    let client = Client::new(server)?;
    let described = client.get(&app::paths::schema(&args.promise)).await.map_err(|failure| match failure.code {
        Failure::NOT_FOUND => Failure { message: format!("the catalog has no {:?}", args.promise), ..failure },
        _ => failure,
    })?;
    let fixed = |key: &str| described["properties"][key]["const"].as_str().unwrap_or_default().to_owned();
    let (api_version, kind) = (fixed("apiVersion"), fixed("kind"));
    let own = &described["properties"]["spec"];
    let unreadable = |error: domain::Error| Failure::new(format!("the schema of {}: {}", args.promise, error.message));
    let schema = Schema::parse_structural(own).map_err(unreadable)?;
    let mut spec = json!({});
    for pair in &args.set {
        let (path, text) =
            pair.split_once('=').ok_or_else(|| Failure::usage(format!("--set {pair:?} is not PATH=VALUE")))?;
        put(&mut spec, own, path, text).map_err(|why| Failure::usage(format!("--set {path}: {why}")))?;
    }
    let asks = args.output.is_none() && !args.yes;
    if asks && !std::io::stdin().is_terminal() {
        return Err(Failure::usage("there is nobody to ask: give --set and --yes, or --output yaml"));
    }
    let mut name = args.name.clone().unwrap_or_default();
    if asks {
        let terminal = Terminal;
        if let Some(title) = described["title"].as_str() {
            terminal.say(&format!("New {}", single_line(title)));
        }
        while !is_label(&name) {
            if !name.is_empty() {
                terminal.say("  Use lower-case letters, digits and dashes; begin and end with a letter or digit.");
            }
            name = terminal.line("Name", "", true)?;
        }
        spec = Asking::new(&schema, spec, terminal).all()?;
    } else {
        checked(&schema, &spec, &name)?;
    }
    let document = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": server.namespace}, "spec": spec});
    print(&schema, &document, args.output.as_deref());
    if args.output.is_some() {
        return Ok(());
    }
    if asks && !Terminal.yes("Apply it?", false)? {
        return Err(Failure::new("nothing was done"));
    }
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    let discovered = client.get(&format!("/apis/{group}/{version}")).await?;
    let resources = discovered["resources"].as_array().into_iter().flatten();
    let plural = resources
        .filter(|resource| resource["kind"] == kind.as_str())
        .find_map(|resource| resource["name"].as_str().filter(|name| !name.contains('/')).map(str::to_owned));
    let plural = plural.ok_or_else(|| Failure::new(format!("the server has no kind {kind}")))?;
    let namespace = app::paths::segment(&server.namespace);
    let path = format!("/apis/{group}/{version}/namespaces/{namespace}/{plural}?fieldValidation=Strict");
    let (_, warnings) = client.post(&path, &document).await?;
    for warning in warnings {
        eprintln!("warning: {}", single_line(&warning));
    }
    println!("{}/{name} created", kind.to_lowercase());
    Ok(())
}

/// What the form would say of values that nobody is asked for.
fn checked(schema: &Schema, spec: &Value, name: &str) -> Outcome {
    let mut told = Vec::new();
    if !is_label(name) {
        told.push("  Name: Give it a name of lower-case letters, digits and dashes".to_owned());
    }
    let causes = forms::admit(schema, spec, None, "spec").verdict.causes;
    let filled = forms::Filled { value: Some(spec), causes: &causes, ..forms::Filled::default() };
    let form = forms::FormModel::build(schema, filled);
    told.extend(
        form.errors.iter().map(|error| format!("  {}: {}", single_line(&error.label), single_line(&error.message))),
    );
    if told.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(format!("something is missing or wrong:\n{}", told.join("\n"))))
    }
}

/// The document, with what stands for them in the places of secrets.
fn print(schema: &Schema, document: &Value, format: Option<&str>) {
    let mut shown = document.clone();
    let mut hidden = false;
    for pointer in secret_places(schema, &document["spec"]) {
        if let Some(place) = shown["spec"].pointer_mut(&pointer).filter(|place| !stand_in::stands_in(place)) {
            *place = json!(stand_in::TYPED);
            hidden = true;
        }
    }
    match format {
        Some("json") => println!("{shown:#}"),
        _ => println!("{}", document::to_yaml(&shown).trim_end()),
    }
    if hidden && format.is_some() {
        eprintln!("secrets are not printed: put them, or the name of one, in the place of {}", stand_in::TYPED);
    }
}
