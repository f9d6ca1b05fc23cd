//! `midspan whoami`: which server, as whom, with which rights, and why.

use super::{Outcome, ServerArgs, client::Client, print::columns_of};
use domain::caller::roles;
use serde_json::{Value, json};

pub async fn run(server: &ServerArgs) -> Outcome {
    let client = Client::new(server)?;
    let user = asked(&client).await?;
    let version = client.get("/version").await?;
    let groups: Vec<String> =
        user["groups"].as_array().into_iter().flatten().filter_map(Value::as_str).map(ToOwned::to_owned).collect();
    let token = if client.has_token() {
        client.token_from().to_owned()
    } else {
        "none; a --dev server takes you for its developer then".to_owned()
    };
    let or_none = |words: String| if words.is_empty() { "none".to_owned() } else { words };
    let rows = [
        ("Server:", format!("{} ({})", client.server(), version["gitVersion"].as_str().unwrap_or_default())),
        ("User:", user["username"].as_str().unwrap_or_default().to_owned()),
        ("Roles:", or_none(roles(&groups).join(", "))),
        ("Groups:", or_none(groups.join(", "))),
        ("Token:", token),
        ("Namespace:", server.namespace.clone()),
    ];
    columns_of(&rows.map(|(label, text)| vec![label.to_owned(), text]));
    Ok(())
}

/// The name of the user.
pub async fn user(client: &Client) -> Outcome<String> {
    Ok(asked(client).await?["username"].as_str().unwrap_or_default().to_owned())
}

async fn asked(client: &Client) -> Outcome<Value> {
    let question = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let (review, _) = client.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", &question).await?;
    Ok(review["status"]["userInfo"].clone())
}
