//! `midspan check`: a promise that is not applied yet, against all that was made from it.

use super::{
    Failure, Outcome, ServerArgs,
    client::Client,
    files::Files,
    kinds,
    print::{columns_of, single_line},
};
use clap::Args;
use serde_json::Value;
use std::path::PathBuf;

#[derive(Args)]
pub struct CheckArgs {
    /// A file, a folder, or - for standard input; what is no promise in it is left out
    #[arg(long, short = 'f', required = true, value_name = "FILE")]
    filename: Vec<PathBuf>,
    /// The folders in a folder as well
    #[arg(long, short = 'R')]
    recursive: bool,
}

/// What the pages of an answer come to.
#[derive(Default)]
struct Tally {
    valid: u64,
    defaulted: u64,
    breaking: u64,
    pinned: u64,
}

pub async fn run(server: &ServerArgs, args: CheckArgs) -> Outcome {
    let client = Client::new(server)?;
    let mut files = Files::default();
    for path in &args.filename {
        files.read(path, args.recursive)?;
    }
    let mut documents = files.documents;
    documents.retain(|document| document.value["kind"] == "Promise");
    if documents.is_empty() {
        return Err(Failure::usage("there is no promise in these files"));
    }
    let known = kinds::all(&client).await?;
    let mut breaking = 0;
    for document in documents {
        let api_version = document.value["apiVersion"].as_str().unwrap_or_default();
        let kind = known.iter().find(|kind| kind.kind == "Promise" && kind.api_version() == api_version);
        let kind = kind.ok_or_else(|| Failure::usage(format!("{}: no promises in {api_version}", document.origin)))?;
        let name = document.value["metadata"]["name"].as_str().unwrap_or_default();
        breaking += check(&client, &format!("{}/check", kind.item("", name)), &document.value).await?;
    }
    match breaking {
        0 => Ok(()),
        1 => {
            Err(Failure::new("1 resource would not be valid; change or pin it first, or apply with --accept-breaking"))
        }
        many => Err(Failure::new(format!(
            "{many} resources would not be valid; change or pin them first, or apply with --accept-breaking"
        ))),
    }
}

/// Prints what is not simply valid. Returns how many would break.
async fn check(client: &Client, address: &str, promise: &Value) -> Outcome<u64> {
    let (mut tally, mut rows, mut next) = (Tally::default(), Vec::new(), String::new());
    let (mut version, mut revision) = (String::new(), String::new());
    loop {
        let (page, _) = client.post(&format!("{address}?limit=500&continue={next}"), promise).await?;
        tally.add(&page["summary"]);
        for resource in page["resources"].as_array().into_iter().flatten().filter(|resource| resource["fit"] != "valid")
        {
            rows.extend(told(resource));
        }
        page["version"].as_str().unwrap_or_default().clone_into(&mut version);
        page["revision"].as_str().unwrap_or_default().clone_into(&mut revision);
        match page["metadata"]["continue"].as_str() {
            Some(word) => word.clone_into(&mut next),
            None => break,
        }
    }
    let Tally { valid, defaulted, breaking, pinned } = tally;
    let name = promise["metadata"]["name"].as_str().unwrap_or_default();
    println!(
        "promise/{name} {version} ({revision}): {valid} valid, {defaulted} with new defaults, {breaking} breaking, {pinned} pinned"
    );
    if !rows.is_empty() {
        rows.insert(0, ["RESOURCE", "FIT", "WHERE", "WHY"].map(str::to_owned).to_vec());
        columns_of(&rows);
    }
    Ok(breaking)
}

/// One row for each field.
fn told(resource: &Value) -> Vec<Vec<String>> {
    let text = |value: &Value| single_line(value.as_str().unwrap_or_default());
    let name = format!("{}/{}", text(&resource["namespace"]), text(&resource["name"]));
    let row = |place: String, why: String| vec![name.clone(), text(&resource["fit"]), place, why];
    let fields = resource["fields"].as_array().into_iter().flatten();
    let causes = resource["causes"].as_array().into_iter().flatten();
    let mut rows: Vec<Vec<String>> = fields.map(|field| row(text(field), "gets its default".to_owned())).collect();
    rows.extend(causes.map(|cause| row(text(&cause["field"]), text(&cause["message"]))));
    if let Some(version) = resource["version"].as_str() {
        rows.push(row(String::new(), format!("held at {}", single_line(version))));
    }
    rows
}

impl Tally {
    fn add(&mut self, summary: &Value) {
        let count = |key: &str| summary[key].as_u64().unwrap_or(0);
        self.valid += count("valid");
        self.defaulted += count("defaulted");
        self.breaking += count("breaking");
        self.pinned += count("pinned");
    }
}
