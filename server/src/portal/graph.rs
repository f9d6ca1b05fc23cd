//! What hangs together with a resource, as far as the caller may see it: owners and children, references both ways, the work under way,
//! placements and what stands there.

mod objects;

use super::{
    ServerPortal, facts,
    facts::{Offers, key_of},
    places::{Places, placed},
    resource::secrets_of,
    runs,
    secrets::Cover,
    steps,
};
use app::{
    graph::{Graph, Link, Node, capped},
    pages::graph::{GraphPage, GraphQuery},
    parts::{chip::Look, facts::state},
    paths::{self, ResourceKey},
    view::Tone,
};
use domain::{
    ErrorKind, Object, Result, Typed,
    caller::Verb,
    object::GROUP,
    placement::{Placement, PlacementKind},
    plan::CHILD,
    reference,
    selector::{Requirement, Selector},
    status::ResourceStatus,
};
use std::collections::{BTreeMap, VecDeque};
use store::Query;

/// Things drawn on one page.
const MOST: usize = 200;
/// Resources that are looked at for their children, and generations above.
const LOOKED_AT: usize = 60;
const GENERATIONS: usize = 8;
/// Others who use an output.
const USERS: i64 = 100;

impl ServerPortal {
    pub(super) async fn graph_page(&self, key: &ResourceKey, query: &GraphQuery) -> Result<GraphPage> {
        let (served, promised, object) = self.found(key).await?;
        let cover = secrets_of(&promised, &object, &self.requests_of(&object.metadata.uid).await?);
        let mut weaver = Weaver {
            portal: self,
            offers: self.offers(),
            places: self.places().await?,
            graph: Graph::default(),
            beyond: Vec::new(),
        };
        weaver.weave(&object, &cover).await?;
        let whole = weaver.graph.nodes.len();
        let graph = only(weaver.graph, &query.only);
        let filtered = whole - graph.nodes.len();
        Ok(GraphPage {
            head: self.head(&object, &served).await?,
            shown: capped(graph, MOST, &query.focus),
            filtered,
            beyond: weaver.beyond.join(" "),
        })
    }
}

struct Weaver<'p> {
    portal: &'p ServerPortal,
    offers: Offers,
    places: Places,
    graph: Graph,
    /// What was not looked for.
    beyond: Vec<String>,
}

