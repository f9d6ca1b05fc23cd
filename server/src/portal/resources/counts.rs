//! What a list can be narrowed by, with how many there are: each counted under all the other filters.

use crate::portal::standing;
use app::{pages::resources::ResourcesQuery, view::Facet};
use domain::promise::UNVERSIONED;
use std::collections::BTreeMap;
use store::FleetCount;

/// In addresses: those that have none.
pub const NONE: &str = "-";
/// Combinations that are counted; beyond them is said so.
pub const MOST: i64 = 5_000;
/// Choices of one filter.
const CHOICES: usize = 200;

/// What can be counted by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Promise,
    State,
    Namespace,
    Version,
    Owner,
}

/// What the counts tell apart; owners are counted by themselves.
const ALL: [By; 4] = [By::Promise, By::State, By::Namespace, By::Version];

/// The resources of a list by all that they are narrowed by, before any of it.
pub struct Counts {
    counts: Vec<FleetCount>,
    owners: Vec<(String, i64)>,
    asked: ResourcesQuery,
}

impl Counts {
    /// `counts` are those of the chosen owner, `owners` are counted under all filters but that one.
    pub fn new(counts: Vec<FleetCount>, owners: Vec<(String, i64)>, asked: &ResourcesQuery) -> Self {
        Self { counts, owners, asked: asked.clone() }
    }

    pub fn promises(&self) -> Vec<Facet> {
        self.facets(By::Promise)
    }

    pub fn namespaces(&self) -> Vec<Facet> {
        self.facets(By::Namespace)
    }

    pub fn versions(&self) -> Vec<Facet> {
        self.facets(By::Version)
    }

    pub fn owners(&self) -> Vec<Facet> {
        self.facets(By::Owner)
    }

    /// In their own order; those without any are left out.
    pub fn states(&self) -> Vec<Facet> {
        let states = self.counted(|count| self.fits(count, Some(By::State)));
        states.into_iter().filter(|state| state.count > 0 || state.value == self.asked.state).collect()
    }

    /// How those of one group stand, under all filters.
    pub fn states_of(&self, group: &str, value: &str) -> Vec<Facet> {
        let Some(by) = by_word(group).filter(|by| *by != By::Owner) else { return Vec::new() };
        let states = self.counted(|count| self.fits(count, None) && word(by, count) == value);
        states.into_iter().filter(|state| state.count > 0).collect()
    }

    /// The choices of one filter under all filters, itself among them.
    pub fn within(&self, group: &str, facets: &[Facet]) -> Vec<Facet> {
        let Some(by) = by_word(group) else { return Vec::new() };
        if by == By::Owner {
            return facets.iter().filter(|facet| facet.count > 0).cloned().collect();
        }
        let count = |value: &str| {
            let fitting = self.counts.iter().filter(|count| self.fits(count, None) && word(by, count) == value);
            fitting.map(number).sum()
        };
        let counted = facets.iter().map(|facet| Facet { count: count(&facet.value), ..facet.clone() });
        counted.filter(|facet| facet.count > 0).collect()
    }

    /// How many fit all filters; not known where not all were counted.
    pub fn total(&self) -> Option<u64> {
        let total = self.counts.iter().filter(|count| self.fits(count, None)).map(number).sum();
        self.uncounted().is_empty().then_some(total)
    }

    pub fn any(&self) -> bool {
        !self.counts.is_empty()
    }

    pub fn uncounted(&self) -> String {
        let is_all = i64::try_from(self.counts.len()).unwrap_or(MOST) < MOST;
        if is_all {
            String::new()
        } else {
            format!("The numbers beside the filters are those of the first {MOST} combinations.")
        }
    }

    fn counted(&self, test: impl Fn(&FleetCount) -> bool) -> Vec<Facet> {
        let mut phases: BTreeMap<&str, i64> = BTreeMap::new();
        for count in self.counts.iter().filter(|count| test(count)) {
            *phases.entry(&count.phase).or_default() += count.number;
        }
        let phases: Vec<(String, i64)> = phases.into_iter().map(|(phase, number)| (phase.to_owned(), number)).collect();
        standing::counted(&phases).collect()
    }

