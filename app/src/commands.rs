//! What the palette offers: entries in groups, how well each fits what was typed, and what can be done from anywhere.

use crate::{
    parts::icon::Icon,
    paths::{self, with_query},
};

/// So many entries of one group are shown.
pub const SHOWN: usize = 6;
/// A search is a few words.
pub const MOST_CHARACTERS: usize = 200;

/// One line of the palette.
#[derive(Clone, Debug)]
pub struct Entry {
    pub icon: Icon,
    pub title: String,
    /// Beside the title: what kind of thing it is.
    pub detail: String,
    /// By which words it is found as well.
    pub words: String,
    /// The keys that do the same; empty = none do.
    pub key: &'static str,
    pub deed: Deed,
    /// Why it cannot be done, and who can; empty = it can.
    pub refusal: String,
}

/// What choosing an entry does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    Open(String),
    /// Posts one pair there, or nothing.
    Post(String, Option<(&'static str, &'static str)>),
    /// `light`, `dark` or `system`.
    Theme(&'static str),
    /// Shows the keyboard map over the page.
    Sheet,
}

/// Entries under one heading.
#[derive(Clone, Debug)]
pub struct Group {
    pub title: &'static str,
    pub entries: Vec<Entry>,
}

/// What somebody may do from anywhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reach {
    pub runs_platform: bool,
    pub may_sign_out: bool,
    pub sees_gallery: bool,
}

impl Entry {
    pub fn open(icon: Icon, title: &str, href: String) -> Self {
        Self::new(icon, title, Deed::Open(href))
    }

    pub fn new(icon: Icon, title: &str, deed: Deed) -> Self {
        let (detail, words, refusal) = (String::new(), String::new(), String::new());
        Self { icon, title: title.to_owned(), detail, words, key: "", deed, refusal }
    }

    #[must_use]
    pub fn with_key(self, key: &'static str) -> Self {
        Self { key, ..self }
    }

    #[must_use]
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    #[must_use]
    pub fn with_words(self, words: &str) -> Self {
        Self { words: words.to_owned(), ..self }
    }

    #[must_use]
    pub fn refused(self, refusal: impl Into<String>) -> Self {
        Self { refusal: refusal.into(), ..self }
    }

    /// How well it fits; the least is the best, `None` = not at all. Every word must stand somewhere in it.
    fn rank(&self, asked: &str) -> Option<u8> {
        let title = self.title.to_lowercase();
        let whole = format!("{title} {} {}", self.detail.to_lowercase(), self.words.to_lowercase());
        if !asked.split_whitespace().all(|word| whole.contains(word)) {
            return None;
        }
        Some(if title.starts_with(asked) {
            0
        } else if title.split([' ', '-']).any(|word| word.starts_with(asked)) {
            1
        } else if title.contains(asked) {
            2
        } else {
            3
        })
    }
}

/// The entries that fit, each group by how well they do and the group with the best one first. Nothing asked leaves all as it stands.
pub fn fitting(groups: Vec<Group>, asked: &str) -> Vec<Group> {
    let asked = asked.trim().to_lowercase();
    let mut offered: Vec<(String, Deed)> = Vec::new();
    let mut ranked: Vec<(u8, Group)> = groups
        .into_iter()
        .filter_map(|group| {
            let mut entries: Vec<(u8, Entry)> =
                group.entries.into_iter().filter_map(|entry| Some((entry.rank(&asked)?, entry))).collect();
            // what can be done here is not offered a second time as what can be done anywhere
            entries
                .retain(|(_, entry)| !offered.iter().any(|(title, deed)| *title == entry.title && *deed == entry.deed));
            offered.extend(entries.iter().map(|(_, entry)| (entry.title.clone(), entry.deed.clone())));
            if !asked.is_empty() {
                entries.sort_by_key(|(rank, _)| *rank);
            }
            let best = if asked.is_empty() { 0 } else { entries.first()?.0 };
            let entries: Vec<Entry> = entries.into_iter().map(|(_, entry)| entry).take(SHOWN).collect();
            (!entries.is_empty()).then_some((best, Group { entries, ..group }))
        })
        .collect();
    ranked.sort_by_key(|(best, _)| *best);
    ranked.into_iter().map(|(_, group)| group).collect()
}

