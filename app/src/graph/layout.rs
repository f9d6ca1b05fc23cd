//! Where everything stands: in layers from left to right, each thing left of what it leads to, lines around what is in their way.

use super::Graph;

pub const NODE_WIDTH: u32 = 216;
pub const NODE_HEIGHT: u32 = 56;
/// Between layers, where the lines run.
const GAP_X: u32 = 72;
const GAP_Y: u32 = 16;
/// The room a line takes in a layer that it only passes.
const LANE: u32 = 12;
const MARGIN: u32 = 12;
/// How often layers are put in a better order, once from each side.
const SWEEPS: usize = 4;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Point {
    pub x: u32,
    pub y: u32,
}

/// A graph with its places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Laid {
    pub width: u32,
    pub height: u32,
    /// The left upper corner of each thing.
    pub nodes: Vec<Point>,
    /// The points each line runs through, from its beginning to its end.
    pub edges: Vec<Vec<Point>>,
}

/// A thing, or a line on its way through a layer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    Node(usize),
    Lane(usize),
}

/// Lays a graph out. Equal graphs are laid out equally; lines that would run in circles run backwards.
pub fn layout(graph: &Graph) -> Laid {
    let edges: Vec<(usize, usize)> = forwards(graph);
    let layers_of = layers(graph.nodes.len(), &edges);
    let count = layers_of.iter().max().map_or(0, |last| last + 1);
    let mut layers: Vec<Vec<Item>> = vec![Vec::new(); count];
    for (node, layer) in layers_of.iter().enumerate() {
        layers[*layer].push(Item::Node(node));
    }
    for (edge, (from, to)) in edges.iter().enumerate() {
        for layer in &mut layers[layers_of[*from].min(layers_of[*to]) + 1..layers_of[*to].max(layers_of[*from] + 1)] {
            layer.push(Item::Lane(edge));
        }
    }
    for _ in 0..SWEEPS {
        for at in 1..count {
            let (before, after) = layers.split_at_mut(at);
            order(&mut after[0], &before[at - 1], &edges);
        }
        for at in (1..count).rev() {
            let (before, after) = layers.split_at_mut(at);
            order(&mut before[at - 1], &after[0], &edges);
        }
    }
    placed(graph, &edges, &layers)
}

/// The lines, those that close a circle turned round.
fn forwards(graph: &Graph) -> Vec<(usize, usize)> {
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    for (at, edge) in graph.edges.iter().enumerate() {
        below[edge.from].push(at);
    }
    let mut turned = vec![false; graph.edges.len()];
    // 0 = not seen, 1 = on the way, 2 = done
    let mut state = vec![0_u8; graph.nodes.len()];
    for start in 0..graph.nodes.len() {
        let mut way = vec![(start, 0)];
        while let Some((node, next)) = way.pop() {
            if next == 0 {
                if state[node] != 0 {
                    continue;
                }
                state[node] = 1;
            }
            let Some(&edge) = below[node].get(next) else {
                state[node] = 2;
                continue;
            };
            way.push((node, next + 1));
            let to = graph.edges[edge].to;
            match state[to] {
                0 => way.push((to, 0)),
                1 => turned[edge] = true,
                _ => {}
            }
        }
    }
    let ends = |(edge, turned): (&super::Edge, bool)| if turned { (edge.to, edge.from) } else { (edge.from, edge.to) };
    graph.edges.iter().zip(turned).map(ends).collect()
}

/// The layer of each thing: one more than that of the last to lead to it. What nothing leads to stands just before what it leads to.
fn layers(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut layers = vec![0_usize; count];
    // no way is longer than there are things
    for _ in 0..count {
        let mut moved = false;
        for (from, to) in edges {
            if layers[*to] <= layers[*from] {
                (layers[*to], moved) = (layers[*from] + 1, true);
            }
        }
        if !moved {
            break;
        }
    }
    for node in 0..count {
        let is_first = edges.iter().all(|(_, to)| *to != node);
        let next = edges.iter().filter(|(from, _)| *from == node).map(|(_, to)| layers[*to]).min();
        if let (true, Some(next)) = (is_first, next) {
            layers[node] = next - 1;
        }
    }
    layers
}

/// Puts each item of a layer level with those beside it that it is tied to. What is tied to nothing keeps its place.
fn order(layer: &mut Vec<Item>, beside: &[Item], edges: &[(usize, usize)]) {
    let place = |wanted: Item| beside.iter().position(|item| *item == wanted);
    let level = |at: usize, item: Item| {
        let tied: Vec<usize> = match item {
            Item::Lane(edge) => {
                let (from, to) = edges[edge];
                [Item::Lane(edge), Item::Node(from), Item::Node(to)].into_iter().filter_map(place).take(1).collect()
            }
            Item::Node(node) => {
                let tied = edges.iter().enumerate().filter(|(_, (from, to))| *from == node || *to == node);
                let ends = tied.filter_map(|(edge, (from, to))| {
                    let other = if *from == node { *to } else { *from };
                    place(Item::Lane(edge)).or_else(|| place(Item::Node(other)))
                });
                ends.collect()
            }
        };
        // thousandths, so that nothing depends on how numbers are rounded
        if tied.is_empty() { at * 1_000 } else { tied.iter().sum::<usize>() * 1_000 / tied.len() }
    };
    let mut levels: Vec<(usize, Item)> = layer.iter().enumerate().map(|(at, item)| (level(at, *item), *item)).collect();
    levels.sort_by_key(|(level, _)| *level);
    *layer = levels.into_iter().map(|(_, item)| item).collect();
}

