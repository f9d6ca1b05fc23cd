//! Which destinations a group of files goes to, and what speaks for and against each: one computation decides and explains.

use super::{Observed, Subject};
use crate::{
    destination::Destination,
    digest::Digest,
    promise::{Reschedule, Scheduling, Strategy},
    reason::Reason,
    selector::{LabelSelector, MatchExpression, Requirement},
    work::{Group, Work},
};
use serde::Serialize;
use std::{cmp::Reverse, collections::BTreeMap, fmt};

/// On a resource: choose its destinations anew. The value says who asked.
pub const RESCHEDULE: &str = "midspan.dev/reschedule";
/// On a resource: it looks again when destinations change, though it is ready.
pub const FOLLOWS: &str = "midspan.dev/follows-destinations";

/// One group of files, and how each destination stands to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Choice {
    pub pipeline: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub directory: String,
    /// The labels a destination must have, as a selector; empty asks for none.
    pub asks: String,
    pub strategy: Strategy,
    /// How many destinations it asks for; absent is all that fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<usize>,
    /// The chosen first, then by how near they come.
    pub destinations: Vec<Look>,
}

/// One destination under consideration.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Look {
    pub destination: String,
    pub chosen: bool,
    /// It is there already.
    pub stands: bool,
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The verdict in words.
    pub says: String,
    /// Of those that fit alike the highest goes first. It follows from the names alone, so the choice repeats.
    pub score: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "camelCase")]
pub enum Verdict {
    Fits,
    Full {
        resources: usize,
        capacity: usize,
    },
    Cordoned,
    /// It takes only what asks for labels.
    Strict,
    Labels {
        missing: Vec<String>,
    },
    Deleting,
}

impl Verdict {
    /// Fewer is nearer.
    fn distance(&self) -> usize {
        match self {
            Self::Fits => 0,
            Self::Full { .. } => 1,
            Self::Cordoned => 2,
            Self::Strict => 3,
            Self::Labels { missing } => 3 + missing.len(),
            Self::Deleting => usize::MAX,
        }
    }

    /// Whether what stands there would be there by its labels.
    fn suits(&self) -> bool {
        !matches!(self, Self::Labels { .. } | Self::Strict | Self::Deleting)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fits => f.write_str("fits"),
            Self::Full { resources, capacity } => write!(f, "is full ({resources} of {capacity} resources)"),
            Self::Cordoned => f.write_str("is cordoned"),
            Self::Strict => f.write_str("takes only what asks for its labels"),
            Self::Labels { missing } => write!(f, "lacks {}", missing.join(",")),
            Self::Deleting => f.write_str("is being deleted"),
        }
    }
}

/// The choice for every group of every work, in their order.
pub fn choices(observed: &Observed) -> Vec<Choice> {
    let ground = Ground::of(observed);
    let groups = observed.works.iter().flat_map(|work| work.spec.groups.iter().map(move |group| (work, group)));
    groups.map(|(work, group)| ground.choose(work, group)).collect()
}

/// What holds for all groups of one resource or promise.
struct Ground<'a> {
    observed: &'a Observed,
    selectors: &'a [LabelSelector],
    rule: Scheduling,
    everywhere: bool,
    /// As if nothing stood anywhere yet.
    afresh: bool,
}

/// A destination as it is weighed.
struct Candidate<'a> {
    destination: &'a Destination,
    verdict: Verdict,
    stands: bool,
    /// It is on its way to somewhere else.
    leaving: bool,
    /// Something of the resource is here, of this group or another.
    home: bool,
    score: Digest,
    /// Which of those that destinations are spread over it belongs to.
    zone: &'a str,
}

impl<'a> Ground<'a> {
    fn of(observed: &'a Observed) -> Self {
        let everywhere = matches!(observed.subject, Subject::Promise(_));
        let spec = observed.offer.as_ref().map(|offer| &offer.promise.spec);
        let rule = match spec {
            _ if everywhere => Scheduling { strategy: Strategy::All, ..Scheduling::default() },
            Some(spec) => spec.placement.clone(),
            None => Scheduling::default(),
        };
        let afresh = !everywhere && observed.resource.metadata.annotations.contains_key(RESCHEDULE);
        let selectors = spec.map_or(&[][..], |spec| &spec.destination_selectors);
        Self { observed, selectors, rule, everywhere, afresh }
    }

