//! How a browser wants its pages: the theme, and whether single letters do something. Two cookies, so that it holds before anybody
//! signs in, and on each device for itself.

use super::{Doors, auth, pages::back};
use crate::service::Taste;
use app::paths;
use axum::{
    Form, Router,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use serde::Deserialize;

pub fn routes() -> Router<Doors> {
    Router::new().route(paths::THEME, post(choose_theme)).route(paths::ME_KEYS, post(choose_keys))
}

/// What the cookies say.
pub fn of(headers: &HeaderMap) -> Taste {
    let theme = Some(cookie(headers, "theme")).filter(|theme| matches!(*theme, "light" | "dark")).unwrap_or_default();
    Taste { theme: theme.to_owned(), keys_off: cookie(headers, "keys") == "off" }
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    let cookies =
        headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
    let mut pairs = cookies.filter_map(|cookie| cookie.trim().split_once('='));
    pairs.rfind(|(key, _)| *key == name).map(|(_, value)| value).unwrap_or_default()
}

#[derive(Deserialize)]
struct ThemeChoice {
    theme: String,
}

/// `POST /theme`
async fn choose_theme(headers: HeaderMap, Form(choice): Form<ThemeChoice>) -> Response {
    let theme = Some(choice.theme.as_str()).filter(|theme| matches!(*theme, "light" | "dark"));
    kept(&headers, "theme", theme)
}

#[derive(Deserialize)]
struct KeysChoice {
    keys: String,
}

/// `POST /me/keys`
async fn choose_keys(headers: HeaderMap, Form(choice): Form<KeysChoice>) -> Response {
    kept(&headers, "keys", (choice.keys == "off").then_some("off"))
}

/// Back where one was, with the choice in a cookie; nothing chosen takes it away.
fn kept(headers: &HeaderMap, name: &str, chosen: Option<&str>) -> Response {
    const YEAR: u32 = 31_536_000;
    let (value, age) = chosen.map_or(("", 0), |value| (value, YEAR));
    let cookie = format!("{name}={value}; Path=/; Max-Age={age}; SameSite=Lax");
    let mut response = Redirect::to(&back(headers)).into_response();
    if let (true, Ok(value)) = (auth::same_origin(headers), HeaderValue::from_str(&cookie)) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cookies: &str, theme: &str, keys_off: bool) {
        let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(cookies).unwrap())]);
        assert_eq!(of(&headers), Taste { theme: theme.to_owned(), keys_off }, "{cookies}");
    }

    #[test]
    fn only_what_can_be_chosen_counts() {
        check("", "", false);
        check("midspan=abc; theme=dark; keys=off", "dark", true);
        check("theme=dark; theme=light", "light", false);
        check("theme=\"><script>; keys=on", "", false);
        check("nottheme=dark; keys=of", "", false);
    }
}
