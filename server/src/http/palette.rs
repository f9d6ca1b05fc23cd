//! `GET /ui/palette?q=…&at=/…`: the palette's options as a piece of a page. Nothing is kept, nothing is changed.

use super::Doors;
use crate::{portal::ServerPortal, service::Asker};
use app::parts::palette::answer;
use axum::{
    Extension,
    extract::{RawQuery, State},
    response::{Html, IntoResponse, Response},
};
use leptos::prelude::{Owner, RenderHtml as _};

pub async fn fitting(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let given = |name: &str| {
        let mut pairs = super::forms::form_pairs(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value).unwrap_or_default()
    };
    let (asked, at) = (given("q"), given("at"));
    let groups = match ServerPortal::new(doors, asker).palette(&asked, &at).await {
        Ok(groups) => groups,
        Err(error) => return super::status::Refusal::from(error).into_response(),
    };
    let html = Owner::new().with(|| answer(&groups, asked.trim()).to_html());
    Html(html).into_response()
}