    fn choose(&self, work: &Work, group: &Group) -> Choice {
        let asks = self.asks(group);
        let all: Vec<Candidate> =
            self.observed.destinations.iter().map(|one| self.candidate(one, work, group, &asks)).collect();
        let chosen = self.chosen(&all);
        let mut looks: Vec<(usize, Look)> = Vec::new();
        for (at, one) in all.iter().enumerate() {
            let (chosen, stands) = (chosen.contains(&at), one.stands && !one.leaving);
            let says = match &one.verdict {
                Verdict::Fits if !chosen => "fits; others come first".to_owned(),
                verdict if chosen && *verdict != Verdict::Fits => format!("{verdict}; what stands there stays"),
                verdict => verdict.to_string(),
            };
            let look = Look {
                destination: one.destination.metadata.name.clone(),
                chosen,
                stands,
                verdict: one.verdict.clone(),
                says,
                score: one.score.short(8).to_owned(),
            };
            looks.push((at, look));
        }
        looks.sort_by_key(|(at, look)| (!look.chosen, look.verdict.distance(), Reverse(all[*at].score.clone())));
        Choice {
            pipeline: work.spec.pipeline.clone(),
            directory: group.directory.clone(),
            asks: asks.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
            strategy: self.rule.strategy,
            wanted: self.rule.wanted(),
            destinations: looks.into_iter().map(|(_, look)| look).collect(),
        }
    }

    /// The promise's labels win over the pipeline's, key by key, as in Kratix; expressions are joined. A directory entry stands alone.
    fn asks(&self, group: &Group) -> Vec<Requirement> {
        let promises: &[LabelSelector] = if group.directory.is_empty() { self.selectors } else { &[] };
        let both = || group.selectors.iter().chain(promises);
        let labels: BTreeMap<_, _> = both().flat_map(|selector| &selector.match_labels).collect();
        let labels = labels.into_iter().map(|(key, value)| Requirement::In(key.clone(), vec![value.clone()]));
        let expressions = both().flat_map(|selector| &selector.match_expressions);
        labels.chain(expressions.map(MatchExpression::requirement)).collect()
    }

    fn candidate(
        &self,
        destination: &'a Destination,
        work: &Work,
        group: &Group,
        asks: &[Requirement],
    ) -> Candidate<'a> {
        let (name, resource) = (&destination.metadata.name, &self.observed.resource.metadata);
        let here = || self.observed.placements.iter().filter(|placement| placement.spec.destination == *name);
        let of_group = || here().filter(|placement| placement.of_group(&work.metadata.uid, &group.directory));
        let zone = self.rule.by.as_ref().and_then(|by| destination.labels().get(by));
        Candidate {
            destination,
            verdict: self.verdict(destination, asks, here().next().is_some()),
            stands: of_group().next().is_some(),
            leaving: of_group().all(|placement| placement.spec.leaving),
            home: !self.afresh && here().any(|placement| !placement.spec.withdrawn && !placement.spec.leaving),
            score: Digest::of_parts([resource.uid.as_bytes(), name.as_bytes()]),
            zone: zone.map_or("", String::as_str),
        }
    }

    fn verdict(&self, destination: &Destination, asks: &[Requirement], seated: bool) -> Verdict {
        let labels = destination.labels();
        let by = self.rule.by.iter().map(|key| Requirement::Exists(key.clone()));
        let unmet = asks.iter().cloned().chain(by).filter(|one| !one.matches(labels));
        let missing: Vec<String> = unmet.map(|one| one.to_string()).collect();
        let spec = &destination.spec;
        match spec.capacity {
            _ if destination.deleting() => Verdict::Deleting,
            _ if !missing.is_empty() => Verdict::Labels { missing },
            _ if asks.is_empty() && spec.strict_match_labels && !labels.is_empty() => Verdict::Strict,
            _ if spec.cordoned => Verdict::Cordoned,
            // a seat that is taken already is not taken twice
            Some(capacity) if !self.everywhere && !seated && destination.status.standing >= capacity.resources => {
                Verdict::Full { resources: destination.status.standing, capacity: capacity.resources }
            }
            _ => Verdict::Fits,
        }
    }

    /// What stands stays; the rest is filled up with what fits, evenly over the zones. Who must go stays until another place is found.
    fn chosen(&self, all: &[Candidate]) -> Vec<usize> {
        let wanted = self.rule.wanted().unwrap_or(usize::MAX);
        let there = |one: &Candidate| one.stands && one.verdict != Verdict::Deleting;
        let stays = |one: &Candidate| {
            let suits = self.rule.reschedule == Reschedule::Never || one.verdict.suits();
            there(one) && !one.leaving && !self.afresh && suits
        };
        let mut chosen = Vec::new();
        let tests: [&dyn Fn(&Candidate) -> bool; 4] =
            [&stays, &|one| one.verdict == Verdict::Fits, &|one| there(one) && !one.leaving, &there];
        for (round, fits) in tests.into_iter().enumerate() {
            // all that fit are enough; only where none does, what must go stays
            if round > 1 && self.rule.wanted().is_none() && !chosen.is_empty() {
                break;
            }
            while chosen.len() < wanted {
                let crowd = |zone: &str| chosen.iter().filter(|at: &&usize| all[**at].zone == zone).count();
                let left = all.iter().enumerate().filter(|(at, one)| fits(one) && !chosen.contains(at));
                let Some((next, _)) = left.min_by_key(|(_, one)| (crowd(one.zone), !one.home, Reverse(&one.score)))
                else {
                    break;
                };
                chosen.push(next);
            }
        }
        chosen
    }
}

