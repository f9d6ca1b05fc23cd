//! Resources put together by what they have in common: how many, how they stand, the first of each.

use leptos::prelude::*;

use super::resources::{Grouped, Resources, ResourcesQuery};
use crate::{
    counts::count,
    parts::{table::resource_table, tallies::tallies},
    portal::Frame,
};

pub(super) fn groups(list: &Resources, asked: &ResourcesQuery, frame: &Frame) -> impl IntoView {
    let groups = list.groups.iter().enumerate().map(|(at, group)| one(at, group, asked, frame)).collect_view();
    view! { <div class="column-main">{groups}</div> }
}

fn one(at: usize, group: &Grouped, asked: &ResourcesQuery, frame: &Frame) -> impl IntoView {
    let alone = ResourcesQuery { group: String::new(), ..asked.clone() };
    let within = alone.with(&asked.group, &group.facet.value);
    let narrowed = ResourcesQuery::from_pairs([(asked.group.clone(), group.facet.value.clone())]);
    let states = tallies(&group.states, |state| {
        let mut both = alone.clone();
        both.narrow(&narrowed);
        both.with("state", state)
    });
    let id = format!("group-{at}");
    let labelled = id.clone();
    let rows = (!group.rows.is_empty()).then(|| resource_table(&group.facet.label, &group.rows, frame.now));
    view! {
        <section class="section" aria-labelledby=labelled>
            <div class="section-head">
                <h2 id=id>{group.facet.label.clone()}</h2>
                {states}
                <a class="section-link" href=within>{format!("All {}", count(group.facet.count, "resource"))}</a>
            </div>
            {rows}
        </section>
    }
}
