//! `/sign-in`: the ways in, where browsers are not signed in by themselves; and what one sees who is on the way out.

use leptos::prelude::*;

use crate::{
    parts::{
        button::{Weight, link_button},
        code::code_block,
        field::secret_field,
        frame::{Drawn, Section, framed},
        icon::{Icon, icon},
    },
    paths,
    portal::{Frame, Refused},
};

/// What the sign-in page shows.
#[derive(Clone, Debug, Default)]
pub struct SignIn {
    /// Where it goes on, a path of ours; empty = home.
    pub next: String,
    /// Why the token was refused; empty at first.
    pub refusal: String,
    /// Identity providers.
    pub ways: Vec<Way>,
    /// There is a break-glass administrator.
    pub has_local_admin: bool,
    /// Why the password was refused.
    pub password_refusal: String,
    /// Just signed out here; there it goes on.
    pub signed_out: Option<Way>,
}

/// An identity provider and the address at which it takes over.
#[derive(Clone, Debug, Default)]
pub struct Way {
    pub title: String,
    pub href: String,
}

/// Needs no portal: nobody is signed in yet.
#[component]
pub fn SignInPage() -> impl IntoView {
    let page = match use_context::<Refused>() {
        Some(Refused::SignIn(page)) => (*page).clone(),
        _ => SignIn::default(),
    };
    let drawn = match &page.signed_out {
        Some(there) => on_the_way_out(there),
        None => draw(&page),
    };
    framed(&Frame::default(), drawn)
}

fn draw(page: &SignIn) -> Drawn {
    let is_refused = !page.refusal.is_empty() || !page.password_refusal.is_empty();
    let ways = page
        .ways
        .iter()
        .map(|way| link_button(way.href.clone(), None, &format!("Continue with {}", way.title), Weight::Primary));
    let lead = match page.ways.as_slice() {
        [] => "With your access token. It opens this browser for as long as you use it.",
        _ => "With the account you have at work.",
    };
    let token = if page.ways.is_empty() {
        view! { <div class="panel">{token_form(page, Weight::Primary)}</div> }.into_any()
    } else {
        fold("With an access token", !page.refusal.is_empty(), token_form(page, Weight::Plain))
    };
    let password = page
        .has_local_admin
        .then(|| fold("With the break-glass password", !page.password_refusal.is_empty(), password_form(page)));
    drawn(
        if is_refused { "Error: Sign in" } else { "Sign in" },
        view! {
            <div>
                <h1>"Sign in"</h1>
                <p class="lead">{lead}</p>
            </div>
            {(!page.ways.is_empty()).then(|| view! { <div class="sign-in-ways">{ways.collect_view()}</div> })}
            {token}
            {password}
            {fold("No account, or no browser?", false, help(!page.ways.is_empty()))}
        }
        .into_any(),
    )
}

/// The browser goes on by itself; the link is for one that does not.
fn on_the_way_out(there: &Way) -> Drawn {
    let lead = format!("You are signed out here. {} asks next whether to sign you out there too.", there.title);
    drawn(
        "Signed out",
        view! {
            <div>
                <h1>"Signed out"</h1>
                <p class="lead">{lead}</p>
            </div>
            <div class="sign-in-ways">
                {link_button(there.href.clone(), None, &format!("Go on to {}", there.title), Weight::Primary)}
                {link_button(paths::SIGN_IN.to_owned(), None, "Sign in again", Weight::Plain)}
            </div>
        }
        .into_any(),
    )
}

fn drawn(title: &str, body: AnyView) -> Drawn {
    Drawn {
        title: title.to_owned(),
        section: Section::None,
        topics: Vec::new(),
        moving: false,
        body: view! { <div class="sign-in">{body}</div> }.into_any(),
    }
}

fn token_form(page: &SignIn, weight: Weight) -> AnyView {
    let help = "The platform team gives you one. It begins with mspn_.";
    form(page, secret_field("token", "Access token", help, &problems(&page.refusal)), weight)
}

fn password_form(page: &SignIn) -> AnyView {
    let help = "For the day on which no identity provider answers. Each use is written down.";
    form(page, secret_field("password", "Password", help, &problems(&page.password_refusal)), Weight::Plain)
}

fn form(page: &SignIn, field: AnyView, weight: Weight) -> AnyView {
    let next = (!page.next.is_empty()).then(|| view! { <input type="hidden" name="next" value=page.next.clone()/> });
    view! {
        <form class="sign-in-form" method="post" action=paths::SIGN_IN novalidate>
            {next}
            {field}
            <button class="button" data-weight=weight.name()>"Sign in"</button>
        </form>
    }
    .into_any()
}

fn problems(refusal: &str) -> Vec<String> {
    Some(refusal.to_owned()).filter(|refusal| !refusal.is_empty()).into_iter().collect()
}

fn fold(title: &str, open: bool, body: AnyView) -> AnyView {
    view! {
        <details class="fold" open=open>
            <summary class="fold-head">{icon(Icon::Chevron)}{title.to_owned()}</summary>
            <div class="fold-body">{body}</div>
        </details>
    }
    .into_any()
}

fn help(has_ways: bool) -> AnyView {
    let command =
        if has_ways { "midspan auth login" } else { "export MIDSPAN_TOKEN=<your token>\nmidspan get promises" };
    view! {
        <p>"Whoever set this server up finds the first token in "<code>"admin-token"</code>", in its data directory."</p>
        {code_block("On the command line", command)}
    }
    .into_any()
}