/// The portal's own pages.
pub fn pages(reach: Reach) -> Vec<Entry> {
    let to = |icon, title: &str, href: &str| Entry::open(icon, title, href.to_owned());
    let everyones = with_query(paths::RESOURCES, &[("whose", "all")]);
    let deleted = with_query(paths::RESOURCES, &[("whose", "deleted")]);
    let failed = with_query(paths::RUNS, &[("state", "failed")]);
    let mut pages = vec![
        to(Icon::Home, "Home", paths::HOME).with_key("g h").with_words("needs you start"),
        to(Icon::Layers, "Catalog", paths::CATALOG).with_key("g c").with_words("services promises new request"),
        to(Icon::Box, "Resources", paths::RESOURCES).with_key("g r").with_words("mine my"),
        to(Icon::Play, "Runs", paths::RUNS).with_key("g u").with_words("executions jobs"),
        to(Icon::Users, "Everyone’s resources", &everyones).with_words("all"),
        to(Icon::Trash, "Deleted resources", &deleted).with_words("gone removed history"),
        to(Icon::Alert, "Failed runs", &failed).with_words("errors"),
        to(Icon::Key, "You", paths::ME).with_words("me account profile sessions tokens settings"),
    ];
    if reach.runs_platform {
        let platform = to(Icon::Globe, "Platform", paths::PLATFORM);
        pages.insert(4, platform.with_key("g f").with_words("fleet destinations promises"));
    }
    if reach.sees_gallery {
        pages.push(to(Icon::Box, "Gallery of parts", paths::GALLERY).with_words("design system ui"));
    }
    pages
}

/// What changes how the portal looks and listens.
pub fn settings(reach: Reach, keys_off: bool) -> Vec<Entry> {
    let theme = |value, title| Entry::new(Icon::Moon, title, Deed::Theme(value)).with_words("theme mode appearance");
    let keys = |value, title| {
        let turn = Deed::Post(paths::ME_KEYS.to_owned(), Some(("keys", value)));
        Entry::new(Icon::Code, title, turn).with_words("keyboard shortcuts")
    };
    let mut settings = vec![
        theme("light", "Light theme"),
        theme("dark", "Dark theme"),
        theme("system", "Theme like the system"),
        if keys_off { keys("on", "Turn single-letter keys on") } else { keys("off", "Turn single-letter keys off") },
    ];
    if reach.may_sign_out {
        settings.push(Entry::new(Icon::Back, "Sign out", Deed::Post(paths::SIGN_OUT.to_owned(), None)));
    }
    settings
}

/// Where one learns more, and the way to everything that was found.
pub fn help(asked: &str) -> Vec<Entry> {
    let everything = match asked {
        "" => Entry::open(Icon::Search, "Search everything", paths::SEARCH.to_owned()),
        // it always fits, and never better than what was found
        asked => Entry::open(
            Icon::Search,
            &format!("Search everything for “{asked}”"),
            with_query(paths::SEARCH, &[("q", asked)]),
        ),
    };
    vec![
        Entry::new(Icon::Question, "Keyboard shortcuts", Deed::Sheet).with_key("?").with_words("help keys"),
        everything,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(asked: &str, expected: &[&str]) {
        let request =
            Entry::open(Icon::Plus, "Request PostgreSQL database", String::new()).with_words("postgresql sql");
        let groups = vec![
            Group { title: "Catalog", entries: vec![request] },
            Group { title: "Pages", entries: pages(Reach { runs_platform: true, ..Reach::default() }) },
        ];
        let found = fitting(groups, asked);
        let titles: Vec<&str> =
            found.iter().flat_map(|group| &group.entries).map(|entry| entry.title.as_str()).collect();
        assert_eq!(titles, expected, "{asked:?}");
    }

    #[test]
    fn what_begins_as_typed_comes_before_what_only_contains_it() {
        check("request post", &["Request PostgreSQL database"]);
        check("SQL", &["Request PostgreSQL database"]);
        check("cat", &["Catalog"]);
        check("resources", &["Resources", "Everyone’s resources", "Deleted resources"]);
        check("plat", &["Platform"]);
        check(
            "re",
            &["Request PostgreSQL database", "Resources", "Everyone’s resources", "Deleted resources", "Catalog"],
        );
        check("no such thing", &[]);
    }

    #[test]
    fn the_same_deed_is_offered_once() {
        let entry = |title| Entry::open(Icon::Plus, title, "/new".to_owned());
        let groups = ["This page", "Catalog"].map(|title| Group { title, entries: vec![entry("Request Redis")] });
        let titles: Vec<&str> = fitting(groups.into(), "").iter().map(|group| group.title).collect();
        assert_eq!(titles, ["This page"]);
    }

    #[test]
    fn only_who_may_is_led_somewhere() {
        let titles = |reach| pages(reach).into_iter().map(|entry| entry.title).collect::<Vec<_>>();
        let nobody = titles(Reach::default());
        assert!(!nobody.iter().any(|title| title == "Platform" || title.starts_with("Gallery")), "{nobody:?}");
        let both = titles(Reach { runs_platform: true, sees_gallery: true, ..Reach::default() });
        assert_eq!(both.len(), nobody.len() + 2);
    }
}