    /// The most first; what is chosen stands there even when nothing fits it.
    fn facets(&self, by: By) -> Vec<Facet> {
        let mut numbers: BTreeMap<String, u64> = BTreeMap::new();
        for count in self.counts.iter().filter(|count| by != By::Owner && self.fits(count, Some(by))) {
            *numbers.entry(word(by, count)).or_default() += number(count);
        }
        for (owner, number) in self.owners.iter().filter(|_| by == By::Owner) {
            let owner = if owner.is_empty() { NONE } else { owner };
            numbers.insert(owner.to_owned(), u64::try_from(*number).unwrap_or(0));
        }
        let chosen = self.chosen(by);
        if !chosen.is_empty() {
            numbers.entry(chosen.to_owned()).or_default();
        }
        let label = |value: &str| match (value, by) {
            (NONE, By::Version) => "None yet".to_owned(),
            (NONE, By::Owner) => "Nobody".to_owned(),
            (value, _) => value.to_owned(),
        };
        let facet = |(value, count): (String, u64)| Facet { label: label(&value), value, count };
        let mut facets: Vec<Facet> = numbers.into_iter().map(facet).collect();
        facets.sort_by_key(|facet| std::cmp::Reverse((facet.value == chosen, facet.count)));
        facets.truncate(CHOICES);
        facets
    }

    /// Whether it fits all filters but one.
    fn fits(&self, count: &FleetCount, without: Option<By>) -> bool {
        ALL.into_iter().filter(|by| Some(*by) != without).all(|by| {
            let chosen = self.chosen(by);
            chosen.is_empty() || if by == By::State { state(count, chosen) } else { word(by, count) == chosen }
        })
    }

    fn chosen(&self, by: By) -> &str {
        match by {
            By::Promise => &self.asked.promise,
            By::State => &self.asked.state,
            By::Namespace => &self.asked.namespace,
            By::Version => &self.asked.version,
            By::Owner => &self.asked.owner,
        }
    }
}

fn by_word(group: &str) -> Option<By> {
    match group {
        "promise" => Some(By::Promise),
        "state" => Some(By::State),
        "namespace" => Some(By::Namespace),
        "version" => Some(By::Version),
        "owner" => Some(By::Owner),
        _ => None,
    }
}

fn state(count: &FleetCount, state: &str) -> bool {
    standing::stored(state).contains(&count.phase)
}

fn number(count: &FleetCount) -> u64 {
    u64::try_from(count.number).unwrap_or(0)
}

/// As it stands in an address.
fn word(by: By, count: &FleetCount) -> String {
    let word = match by {
        By::Promise => &count.promise,
        By::Namespace => &count.namespace,
        By::Version if count.made == UNVERSIONED => NONE,
        By::Version => &count.made,
        By::Owner => return String::new(),
        By::State => return standing::word(&count.phase).to_owned(),
    };
    if word.is_empty() { NONE.to_owned() } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(asked: &[(&str, &str)]) -> Counts {
        let count = |words: [&str; 4], number| {
            let [promise, namespace, phase, made] = words.map(str::to_owned);
            FleetCount { promise, namespace, phase, made, number }
        };
        let fleet = vec![
            count(["db", "shop", "Ready", "v1"], 5),
            count(["db", "shop", "Failed", "v2"], 2),
            count(["db", "team", "Pending", ""], 1),
            count(["cache", "shop", "Ready", "not-set"], 4),
        ];
        let pairs = asked.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let owners = vec![("dana".to_owned(), 7), (String::new(), 4), ("paul".to_owned(), 1)];
        Counts::new(fleet, owners, &ResourcesQuery::from_pairs(pairs))
    }

    #[track_caller]
    fn check(facets: &[Facet], expected: &str) {
        let told: Vec<_> = facets.iter().map(|facet| format!("{} {}", facet.label, facet.count)).collect();
        assert_eq!(told.join(", "), expected);
    }

    #[test]
    fn everything_is_counted_by_everything() {
        let all = counts(&[]);
        check(&all.promises(), "db 8, cache 4");
        check(&all.states(), "Ready 9, Waiting 1, Failed 2");
        check(&all.versions(), "None yet 5, v1 5, v2 2");
        check(&all.owners(), "dana 7, Nobody 4, paul 1");
        assert_eq!(all.total(), Some(12));
    }

    #[test]
    fn a_filter_narrows_all_others_and_not_itself() {
        let failed = counts(&[("state", "failed")]);
        check(&failed.promises(), "db 2");
        check(&failed.states(), "Ready 9, Waiting 1, Failed 2");
        assert_eq!(failed.total(), Some(2));
        let both = counts(&[("promise", "db"), ("namespace", "shop")]);
        check(&both.namespaces(), "shop 7, team 1");
        check(&both.promises(), "db 7, cache 4");
    }

    #[test]
    fn what_is_chosen_stands_there_though_nothing_fits_it() {
        check(&counts(&[("promise", "gone"), ("state", "failed")]).promises(), "gone 0, db 2");
    }

    #[test]
    fn groups_are_counted_under_all_filters() {
        let failed = counts(&[("promise", "db")]);
        check(&failed.within("namespace", &failed.namespaces()), "shop 7, team 1");
        check(&failed.within("promise", &failed.promises()), "db 8");
        check(&failed.states_of("namespace", "shop"), "Ready 5, Failed 2");
        check(&failed.within("no such thing", &failed.promises()), "");
    }
}