fn placed(graph: &Graph, edges: &[(usize, usize)], layers: &[Vec<Item>]) -> Laid {
    let height = |item: &Item| if matches!(item, Item::Node(_)) { NODE_HEIGHT } else { LANE };
    let tall = |layer: &Vec<Item>| layer.iter().map(|item| height(item) + GAP_Y).sum::<u32>().saturating_sub(GAP_Y);
    let tallest = layers.iter().map(tall).max().unwrap_or(0);
    let mut nodes = vec![Point::default(); graph.nodes.len()];
    let mut lanes: Vec<Vec<Point>> = vec![Vec::new(); edges.len()];
    let mut x = MARGIN;
    for layer in layers {
        let mut y = MARGIN + (tallest - tall(layer)) / 2;
        for item in layer {
            match item {
                Item::Node(node) => nodes[*node] = Point { x, y },
                Item::Lane(edge) => {
                    let y = y + LANE / 2;
                    lanes[*edge].extend([Point { x, y }, Point { x: x + NODE_WIDTH, y }]);
                }
            }
            y += height(item) + GAP_Y;
        }
        x += NODE_WIDTH + GAP_X;
    }
    let whole = |((from, to), lane): (&(usize, usize), Vec<Point>)| {
        let middle = |at: usize, x: u32| Point { x: nodes[at].x + x, y: nodes[at].y + NODE_HEIGHT / 2 };
        let mut points = vec![middle(*from, NODE_WIDTH)];
        points.extend(lane);
        points.push(middle(*to, 0));
        points
    };
    Laid {
        width: x.saturating_sub(GAP_X) + MARGIN,
        height: tallest + 2 * MARGIN,
        edges: edges.iter().zip(lanes).map(whole).collect(),
        nodes,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::sketch, *};

    /// Names by layer, each from top to bottom.
    #[track_caller]
    fn check(lines: &[(&str, &str)], expected: &str) {
        let graph = sketch(lines);
        let laid = layout(&graph);
        let mut stand: Vec<(Point, &str)> =
            laid.nodes.iter().zip(&graph.nodes).map(|(at, node)| (*at, node.name.as_str())).collect();
        stand.sort_by_key(|(at, _)| (at.x, at.y));
        let columns = stand.chunk_by(|(one, _), (other, _)| one.x == other.x);
        let told: Vec<String> =
            columns.map(|column| column.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(told.join(" | "), expected);
        assert_eq!(layout(&graph), laid, "always the same");
    }

    #[test]
    fn each_thing_stands_left_of_what_it_leads_to() {
        check(&[("shop", "db"), ("shop", "cache"), ("db", "dev"), ("cache", "dev")], "shop | db cache | dev");
        check(&[("a", "b"), ("b", "c"), ("a", "c")], "a | b | c");
    }

    #[test]
    fn whoever_uses_something_stands_just_before_it() {
        check(&[("team", "shop"), ("shop", "db"), ("billing", "db")], "team | shop billing | db");
    }

    #[test]
    fn lines_cross_no_more_than_they_must() {
        check(&[("a", "x"), ("b", "y"), ("a", "q"), ("b", "p"), ("r", "a"), ("r", "b")], "r | a b | x q y p");
    }

    #[test]
    fn circles_and_loose_things_are_laid_out_too() {
        check(&[("a", "b"), ("b", "c"), ("c", "a")], "a | b | c");
        assert_eq!(layout(&Graph::default()).nodes.len(), 0);
        check(&[("a", "a")], "a");
    }

    #[test]
    fn nothing_stands_on_anything_else_and_lines_run_around_things() {
        let graph = sketch(&[("a", "b"), ("b", "c"), ("c", "d"), ("a", "d"), ("a", "e"), ("e", "d")]);
        let laid = layout(&graph);
        for (at, one) in laid.nodes.iter().enumerate() {
            for other in &laid.nodes[at + 1..] {
                assert!(one.x != other.x || one.y.abs_diff(other.y) >= NODE_HEIGHT + GAP_Y, "{one:?} {other:?}");
            }
            assert!(one.x + NODE_WIDTH <= laid.width && one.y + NODE_HEIGHT <= laid.height);
        }
        let long = &laid.edges[graph.edges.iter().position(|edge| (edge.from, edge.to) == (0, 3)).unwrap()];
        assert_eq!(long.len(), 6);
        for pair in long[1..5].chunks(2) {
            let within = |node: &&Point| node.x == pair[0].x && (node.y..node.y + NODE_HEIGHT).contains(&pair[0].y);
            assert_eq!(laid.nodes.iter().find(within), None);
        }
    }

    #[test]
    fn a_large_graph_is_laid_out_at_once() {
        let lines: Vec<(String, String)> = (1..2_000).map(|at| (format!("n{}", at / 3), format!("n{at}"))).collect();
        let lines: Vec<(&str, &str)> = lines.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
        assert_eq!(layout(&sketch(&lines[..200])).nodes.len(), 201);
    }
}
