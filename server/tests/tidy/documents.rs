//! What we tell readers: every relative link in a document leads to a file.

use crate::{
    none,
    workspace::{File, files, root},
};

#[test]
fn links_between_documents_lead_somewhere() {
    let documents = files("", "md");
    none("dead links", &documents.iter().flat_map(dead_links).collect::<Vec<_>>());
}

fn dead_links(document: &File) -> Vec<String> {
    let directory = root().join(&document.path);
    let directory = directory.parent().unwrap_or(root());
    let mut dead = Vec::new();
    let mut fenced = false;
    for (at, line) in document.text.lines().enumerate() {
        fenced ^= line.trim_start().starts_with("```");
        let prose: String = line.split('`').step_by(2).collect();
        for target in links(&prose).filter(|_| !fenced) {
            let path = target.split(['#', '?', ' ']).next().unwrap_or_default();
            if !path.is_empty() && !directory.join(path).exists() {
                dead.push(format!("{}:{}: {target}", document.path, at + 1));
            }
        }
    }
    dead
}

/// The targets of `[text](target)` that are paths in this repository.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    // Addresses of the portal (`/catalog`) and of other sites are not files.
    targets.filter(|target| !target.contains(':') && !target.starts_with(['/', '<']) && !target.contains("{{"))
}
