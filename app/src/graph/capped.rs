//! No more of a graph than one can look at: things of one kind that hang on the same thing become one, and what is farthest goes.

use std::collections::{BTreeMap, VecDeque};

use super::{Edge, Graph, Link, Node};
use crate::view::Tone;

/// So many of one kind on one thing stand by themselves.
const CROWD: usize = 12;

/// What is shown of a graph, and how much there was.
#[derive(Clone, Debug, Default)]
pub struct Capped {
    pub graph: Graph,
    pub total: usize,
    /// Things that stand for several.
    pub grouped: bool,
}

/// At most so many things. The one with this id is not put into a group, and what is near the first thing stays.
pub fn capped(mut graph: Graph, most: usize, keep: &str) -> Capped {
    let total = graph.nodes.len();
    let mut groups = crowds(&graph, keep);
    // the largest first; while there is too much, whatever is more than one
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    let (mut left, mut of_group, mut grouped) = (total, vec![None; total], Vec::new());
    for members in groups {
        if members.len() > CROWD || left > most && members.len() > 1 {
            for member in &members {
                of_group[*member] = Some(grouped.len());
            }
            left -= members.len() - 1;
            grouped.push(members);
        }
    }
    let was_grouped = !grouped.is_empty();
    if was_grouped {
        graph = joined(&graph, &grouped, &of_group);
    }
    Capped { graph: nearest(graph, most.max(1)), total, grouped: was_grouped }
}

/// Leaves of one kind that hang on one thing alone, by that thing.
fn crowds(graph: &Graph, keep: &str) -> Vec<Vec<usize>> {
    let mut above: Vec<Vec<&Edge>> = vec![Vec::new(); graph.nodes.len()];
    let mut is_leaf = vec![true; graph.nodes.len()];
    for edge in &graph.edges {
        above[edge.to].push(edge);
        is_leaf[edge.from] = false;
    }
    let mut crowds: BTreeMap<(usize, Link, &str), Vec<usize>> = BTreeMap::new();
    for (at, node) in graph.nodes.iter().enumerate() {
        if let ([edge], true) = (above[at].as_slice(), is_leaf[at] && node.id != keep) {
            crowds.entry((edge.from, edge.link, &node.kind)).or_default().push(at);
        }
    }
    crowds.into_values().collect()
}

/// The same graph with each group as one thing, in the place of its first member.
fn joined(graph: &Graph, groups: &[Vec<usize>], of_group: &[Option<usize>]) -> Graph {
    let mut fresh = Graph::default();
    let mut places = vec![0; graph.nodes.len()];
    for (at, node) in graph.nodes.iter().enumerate() {
        let group = of_group[at].and_then(|group| groups.get(group));
        places[at] = match group {
            Some(members) if members.first() == Some(&at) => fresh.add(None, of_many(graph, members)),
            Some(members) => members.first().map_or(0, |first| places[*first]),
            None => fresh.add(None, node.clone()),
        };
    }
    for edge in &graph.edges {
        fresh.lead(places[edge.from], places[edge.to], edge.link);
    }
    fresh
}

fn of_many(graph: &Graph, members: &[usize]) -> Node {
    let nodes = || members.iter().map(|at| &graph.nodes[*at]);
    let worst = nodes().max_by_key(|node| urgency(node.tone)).cloned().unwrap_or_default();
    let like_it = nodes().filter(|node| node.state == worst.state).count();
    let state = match (worst.state.is_empty(), like_it == members.len()) {
        (true, _) | (_, true) => worst.state,
        _ => format!("{like_it} {}", worst.state),
    };
    let above = graph.edges.iter().find(|edge| members.contains(&edge.to)).map(|edge| &graph.nodes[edge.from]);
    Node {
        id: format!("group/{}/{}", above.map_or("", |above| above.id.as_str()), worst.kind),
        name: format!("{} × {}", members.len(), worst.kind),
        icon: "layers".to_owned(),
        href: above.map(|above| above.href.clone()).unwrap_or_default(),
        state,
        ..worst
    }
}

/// How much a state asks to be looked at.
pub fn urgency(tone: Tone) -> u8 {
    match tone {
        Tone::Quiet => 0,
        Tone::Good => 1,
        Tone::Busy => 2,
        Tone::Warn => 3,
        Tone::Bad => 4,
    }
}

/// The first thing and those one reaches soonest from it, whichever way the lines run.
fn nearest(graph: Graph, most: usize) -> Graph {
    if graph.nodes.len() <= most {
        return graph;
    }
    let (mut kept, mut reached, mut open) = (vec![false; graph.nodes.len()], 0, VecDeque::from([0]));
    let mut seen = kept.clone();
    while let Some(at) = open.pop_front().filter(|_| reached < most) {
        if std::mem::replace(&mut seen[at], true) {
            continue;
        }
        (kept[at], reached) = (true, reached + 1);
        for edge in &graph.edges {
            if edge.from == at {
                open.push_back(edge.to);
            } else if edge.to == at {
                open.push_back(edge.from);
            }
        }
    }
    let mut fresh = Graph::default();
    let place = |(at, node): (usize, &Node)| if kept[at] { Some(fresh.add(None, node.clone())) } else { None };
    let places: Vec<Option<usize>> = graph.nodes.iter().enumerate().map(place).collect();
    for edge in &graph.edges {
        if let (Some(from), Some(to)) = (places[edge.from], places[edge.to]) {
            fresh.lead(from, to, edge.link);
        }
    }
    fresh
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fan(children: usize) -> Graph {
        let mut graph = super::super::sketch(&[("root", "place")]);
        for number in 0..children {
            let (tone, state) = if number == 3 { (Tone::Bad, "Missing") } else { (Tone::Good, "Written") };
            let (id, state) = (format!("file{number}"), state.to_owned());
            graph.add(
                Some((1, Link::Holds)),
                Node { name: id.clone(), id, kind: "File".into(), tone, state, ..Node::default() },
            );
        }
        graph
    }

    fn told(capped: &Capped) -> String {
        let nodes = capped.graph.nodes.iter().map(|node| format!("{} {}", node.name, node.state).trim().to_owned());
        format!("{} of {}", nodes.collect::<Vec<_>>().join(", "), capped.total)
    }

    #[test]
    fn a_crowd_of_one_kind_becomes_one_and_tells_the_worst() {
        assert_eq!(told(&capped(fan(30), 200, "")), "root, place, 30 × File 1 Missing of 32");
        assert_eq!(capped(fan(12), 200, "").graph.nodes.len(), 14);
    }

    #[test]
    fn where_there_is_no_room_few_are_a_crowd_too() {
        assert_eq!(told(&capped(fan(5), 4, "")), "root, place, 5 × File 1 Missing of 7");
    }

    #[test]
    fn what_is_looked_for_is_not_put_into_a_group() {
        assert!(
            told(&capped(fan(30), 200, "file7")).contains("29 × File")
                && told(&capped(fan(30), 200, "file7")).contains("file7")
        );
    }

    #[test]
    fn what_cannot_be_grouped_is_cut_where_it_is_farthest() {
        let chain: Vec<(String, String)> = (0..300).map(|at| (format!("n{at}"), format!("n{}", at + 1))).collect();
        let chain: Vec<(&str, &str)> = chain.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
        let capped = capped(super::super::sketch(&chain), 200, "");
        assert_eq!((capped.graph.nodes.len(), capped.total, capped.graph.nodes[199].name.as_str()), (200, 301, "n199"));
        assert_eq!(capped.graph.edges.len(), 199);
    }
}
