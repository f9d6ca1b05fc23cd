//! What hangs together, and how many stand how.

use leptos::prelude::*;

use super::{LONG_NAME, Shown, part};
use crate::{
    graph::{Graph, Link, Node},
    parts::{
        graph::{picture, twin},
        tallies::tallies,
    },
    view::{Facet, Tone},
};

pub(super) fn shown() -> Vec<Shown> {
    vec![graphs(), tallied()]
}

fn node(kind: &str, icon: &str, name: &str, tone: Tone, state: &str) -> Node {
    Node {
        id: format!("{kind}/{name}"),
        kind: kind.into(),
        icon: icon.into(),
        name: name.into(),
        tone,
        state: state.into(),
        href: format!("#{name}"),
    }
}

fn graphs() -> Shown {
    let mut graph = Graph::default();
    let shop = graph.add(None, node("Web service", "globe", "shop", Tone::Bad, "Degraded"));
    let database = node("PostgreSQL database", "database", LONG_NAME, Tone::Good, "Ready");
    let database = graph.add(Some((shop, Link::MadeOf)), database);
    graph.add(Some((shop, Link::Ran)), node("Run", "play", "run-1", Tone::Busy, "Running"));
    graph.add(Some((database, Link::PlacedOn)), node("Destination", "cloud", "dev", Tone::Quiet, ""));
    let alone = Graph { nodes: vec![node("Web service", "globe", "alone", Tone::Warn, "Waiting")], edges: Vec::new() };
    part(
        "graph",
        vec![
            ("Several", picture(&graph, None, "What hangs together with shop").into_any()),
            ("One in focus", picture(&graph, Some(database), "What hangs together with the database").into_any()),
            ("Alone", picture(&alone, None, "Nothing hangs together with it").into_any()),
            ("As a table", twin(&graph, |id| format!("?focus={id}")).into_any()),
        ],
    )
}

fn tallied() -> Shown {
    let states = [("ready", "Ready"), ("progressing", "Progressing"), ("waiting", "Waiting"), ("failed", "Failed")];
    let facet = |(at, (value, label)): (u64, &(&str, &str))| Facet {
        value: (*value).into(),
        label: (*label).into(),
        count: 12_000 / (at + 1),
    };
    let states: Vec<Facet> = (0..).zip(&states).map(facet).collect();
    part("tallies", vec![("Of every state", tallies(&states, |state| format!("#{state}")))])
}
