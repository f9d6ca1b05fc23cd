//! `/requests/{name}`: the plan of a draft, to be submitted or dropped; afterwards what became of it.

use domain::Timestamp;
use leptos::prelude::*;

use super::{param, portal, query, request_verdict::verdict, show};
use crate::{
    parts::{
        banner::banner,
        chip::chip,
        code::code_block,
        diff::{diff_views, field_changes, file_diff},
        frame::{Drawn, Section},
        icon::{Icon, icon, named},
        moment::ago,
        table::run_table,
        weighed::{Weighing, why_here},
    },
    paths::{self, ResourceKey},
    portal::Frame,
    view::{Change, DiffView, FieldChange, FileDiff, RunRow, Tone},
};

/// What a request's page shows.
#[derive(Clone, Debug, Default)]
pub struct RequestPage {
    pub name: String,
    pub resource: ResourceKey,
    pub promise_title: String,
    pub icon: String,
    pub version: String,
    pub what: RequestKind,
    pub phase: RequestPhase,
    /// Why it waits or failed; empty when all is well.
    pub message: String,
    pub by: String,
    pub created: Timestamp,
    pub submitted: Option<Timestamp>,
    pub finished: Option<Timestamp>,
    /// What would change, or what did.
    pub plan: Plan,
    /// The runs that carried it out, newest first.
    pub runs: Vec<RunRow>,
    /// Where *Back to edit* leads, with everything still filled in; empty = cannot be edited any more.
    pub edit_href: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestKind {
    #[default]
    Create,
    Update,
    Upgrade,
    Delete,
    /// Run the workflow again with the same inputs.
    Rerun,
    /// A day-2 action.
    Act,
    /// A later end of its time.
    Extend,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequestPhase {
    #[default]
    Draft,
    Submitted,
    Running,
    Succeeded,
    Failed,
    Superseded,
    Withdrawn,
}

/// What submitting does, computed without doing it.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub files: Vec<FileDiff>,
    pub fields: Vec<FieldChange>,
    pub destinations: Vec<PlannedDestination>,
    /// Why there, or why nowhere.
    pub weighed: Vec<Weighing>,
    /// Steps whose effect cannot be computed beforehand: `notify: POST https://…`.
    pub effects: Vec<PlannedEffect>,
    /// Median seconds to ready, from history.
    pub expected_seconds: Option<i64>,
    /// How many requests that figure rests on.
    pub expected_from: u64,
    /// What of others it uses and that is not there yet; empty = nothing.
    pub waits: String,
    /// Why the plan could not be computed in full (a template's error with file and line); empty = it could.
    pub incomplete: String,
    /// The document that would be applied.
    pub yaml: String,
}

/// A place that will be written, and why it was chosen.
#[derive(Clone, Debug, Default)]
pub struct PlannedDestination {
    pub name: String,
    /// One sentence: why it was chosen.
    pub because: String,
    /// `git · gitops.git, branch main, path dev/`
    pub writes_to: String,
}

/// Something that happens outside and is not a file.
#[derive(Clone, Debug, Default)]
pub struct PlannedEffect {
    pub step: String,
    pub uses: String,
    pub sentence: String,
}

impl Plan {
    /// How many files are to be created, changed, removed.
    pub fn counts(&self) -> (usize, usize, usize) {
        let of = |change| self.files.iter().filter(|file| file.change == change).count();
        (of(Change::Create), of(Change::Change), of(Change::Remove))
    }
}

#[component]
pub fn RequestPageView() -> impl IntoView {
    let name = param("name");
    let portal = portal();
    let view = DiffView::named(&query("view"));
    show(async move { portal.request(&name).await }, move |page, frame| draw(&page, view, frame))
}

fn draw(page: &RequestPage, view: DiffView, frame: &Frame) -> Drawn {
    let is_draft = page.phase == RequestPhase::Draft;
    let moving = matches!(page.phase, RequestPhase::Submitted | RequestPhase::Running);
    let verb = page.what.verb();
    let title = format!("{verb} {}", page.resource.name);
    // what is only planned has no page of its own yet
    let (section, back, back_label) = match (page.what, page.phase) {
        (RequestKind::Create, RequestPhase::Draft | RequestPhase::Withdrawn) => {
            (Section::Catalog, paths::promise(&page.resource.promise), page.promise_title.clone())
        }
        _ => (Section::Resources, page.resource.path(), page.resource.name.clone()),
    };
    let runs = (!page.runs.is_empty()).then(|| {
        view! {
            <section class="section" aria-labelledby="runs">
                <h2 id="runs">"Runs"</h2>
                {run_table("Runs of this request", &page.runs, frame.now)}
            </section>
        }
    });
    Drawn {
        title: if is_draft { format!("Plan: {title}") } else { title.clone() },
        section,
        topics: if is_draft { Vec::new() } else { vec![format!("request:{}", page.name)] },
        moving,
        body: view! {
            <nav class="crumbs" aria-label="Breadcrumb"><a href=back>{back_label}</a></nav>
            <div class="page-head" data-live="head">
                <div class="page-title">
                    <span class="tile">{icon(named(&page.icon))}</span>
                    <div>
                        <h1>{title}</h1>
                        <p class="lead">
                            {page.promise_title.clone()}" "<span class="number">{page.version.clone()}</span>
                            " in "{page.resource.namespace.clone()}" · "{chip(page.phase)}
                            " by "{page.by.clone()}", "{ago(page.created, frame.now)}
                        </p>
                    </div>
                </div>
            </div>
            <div class="stack outcome" data-live="outcome">{notice(page)}{runs}</div>
            {verdict(page)}
            <div class="columns">
                <div class="column-main">{what_changes(page, view)}</div>
                <aside class="column-side" aria-label="Details">{details(page)}</aside>
            </div>
        }
        .into_any(),
    }
}

fn notice(page: &RequestPage) -> Option<AnyView> {
    let tone = match page.phase {
        RequestPhase::Failed => Tone::Bad,
        RequestPhase::Superseded | RequestPhase::Withdrawn => Tone::Quiet,
        _ => Tone::Busy,
    };
    if page.message.is_empty() {
        return None;
    }
    let word = chip_word(page.phase);
    Some(banner(tone, word, &page.message, "Open the resource", &page.resource.path()).into_any())
}

fn chip_word(phase: RequestPhase) -> &'static str {
    crate::parts::chip::Look::from(phase).word
}

