//! What the palette shows one caller on one page: what can be done here, what they had in hand last, what their words find.

use super::{ServerPortal, facts};
use app::{
    commands::{self, Deed, Entry, Group, Reach, fitting},
    pages::resource::{ActionButton, Day2, Deed as Day2Deed, ResourceHead},
    parts::{
        chip::Look,
        icon::{Icon, named},
    },
    paths::{self, ResourceKey},
    view::{PromiseCard, ResourceRow, RunRow},
};
use domain::{ErrorKind, Result};
use store::Query;

/// So many resources and promises are read for it.
const MOST: i64 = 6;

impl ServerPortal {
    /// `asked` is what stands in its field, `at` the page it lies over. `>` keeps to what can be done, `#` to a name of a run or request.
    pub async fn palette(&self, asked: &str, at: &str) -> Result<Vec<Group>> {
        let asked = asked.trim();
        let named = Self::named(asked)?;
        let may_look = self.may_look().is_ok();
        if let Some(id) = asked.strip_prefix('#') {
            let found = if may_look { self.identified(id.trim()).await? } else { app::pages::search::Found::default() };
            let request =
                found.request.map(|name| Entry::open(Icon::File, &name, paths::request(&name)).with_detail("Request"));
            let entries = found.runs.iter().map(|run| run_entry(run).with_words(&run.name)).chain(request).collect();
            return Ok(vec![group("Runs and requests", entries)]
                .into_iter()
                .filter(|group| !group.entries.is_empty())
                .collect());
        }
        let reach = self.reach();
        let here = group("This page", if may_look { self.here(at).await? } else { Vec::new() });
        let settings = group("Settings", commands::settings(reach, self.asker.taste.keys_off));
        if let Some(asked) = asked.strip_prefix('>') {
            return Ok(fitting(vec![here, settings], asked));
        }
        let mut groups = vec![here];
        if may_look {
            groups.extend(self.things(asked, &named).await?);
        }
        groups.extend([group("Pages", commands::pages(reach)), settings, group("Help", commands::help(asked))]);
        Ok(fitting(groups, asked))
    }

    /// Resources, services and runs.
    async fn things(&self, asked: &str, named: &Query) -> Result<Vec<Group>> {
        const UNASKED: usize = 4;
        let offers = self.offers();
        let mut cards = self.cards().await?;
        cards.sort_by_key(|card| std::cmp::Reverse(card.mine));
        if asked.is_empty() {
            cards.truncate(UNASKED);
            let objects = self.newest(MOST).await?;
            let rows = super::home::rows(&objects, &offers);
            return Ok(vec![
                group("Recent", rows.iter().map(resource_entry).collect()),
                group("Catalog", cards.iter().map(request_entry).collect()),
            ]);
        }
        let named = Query { limit: MOST, ..named.clone() };
        let (mut objects, found) = futures::try_join!(self.of_all(&named), self.identified(asked))?;
        // a service by its title finds what was made from it
        let of_title = |card: &&PromiseCard| card.title.to_lowercase().contains(&asked.to_lowercase());
        if objects.len() < usize::try_from(MOST).unwrap_or(0)
            && let Some(card) = cards.iter().find(of_title)
        {
            let made = Query { promise: Some(card.name.clone()), name_contains: None, ..named };
            let more = self.of_all(&made).await?;
            let known: Vec<String> = objects.iter().map(|object| object.metadata.uid.clone()).collect();
            objects.extend(more.into_iter().filter(|object| !known.contains(&object.metadata.uid)));
        }
        let runs = if found.runs.is_empty() { self.recent_runs(&objects, &offers).await? } else { found.runs };
        let rows: Vec<ResourceRow> =
            objects.iter().map(|object| facts::row(object, offers.get(object.facets().promise))).collect();
        let asked_for = cards.iter().map(request_entry);
        let told = cards.iter().map(promise_entry);
        Ok(vec![
            group("Resources", rows.iter().map(resource_entry).collect()),
            group("Catalog", asked_for.chain(told).collect()),
            group("Runs", runs.iter().map(|run| run_entry(run).with_words(&run.name)).collect()),
        ])
    }

