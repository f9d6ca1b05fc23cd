//! A graph as a picture with links, and the same as a table: each thing with its icon, its name and its state in a word.

use std::fmt::Write as _;

use leptos::prelude::*;

use super::{
    icon::{icon, named, strokes},
    table::table,
};
use crate::{
    graph::{Edge, Graph, Laid, Link, NODE_HEIGHT, NODE_WIDTH, Node, Point, layout},
    islands::pan::Pan,
    view::Tone,
};

/// Letters of a name that have room in the picture; the whole stands in the table and in the title.
const LETTERS: usize = 24;

/// The picture. `focus` is the thing whose way through is drawn out.
pub fn picture(graph: &Graph, focus: Option<usize>, label: &str) -> impl IntoView + use<> {
    let laid = layout(graph);
    let on_path = focus.map(|focus| graph.path_through(focus));
    let is_on_path = |at: usize| on_path.as_ref().is_some_and(|path| path[at]);
    let mut ties: Vec<(bool, usize, &Edge)> = graph
        .edges
        .iter()
        .enumerate()
        .map(|(at, edge)| (is_on_path(edge.from) && is_on_path(edge.to), at, edge))
        .collect();
    // what is drawn out lies above the rest
    ties.sort_by_key(|(is_on_path, at, _)| (*is_on_path, *at));
    let lines =
        ties.into_iter().map(|(is_on_path, at, edge)| line(&laid.edges[at], edge.link, is_on_path)).collect_view();
    let nodes =
        graph.nodes.iter().enumerate().map(|(at, one)| node(one, laid.nodes[at], focus == Some(at))).collect_view();
    let Laid { width, height, .. } = laid;
    view! {
        <div class="graph-frame">
            <Pan/>
            <div class="graph" id="graph" tabindex="0" role="region" aria-label=label.to_owned() data-graph="">
                <div data-live="graph">
                    <svg
                        class="graph-picture"
                        viewBox=format!("0 0 {width} {height}")
                        width=width
                        height=height
                        style=format!("--graph-width: {width}px; --graph-height: {height}px")
                    >
                        <g>{lines}</g>
                        {nodes}
                    </svg>
                </div>
            </div>
        </div>
    }
}

fn line(points: &[Point], link: Link, is_on_path: bool) -> impl IntoView + use<> {
    let mut way = String::new();
    for (at, point) in points.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = match at.checked_sub(1).map(|before| points[before]) {
            None => write!(way, "M{} {}", point.x, point.y),
            // within a layer it runs straight
            Some(before) if before.y == point.y => write!(way, "H{}", point.x),
            Some(before) => {
                let middle = u32::midpoint(before.x, point.x);
                write!(way, "C{middle} {} {middle} {} {} {}", before.y, point.y, point.x, point.y)
            }
        };
    }
    view! { <path class="graph-line" d=way data-link=link.name() data-on-path=is_on_path.then_some("")></path> }
}

fn node(node: &Node, at: Point, is_focus: bool) -> impl IntoView + use<> {
    let (x, y) = (at.x, at.y);
    let state = (!node.state.is_empty()).then(|| {
        view! {
            <g class="graph-state" data-tone=node.tone.name()>
                <path class="graph-icon" transform=format!("translate({} {}) scale(0.54)", x + 38, y + 30) d=strokes(node.tone.icon())></path>
                <text x=x + 55 y=y + 41>{format!("{} ", cut(&node.state, LETTERS))}<tspan class="graph-kind">{rest(node)}</tspan></text>
            </g>
        }
        .into_any()
    });
    let kind = node
        .state
        .is_empty()
        .then(|| view! { <text class="graph-kind" x=x + 38 y=y + 41>{cut(&node.kind, LETTERS)}</text> });
    let inside = view! {
        <title>{spoken(node)}</title>
        <rect class="graph-box" x=x y=y width=NODE_WIDTH height=NODE_HEIGHT rx="8"></rect>
        <path class="graph-icon" transform=format!("translate({} {}) scale(0.75)", x + 12, y + 11) d=strokes(named(&node.icon))></path>
        <text class="graph-name" x=x + 38 y=y + 23>{cut(&node.name, LETTERS)}</text>
        {state}
        {kind}
    };
    let focused = is_focus.then_some("");
    if node.href.is_empty() {
        view! { <g class="graph-node" data-focus-node=focused>{inside}</g> }.into_any()
    } else {
        view! { <a class="graph-node" href=node.href.clone() data-focus-node=focused>{inside}</a> }.into_any()
    }
}

/// `· Redis`, where the state leaves room for it.
fn rest(node: &Node) -> String {
    let room = LETTERS.saturating_sub(node.state.chars().count() + 3);
    if room < 4 { String::new() } else { format!("· {}", cut(&node.kind, room)) }
}

/// `shop, Redis, Ready`
fn spoken(node: &Node) -> String {
    let parts = [&node.name, &node.kind, &node.state];
    parts.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(", ")
}

fn cut(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}

/// The same as a table; `focus_on` is the address that draws out the way through a thing.
pub fn twin(graph: &Graph, focus_on: impl Fn(&str) -> String) -> impl IntoView {
    let row = |(at, node): (usize, &Node)| {
        let above = graph.edges.iter().filter(|edge| edge.to == at);
        let ties = above.map(|edge| format!("{} {}", edge.link.seen_from_below(), graph.nodes[edge.from].name));
        let name = if node.href.is_empty() {
            view! { <strong>{node.name.clone()}</strong> }.into_any()
        } else {
            view! { <a class="row-link" href=node.href.clone()>{node.name.clone()}</a> }.into_any()
        };
        let state = (!node.state.is_empty()).then(|| state(node.tone, &node.state));
        view! {
            <tr>
                <td class="cell-name">
                    <span class="row-icon">{icon(named(&node.icon))}</span>
                    <span class="row-title">{name}<span class="row-kind">{node.kind.clone()}</span></span>
                </td>
                <td>{state}</td>
                <td class="cell-quiet">{ties.collect::<Vec<_>>().join(", ")}</td>
                <td class="cell-end"><a href=focus_on(&node.id)>"Focus"<span class="visually-hidden">" on "{node.name.clone()}</span></a></td>
            </tr>
        }
    };
    let rows = graph.nodes.iter().enumerate().map(row).collect_view();
    table("Everything in the graph", ["Object", "State", "How it hangs together", "In the graph"], rows)
}

fn state(tone: Tone, word: &str) -> impl IntoView + use<> {
    view! { <span class="chip" data-tone=tone.name()>{icon(tone.icon())}{word.to_owned()}</span> }
}