impl Weaver<'_> {
    /// The resource comes first: what is near it stays when there is too much.
    async fn weave(&mut self, object: &Object, cover: &Cover) -> Result<()> {
        let root = self.resource(None, object);
        self.above(root, object).await?;
        self.work(root, object).await?;
        self.below(root, object, cover).await?;
        self.users(root, object).await
    }

    fn may_see(&self, namespace: &str) -> bool {
        self.portal.refusal(Verb::Read, namespace).is_none()
    }

    fn resource(&mut self, from: Option<(usize, Link)>, object: &Object) -> usize {
        let row = facts::row(object, self.offers.get(object.facets().promise));
        let Look { tone, word, .. } = state(&row.facts);
        let node = Node {
            id: resource_id(&row.key),
            kind: row.promise_title,
            icon: row.icon,
            name: row.key.name.clone(),
            tone,
            state: word.to_owned(),
            href: row.key.path(),
        };
        self.graph.add(from, node)
    }

    /// Whose child it is, and whose that is.
    async fn above(&mut self, root: usize, object: &Object) -> Result<()> {
        let (mut below, mut child) = (root, object.clone());
        for _ in 0..GENERATIONS {
            let owner = child.owner().filter(|_| is_child(&child)).map(|owner| owner.uid.clone());
            let Some(uid) = owner else { break };
            let parent = self.portal.doors.services.store.by_uid(&uid).await?;
            let Some(parent) = parent.filter(|parent| self.may_see(&parent.metadata.namespace)) else { break };
            let above = self.resource(None, &parent);
            self.graph.lead(above, below, Link::MadeOf);
            (below, child) = (above, parent);
        }
        Ok(())
    }

    /// Children and theirs, with what each uses and where each stands.
    async fn below(&mut self, root: usize, object: &Object, cover: &Cover) -> Result<()> {
        let mut open = VecDeque::from([(root, object.clone(), 0)]);
        let mut looked_at = 0;
        while let Some((at, object, depth)) = open.pop_front() {
            looked_at += 1;
            if looked_at > LOOKED_AT {
                self.beyond.push(format!("Of {LOOKED_AT} resources it is shown what they are made of, and no more."));
                break;
            }
            let owned = self.portal.doors.services.store.owned(&object.metadata.uid).await?;
            let mut placements = Vec::new();
            let mut children = Vec::new();
            for part in owned {
                if part.group() == GROUP && part.kind == "Placement" {
                    placements.push(Typed::<PlacementKind>::parse(part)?);
                } else if is_child(&part) && !part.facets().promise.is_empty() {
                    children.push(part);
                }
            }
            children.sort_by(|a, b| a.metadata.name.cmp(&b.metadata.name));
            for child in children {
                let below = self.resource(Some((at, Link::MadeOf)), &child);
                if depth < GENERATIONS {
                    open.push_back((below, child, depth + 1));
                }
            }
            self.uses(at, &object).await?;
            let shown = (at == root).then_some(cover);
            self.placements(at, &key_of(&object), &placements, shown).await?;
        }
        Ok(())
    }

    /// Those whose outputs it takes.
    async fn uses(&mut self, at: usize, object: &Object) -> Result<()> {
        for reference in reference::of(object) {
            let key = ResourceKey::new(&reference.namespace, &reference.promise, &reference.name);
            if !self.may_see(&key.namespace) {
                continue;
            }
            match self.portal.stored(&key).await {
                Ok(used) => _ = self.resource(Some((at, Link::Uses)), &used),
                Err(error) if error.kind == ErrorKind::NotFound => {
                    let missing = Node {
                        id: resource_id(&key),
                        kind: key.promise.clone(),
                        icon: "box".to_owned(),
                        name: key.name.clone(),
                        tone: Tone::Warn,
                        state: "Not there yet".to_owned(),
                        href: String::new(),
                    };
                    self.graph.add(Some((at, Link::Uses)), missing);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Those who take its outputs.
    async fn users(&mut self, root: usize, object: &Object) -> Result<()> {
        let label = reference::label(object.facets().promise, &object.metadata.namespace, &object.metadata.name);
        let labels = Selector { requirements: vec![Requirement::Exists(label)] };
        let query = Query { labels, resources: true, limit: USERS, ..Query::default() };
        let found = self.portal.doors.services.store.list(&query).await?;
        if found.next.is_some() {
            self.beyond.push(format!("Of those who use it, {USERS} were looked at."));
        }
        for user in
            found.objects.iter().filter(|user| self.portal.refusal(Verb::Read, &user.metadata.namespace).is_none())
        {
            let at = self.resource(None, user);
            self.graph.lead(at, root, Link::Uses);
        }
        Ok(())
    }

    /// The newest run with its steps.
    async fn work(&mut self, root: usize, object: &Object) -> Result<()> {
        let status = ResourceStatus::read(&object.status);
        let Some(run) = self.portal.newest_run(object, &status).await? else { return Ok(()) };
        let row = runs::row(&run, &self.offers);
        let Look { tone, word, .. } = row.phase.into();
        let node = Node {
            id: format!("run/{}", row.name),
            kind: "Run".to_owned(),
            icon: "play".to_owned(),
            name: row.workflow.clone(),
            tone,
            state: word.to_owned(),
            href: paths::run(&row.name),
        };
        let at = self.graph.add(Some((root, Link::Ran)), node);
        for pipeline in &run.status.pipelines {
            for (index, step) in pipeline.steps.iter().enumerate() {
                let Look { tone, word, .. } = steps::phase(&run, pipeline, index, step).into();
                let uses = step.uses.map_or_else(String::new, |uses| format!(" {uses}"));
                let node = Node {
                    id: format!("step/{}/{}", pipeline.name, step.name),
                    kind: format!("Step{uses}"),
                    icon: "chevron".to_owned(),
                    name: step.name.clone(),
                    tone,
                    state: word.to_owned(),
                    href: paths::step(&run.metadata.name, &pipeline.name, &step.name),
                };
                self.graph.add(Some((at, Link::Ran)), node);
            }
        }
        Ok(())
    }

    /// Where its files stand; of the resource of the page itself also what they hold.
    async fn placements(
        &mut self,
        at: usize,
        key: &ResourceKey,
        placements: &[Placement],
        cover: Option<&Cover>,
    ) -> Result<()> {
        let mut by_destination: BTreeMap<&str, Vec<&Placement>> = BTreeMap::new();
        for placement in placements {
            by_destination.entry(&placement.spec.destination).or_default().push(placement);
        }
        for (destination, placements) in by_destination {
            let shown = placements.iter().map(|placement| placed(placement, &self.places));
            let worst = shown.max_by_key(|shown| app::graph::urgency(shown.tone));
            let (tone, says) = worst.map_or_else(Default::default, |shown| (shown.tone, shown.says));
            let node = Node {
                id: format!("placement/{}/{}/{}", key.promise, key.name, destination),
                kind: "Destination".to_owned(),
                icon: "branch".to_owned(),
                name: destination.to_owned(),
                tone,
                // why it is not written is said on the files' page
                state: says.split(':').next().unwrap_or_default().to_owned(),
                href: key.tab("files"),
            };
            let place = self.graph.add(Some((at, Link::PlacedOn)), node);
            if let Some(cover) = cover {
                for node in self.portal.objects_in(key, &placements, cover).await? {
                    self.graph.add(Some((place, Link::Holds)), node);
                }
            }
        }
        Ok(())
    }
}

fn resource_id(key: &ResourceKey) -> String {
    format!("resource/{}/{}/{}", key.namespace, key.promise, key.name)
}

fn is_child(object: &Object) -> bool {
    object.metadata.labels.contains_key(CHILD)
}

/// Leaves the resource of the page and what the filter is about.
fn only(graph: Graph, what: &str) -> Graph {
    let prefixes: &[&str] = match what {
        "resources" => &["resource/"],
        "work" => &["run/", "step/"],
        "places" => &["placement/", "object/"],
        _ => return graph,
    };
    let has_places = |at: usize| graph.edges.iter().any(|edge| edge.from == at && edge.link == Link::PlacedOn);
    let stays = |at: usize, node: &Node| {
        at == 0 || prefixes.iter().any(|prefix| node.id.starts_with(prefix)) || what == "places" && has_places(at)
    };
    let mut fresh = Graph::default();
    let places: Vec<Option<usize>> = graph
        .nodes
        .iter()
        .enumerate()
        .map(|(at, node)| stays(at, node).then(|| fresh.add(None, node.clone())))
        .collect();
    for edge in &graph.edges {
        if let (Some(from), Some(to)) = (places[edge.from], places[edge.to]) {
            fresh.lead(from, to, edge.link);
        }
    }
    fresh
}
