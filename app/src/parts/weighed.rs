//! Why something is where it is, or nowhere: every destination with what speaks for or against it.

use leptos::prelude::*;

use super::{
    chip::{Look, chip},
    icon::{Icon, icon},
    table::table,
};
use crate::view::Tone;

/// One group of files, and how each destination stands to it.
#[derive(Clone, Debug, Default)]
pub struct Weighing {
    /// The pipeline, and the directory if there is one.
    pub of: String,
    /// The labels it asks for; empty for none.
    pub asks: String,
    /// The chosen first, then by how near they come.
    pub rows: Vec<Weighed>,
}

#[derive(Clone, Debug, Default)]
pub struct Weighed {
    pub destination: String,
    /// `lacks zone=b`
    pub says: String,
    pub is_chosen: bool,
}

/// A fold that tells it; open where something goes nowhere.
pub fn why_here(weighings: &[Weighing]) -> Option<impl IntoView + use<>> {
    let nowhere = weighings.iter().any(|one| one.rows.iter().all(|row| !row.is_chosen));
    (!weighings.is_empty()).then(|| {
        let each = weighings.iter().map(weighing).collect_view();
        view! {
            <details class="fold" id="why-here" open=nowhere>
                <summary class="fold-head">{icon(Icon::Chevron)}{if nowhere { "Why nowhere?" } else { "Why here?" }}</summary>
                <div class="fold-body">{each}</div>
            </details>
        }
    })
}

fn weighing(one: &Weighing) -> impl IntoView + use<> {
    let row = |row: &Weighed| {
        let look = if row.is_chosen {
            Look { tone: Tone::Good, icon: Icon::Check, word: "Chosen" }
        } else {
            Look { tone: Tone::Quiet, icon: Icon::Circle, word: "Not chosen" }
        };
        view! {
            <tr>
                <td class="cell-name"><span class="row-title"><strong>{row.destination.clone()}</strong></span></td>
                <td class="cell-quiet">{row.says.clone()}</td>
                <td class="cell-end">{chip(look)}</td>
            </tr>
        }
    };
    let rows = one.rows.iter().map(row).collect_view();
    let asks = if one.asks.is_empty() { "any destination".to_owned() } else { one.asks.clone() };
    let caption = format!("Destinations for {}", one.of);
    view! {
        <div class="stack">
            <p class="note">{one.of.clone()}" asks for "<code>{asks}</code></p>
            {table(&caption, ["Destination", "What speaks for or against it", "Choice"], rows)}
        </div>
    }
}
