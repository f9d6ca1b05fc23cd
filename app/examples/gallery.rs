//! Renders every page with made-up data into a folder, to be looked at: `gallery FOLDER`. The parts alone stand at `/_ui`.

#[path = "../tests/fake/mod.rs"]
mod fake;

use std::{fs, path::Path, sync::Arc};

use app::{Head, portal::Refused};
use fake::{Scene, answer, data, story};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: gallery FOLDER")?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    fs::write(folder.join("midspan.css"), stylesheet()?)?;
    let mut refusal = story::delete();
    refusal.typed = "orders".into();
    refusal.refusal = "Type orders-db, exactly.".into();
    let pages = [
        ("home", "/", Scene::Busy, None),
        ("home-first-day", "/", Scene::Fresh, None),
        ("catalog", "/catalog", Scene::Busy, None),
        ("catalog-nothing", "/catalog?q=kafka", Scene::Busy, None),
        ("catalog-first-day", "/catalog", Scene::Fresh, None),
        ("promise", "/catalog/postgresql", Scene::Busy, None),
        ("form", "/catalog/postgresql/new", Scene::Busy, None),
        ("form-refused", "/catalog/postgresql/new", Scene::Busy, Some(Refused::Form(Arc::new(data::refused_form())))),
        ("plan", "/requests/req-1", Scene::Busy, None),
        ("request", "/requests/req-2", Scene::Busy, None),
        ("resources", "/resources", Scene::Busy, None),
        ("resources-nothing", "/resources?q=zzz", Scene::Busy, None),
        ("resources-first-day", "/resources", Scene::Fresh, None),
        ("resource", "/r/default/postgresql/orders-db", Scene::Busy, None),
        ("resource-running", "/r/default/postgresql/billing-db", Scene::Busy, None),
        ("resource-failed", "/r/default/redis/search-cache", Scene::Busy, None),
        ("files", "/r/default/postgresql/orders-db/files", Scene::Busy, None),
        ("history", "/r/default/postgresql/orders-db/history", Scene::Busy, None),
        ("edit", "/r/default/postgresql/orders-db/edit", Scene::Busy, None),
        ("delete", "/r/default/postgresql/orders-db/delete", Scene::Busy, None),
        (
            "delete-refused",
            "/r/default/postgresql/orders-db/delete",
            Scene::Busy,
            Some(Refused::Delete(Arc::new(refusal))),
        ),
        ("runs", "/runs", Scene::Busy, None),
        ("run", "/runs/run-running", Scene::Busy, None),
        ("run-failed", "/runs/run-failed", Scene::Busy, None),
        ("not-found", "/nowhere", Scene::Busy, None),
        ("forbidden", "/r/default/postgresql/secret-db", Scene::Busy, None),
        ("broken", "/r/default/postgresql/broken", Scene::Busy, None),
        ("sign-in", "/sign-in", Scene::Busy, None),
        ("search", "/search?q=db", Scene::Busy, None),
        ("search-nothing", "/search?q=zzz", Scene::Busy, None),
        ("keys", "/keys", Scene::Busy, None),
        ("parts", "/_ui", Scene::Busy, None),
    ];
    for theme in ["light", "dark"] {
        for (name, address, scene, refused) in &pages {
            let head = Head { theme: theme.to_owned(), ..Head::default() };
            let page = answer(*scene, address, head, refused.clone()).await;
            fs::write(
                folder.join(format!("{name}.{theme}.html")),
                page.html.replace("/pkg/midspan.css", "midspan.css"),
            )?;
        }
    }
    println!("{} pages in light and dark", pages.len());
    Ok(())
}

/// The files of `style/` in name order, as the build joins them.
fn stylesheet() -> std::io::Result<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../style");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    files.iter().map(fs::read_to_string).collect()
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "css") {
            files.push(path);
        }
    }
    Ok(())
}