    /// What can be done with the thing that the page shows. A page of nothing in particular has none.
    async fn here(&self, at: &str) -> Result<Vec<Entry>> {
        let parts: Vec<&str> = at.split('/').skip(1).take(5).collect();
        let entries = match parts.as_slice() {
            ["r", namespace, promise, name, ..] => self.of_resource(&ResourceKey::new(namespace, promise, name)).await,
            ["catalog", promise, ..] => {
                let cards = self.cards().await?;
                Ok(cards.iter().filter(|card| card.name == *promise).map(request_entry).collect())
            }
            ["runs", run] => self.stored_run(run).await.map(|run| {
                let resource = &run.spec.resource;
                let key = ResourceKey::new(&resource.namespace, &run.spec.promise, &resource.name);
                vec![Entry::open(Icon::Box, &format!("Open {}", resource.name), key.path())]
            }),
            _ => Ok(Vec::new()),
        };
        match entries {
            Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Forbidden) => Ok(Vec::new()),
            entries => entries,
        }
    }

    async fn of_resource(&self, key: &ResourceKey) -> Result<Vec<Entry>> {
        let served = self.offered(&key.promise)?;
        let head = self.head(&self.stored(key).await?, &served).await?;
        Ok(doable(&head))
    }

    fn reach(&self) -> Reach {
        let dev = self.doors.dev;
        Reach {
            runs_platform: self.runs_platform(),
            may_sign_out: !dev && self.asker.source == "page",
            sees_gallery: dev,
        }
    }
}

/// The actions and deeds of a resource, refused ones with the reason, then its pages.
fn doable(head: &ResourceHead) -> Vec<Entry> {
    let key = &head.key;
    let action = |action: &ActionButton| {
        let address = key.action(&action.name);
        let icon = if action.icon.is_empty() { Icon::Play } else { named(&action.icon) };
        let deed = if action.at_once { Deed::Post(address, None) } else { Deed::Open(address) };
        Entry::new(icon, &action.title, deed).with_words("action").refused(&action.refusal)
    };
    let day2 = |day2: &Day2| {
        let entry = match day2.deed {
            Day2Deed::Edit => Entry::open(Icon::Edit, "Edit", key.tab("edit")).with_key("e"),
            Day2Deed::RunAgain => Entry::new(Icon::Play, "Run again", Deed::Post(key.tab("run"), None)),
            Day2Deed::Delete => Entry::open(Icon::Trash, "Delete", key.tab("delete")),
        };
        entry.with_words("action").refused(&day2.refusal)
    };
    let extend = head.time_left.as_ref().filter(|left| !left.extension.is_empty() && !head.is_deleting).map(|left| {
        let title = format!("Extend by {}", left.extension);
        Entry::new(Icon::Clock, &title, Deed::Post(key.tab("extend"), None)).with_words("action expiry")
    });
    let tabs = [
        Entry::open(Icon::Box, "Overview", key.path()).with_key("o"),
        Entry::open(Icon::File, "Files", key.tab("files")),
        Entry::open(Icon::Branch, "Graph", key.tab("graph")).with_key("g g"),
        Entry::open(Icon::Branch, "Drift", key.tab("drift")),
        Entry::open(Icon::Clock, "History", key.tab("history")).with_key("h"),
    ];
    let deeds = head.actions.iter().map(action).chain(head.day2.iter().map(day2)).chain(extend).chain(tabs);
    deeds.map(|entry| Entry { detail: key.name.clone(), ..entry }).collect()
}

fn resource_entry(row: &ResourceRow) -> Entry {
    let state = app::parts::facts::state(&row.facts).word;
    let detail = format!("{} · {state}", row.promise_title);
    Entry::open(named(&row.icon), &row.key.name, row.key.path()).with_detail(detail).with_words(&row.key.namespace)
}

fn request_entry(card: &PromiseCard) -> Entry {
    let words = format!("new create {} {}", card.name, card.tags.join(" "));
    Entry::open(Icon::Plus, &format!("Request {}", card.title), paths::new_request(&card.name))
        .with_words(&words)
        .refused(&card.refusal)
}

fn promise_entry(card: &PromiseCard) -> Entry {
    let words = format!("{} {}", card.name, card.tags.join(" "));
    Entry::open(named(&card.icon), &card.title, paths::promise(&card.name)).with_detail("Service").with_words(&words)
}

fn run_entry(run: &RunRow) -> Entry {
    let verb = match run.workflow.as_str() {
        "configure" => "Configure",
        "delete" => "Delete",
        action => action,
    };
    let detail = format!("{} · {}", run.promise_title, Look::from(run.phase).word);
    Entry::open(Icon::Play, &format!("{verb} {}", run.resource.name), paths::run(&run.name)).with_detail(detail)
}

fn group(title: &'static str, entries: Vec<Entry>) -> Group {
    Group { title, entries }
}
