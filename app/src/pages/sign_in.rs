//! `/sign-in`: the way in with an access token, where browsers are not signed in by themselves.

use leptos::prelude::*;

use crate::{
    parts::{
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
}

/// Needs no portal: nobody is signed in yet.
#[component]
pub fn SignInPage() -> impl IntoView {
    let page = match use_context::<Refused>() {
        Some(Refused::SignIn(page)) => (*page).clone(),
        _ => SignIn::default(),
    };
    framed(&Frame::default(), draw(&page))
}

fn draw(page: &SignIn) -> Drawn {
    let errors: Vec<String> = Some(page.refusal.clone()).filter(|refusal| !refusal.is_empty()).into_iter().collect();
    let title = if errors.is_empty() { "Sign in" } else { "Error: Sign in" };
    let help = "The platform team gives you one. It begins with mspn_.";
    let next = (!page.next.is_empty()).then(|| view! { <input type="hidden" name="next" value=page.next.clone()/> });
    Drawn {
        title: title.to_owned(),
        section: Section::None,
        topics: Vec::new(),
        moving: false,
        body: view! {
            <div class="sign-in">
                <div>
                    <h1>"Sign in"</h1>
                    <p class="lead">"With your access token. It opens this browser for twelve hours after you last used it."</p>
                </div>
                <form class="panel sign-in-form" method="post" action=paths::SIGN_IN novalidate>
                    {next}
                    {secret_field("token", "Access token", help, &errors)}
                    <button class="button" data-weight="primary">"Sign in"</button>
                </form>
                <details class="fold">
                    <summary class="fold-head">{icon(Icon::Chevron)}"No token, or no browser?"</summary>
                    <div class="fold-body">
                        <p>"Whoever set this server up finds the first token in "<code>"admin-token"</code>", in its data directory. Single sign-on is not there yet."</p>
                        {code_block("The same token on the command line", "export MIDSPAN_TOKEN=<your token>\nmidspan get promises")}
                    </div>
                </details>
            </div>
        }
        .into_any(),
    }
}
