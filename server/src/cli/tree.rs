//! `midspan tree`: a resource with its children, and theirs.

use super::{Failure, Outcome, ServerArgs, client::Client, kinds};
use clap::Args;
use serde_json::Value;

#[derive(Args)]
pub struct TreeArgs {
    /// A kind and a name; or kind/name
    #[arg(required = true, value_name = "KIND/NAME")]
    what: Vec<String>,
}

pub async fn run(server: &ServerArgs, args: TreeArgs) -> Outcome {
    let client = Client::new(server)?;
    let (kind, names) = kinds::targets(&client, &args.what).await?;
    let [name] = names.as_slice() else { return Err(Failure::usage("give one kind/name")) };
    let answer = client.get(&format!("{}/tree", kind.item(&server.namespace, name))).await?;
    print!("{}", drawn(&answer["root"]));
    Ok(())
}

fn drawn(root: &Value) -> String {
    let mut text = line(root);
    branches(root, "", &mut text);
    text
}

fn branches(node: &Value, indent: &str, text: &mut String) {
    let children = node["children"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (at, child) in children.iter().enumerate() {
        let last = at + 1 == children.len();
        text.push_str(&format!("{indent}{} {}", if last { "└─" } else { "├─" }, line(child)));
        branches(child, &format!("{indent}{}  ", if last { " " } else { "│" }), text);
    }
}

fn line(node: &Value) -> String {
    let text = |key: &str| node[key].as_str().unwrap_or_default();
    let message = if text("phase") == "Ready" { String::new() } else { format!(": {}", text("message")) };
    format!("{} {} {}{message}\n", text("kind"), text("name"), text("phase"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_tree_is_drawn_with_its_branches() {
        let leaf = |name: &str, phase: &str| json!({"kind": "Db", "name": name, "phase": phase, "message": "why"});
        let root = json!({"kind": "App", "name": "shop", "phase": "Progressing", "message": "waits", "children": [
            {"kind": "Env", "name": "dev", "phase": "Ready", "children": [leaf("a", "Ready"), leaf("b", "Failed")]}, leaf("c", "Ready")]});
        insta::assert_snapshot!(drawn(&root), @r"
        App shop Progressing: waits
        ├─ Env dev Ready
        │  ├─ Db a Ready
        │  └─ Db b Failed: why
        └─ Db c Ready
        ");
    }
}