impl Choice {
    pub fn chosen(&self) -> impl Iterator<Item = &Look> {
        self.destinations.iter().filter(|look| look.chosen)
    }

    /// Why a destination was chosen, for the moment it is.
    pub fn why(&self, look: &Look) -> String {
        let fit = self.destinations.iter().filter(|look| look.verdict == Verdict::Fits).count();
        let (of, asks) = (self.destinations.len(), self.fitting());
        match (self.strategy, of, fit) {
            _ if look.verdict != Verdict::Fits => format!("It stood there already; now it {}", look.says),
            (Strategy::All, ..) => format!("Everything goes to each destination that fits{asks}"),
            (_, 1, _) => "The only destination there is, and it fits".to_owned(),
            (_, _, 1) => format!("The only one of {of} destinations that fits{asks}"),
            (Strategy::One, ..) => format!("One of {fit} destinations that fit{asks}; the choice is even and repeats"),
            (Strategy::Spread, ..) => {
                let count = self.wanted.unwrap_or(1);
                format!("One of {count} chosen evenly from {fit} destinations that fit{asks}")
            }
        }
    }

    fn fitting(&self) -> String {
        if self.asks.is_empty() { String::new() } else { format!(" {}", self.asks) }
    }

    /// Why fewer destinations are found than asked for, if so.
    pub fn nowhere(&self) -> Option<Reason> {
        let (found, wanted) = (self.chosen().count(), self.wanted.unwrap_or(1));
        if found >= wanted {
            return None;
        }
        let of = self.destinations.len();
        let destinations = if of == 1 { "1 destination".to_owned() } else { format!("{of} destinations") };
        let nearest = self.destinations.iter().find(|look| !look.chosen && look.verdict != Verdict::Deleting);
        let told = nearest.map(|look| format!(" ({destinations}; nearest: {} {})", look.destination, look.verdict));
        let told = told.unwrap_or_default();
        let remedy = match nearest.map(|look| &look.verdict) {
            Some(Verdict::Cordoned) => "uncordon it, or add another",
            Some(Verdict::Full { .. }) => "give it more room, or add another",
            Some(Verdict::Labels { .. }) => "add one, or change the promise's selectors",
            _ if self.asks.is_empty() => "add one",
            _ => "add one, or change the promise's selectors",
        };
        let lacking = match nearest.map(|look| &look.verdict) {
            _ if found > 0 => format!("Only {found} of {wanted} destinations found{told}"),
            Some(Verdict::Labels { .. }) | None if !self.asks.is_empty() => {
                format!("No destination has the labels {}{told}", self.asks)
            }
            _ => format!("No destination takes this{told}"),
        };
        Some(Reason::NoDestination { why: format!("{lacking}; {remedy}") })
    }
}
