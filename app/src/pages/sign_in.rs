//! `/sign-in`: how to get in, where browsers are not signed in by themselves.

use leptos::prelude::*;

use crate::{
    parts::{
        code::code_block,
        frame::{Drawn, Section, framed},
    },
    portal::Frame,
};

/// Needs no portal: nobody is signed in yet.
#[component]
pub fn SignInPage() -> impl IntoView {
    let frame = Frame::default();
    framed(&frame, draw())
}

fn draw() -> Drawn {
    Drawn {
        title: "Sign in".to_owned(),
        section: Section::None,
        topics: Vec::new(),
        moving: false,
        body: view! {
            <div class="narrow">
                <h1>"Sign in"</h1>
                <p class="lead">"This Midspan does not know who you are yet, so it shows nothing."</p>
                <p>
                    "Single sign-on for browsers is not set up on this server. The platform team can give you an access token; "
                    "the command line and every Kubernetes client work with it:"
                </p>
                {code_block("Command line", "export MIDSPAN_TOKEN=<your token>\nmidspan get promises")}
                <p>"To try Midspan on your own machine, start it with "<code>"midspan serve --dev"</code>": there you are signed in by yourself."</p>
            </div>
        }
        .into_any(),
    }
}