fn what_changes(page: &RequestPage, view: DiffView) -> impl IntoView {
    let heading = match page.phase {
        RequestPhase::Draft => "Files",
        RequestPhase::Succeeded => "Files written",
        _ => "Files, as planned",
    };
    let address = |view: &str| paths::with_query(&paths::request(&page.name), &[("view", view)]);
    contents(&page.plan, view, heading, diff_views(view, address).into_any())
}

/// What a plan would do, where it is no request's.
pub(super) fn planned(plan: &Plan, view: DiffView) -> AnyView {
    contents(plan, view, "Files", ().into_any())
}

fn contents(plan: &Plan, view: DiffView, heading: &'static str, views: AnyView) -> AnyView {
    let incomplete =
        (!plan.incomplete.is_empty()).then(|| banner(Tone::Warn, "The plan is not complete", &plan.incomplete, "", ""));
    let waits = (!plan.waits.is_empty()).then(|| {
        let sentence = format!("{}. It begins by itself once that is there.", plan.waits);
        banner(Tone::Warn, "It will wait", &sentence, "", "")
    });
    let fields = (!plan.fields.is_empty()).then(|| {
        view! {
            <section class="section" aria-labelledby="fields">
                <h2 id="fields">"Settings"</h2>
                {field_changes(&plan.fields)}
            </section>
        }
    });
    let effects = (!plan.effects.is_empty()).then(|| {
        let items = plan
            .effects
            .iter()
            .map(|effect| {
                view! {
                    <li class="effect">
                        <span class="step-name">{effect.step.clone()}</span>
                        <span class="step-uses">{effect.uses.clone()}</span>
                        <p>{effect.sentence.clone()}</p>
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="section" aria-labelledby="effects">
                <h2 id="effects">"Also happens"</h2>
                <ul class="effects">{items}</ul>
            </section>
        }
    });
    let many = plan.files.len() > 6;
    let files = plan.files.iter().map(|file| file_diff(file, view, !many)).collect_view();
    // what is all new or all gone has one side
    let has_sides = plan.files.iter().any(|file| file.change == Change::Change);
    let views = has_sides.then_some(views);
    view! {
        {waits}
        {incomplete}
        {fields}
        <section class="section" aria-labelledby="files">
            <div class="section-head"><h2 id="files">{heading}</h2>{views}</div>
            <div class="diffs">{files}</div>
        </section>
        {effects}
        {why_here(&plan.weighed)}
    }
    .into_any()
}

fn details(page: &RequestPage) -> impl IntoView + use<> {
    let plan = &page.plan;
    let name = &page.resource.name;
    let command = match page.what {
        RequestKind::Delete => format!("midspan delete -f {name}.yaml"),
        _ => format!("midspan apply -f {name}.yaml\n# or\nkubectl apply -f {name}.yaml"),
    };
    let destinations = (!plan.destinations.is_empty()).then(|| {
        let items = plan
            .destinations
            .iter()
            .map(|destination| {
                view! {
                    <li class="destination">
                        <strong>{destination.name.clone()}</strong>
                        <p>{destination.writes_to.clone()}</p>
                        <p class="note">{destination.because.clone()}</p>
                    </li>
                }
            })
            .collect_view();
        view! {
            <section class="side-section" aria-labelledby="destinations">
                <h2 id="destinations">"Written to"</h2>
                <ul class="destinations">{items}</ul>
            </section>
        }
    });
    let code = (!plan.yaml.is_empty()).then(|| {
        view! {
            {code_block("As YAML", &plan.yaml)}
            {code_block("From the command line", &command)}
        }
    });
    view! {
        {destinations}
        {code}
    }
}

impl RequestKind {
    pub fn icon(self) -> Icon {
        match self {
            Self::Create => Icon::Plus,
            Self::Update | Self::Upgrade => Icon::Edit,
            Self::Delete => Icon::Trash,
            Self::Rerun | Self::Act => Icon::Play,
            Self::Extend => Icon::Clock,
        }
    }

    pub fn verb(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Update => "Update",
            Self::Upgrade => "Upgrade",
            Self::Delete => "Delete",
            Self::Rerun => "Run again",
            Self::Act => "Act on",
            Self::Extend => "Extend",
        }
    }
}
