//! What hangs together: things and the lines between them. Pure: laid out and capped without asking anybody, always the same way.

mod capped;
mod layout;

pub use capped::{Capped, capped, urgency};
pub use layout::{Laid, NODE_HEIGHT, NODE_WIDTH, Point, layout};

use crate::view::Tone;

/// Things and lines. Lines name things by their place in `nodes`.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
}

/// One thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// In addresses: `resource/default/redis/sessions`.
    pub id: String,
    /// What it is, in one or two words: `Redis`, `Run`, `Destination`.
    pub kind: String,
    /// The name of its icon.
    pub icon: String,
    pub name: String,
    pub tone: Tone,
    /// Its state in a word; empty = it has none.
    pub state: String,
    /// Its page; empty = it has none.
    pub href: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    pub link: Link,
}

/// What a line says, read from its left end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    #[default]
    MadeOf,
    Uses,
    Ran,
    PlacedOn,
    Holds,
}

impl Link {
    /// Read from the other end: `used by shop`.
    pub fn seen_from_below(self) -> &'static str {
        match self {
            Self::MadeOf => "part of",
            Self::Uses => "used by",
            Self::Ran => "of",
            Self::PlacedOn => "takes files of",
            Self::Holds => "stands on",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::MadeOf => "made-of",
            Self::Uses => "uses",
            Self::Ran => "ran",
            Self::PlacedOn => "placed-on",
            Self::Holds => "holds",
        }
    }
}

impl Graph {
    /// Adds a thing, or finds the one that is there under its id; leads to it from another.
    pub fn add(&mut self, from: Option<(usize, Link)>, node: Node) -> usize {
        let known = self.nodes.iter().position(|known| known.id == node.id);
        let to = known.unwrap_or_else(|| {
            self.nodes.push(node);
            self.nodes.len() - 1
        });
        if let Some((from, link)) = from {
            self.lead(from, to, link);
        }
        to
    }

    pub fn lead(&mut self, from: usize, to: usize, link: Link) {
        let edge = Edge { from, to, link };
        if from != to && !self.edges.contains(&edge) {
            self.edges.push(edge);
        }
    }

    pub fn position(&self, id: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.id == id)
    }

    /// Everything that leads to a thing and everything it leads to, itself among them.
    pub fn path_through(&self, node: usize) -> Vec<bool> {
        let mut on_path = self.reached(node, |edge| (edge.from, edge.to));
        for (at, is_above) in self.reached(node, |edge| (edge.to, edge.from)).into_iter().enumerate() {
            on_path[at] |= is_above;
        }
        on_path
    }

    fn reached(&self, start: usize, way: impl Fn(&Edge) -> (usize, usize)) -> Vec<bool> {
        let mut seen = vec![false; self.nodes.len()];
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            let Some(place) = seen.get_mut(at).filter(|seen| !**seen) else { continue };
            *place = true;
            open.extend(self.edges.iter().map(&way).filter(|(from, _)| *from == at).map(|(_, to)| to));
        }
        seen
    }
}

/// A graph from a few words, for tests.
#[cfg(test)]
fn sketch(lines: &[(&str, &str)]) -> Graph {
    let mut graph = Graph::default();
    let node = |id: &str| Node { id: id.into(), name: id.into(), kind: "Thing".into(), ..Node::default() };
    for (from, to) in lines {
        let from = graph.add(None, node(from));
        graph.add(Some((from, Link::MadeOf)), node(to));
    }
    graph
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_stands_once_however_many_lead_to_it() {
        let graph = sketch(&[("a", "c"), ("b", "c"), ("a", "c")]);
        assert_eq!((graph.nodes.len(), graph.edges.len()), (3, 2));
    }

    #[test]
    fn a_path_runs_through_a_thing_both_ways() {
        let graph = sketch(&[("shop", "db"), ("db", "run"), ("shop", "cache")]);
        let names = |path: Vec<bool>| {
            let on = graph.nodes.iter().zip(path).filter(|(_, on)| *on).map(|(node, _)| node.name.as_str());
            on.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(graph.path_through(1)), "shop db run");
        assert_eq!(names(graph.path_through(0)), "shop db run cache");
        assert!(graph.path_through(99).iter().all(|on| !on));
    }
}
