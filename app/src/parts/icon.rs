//! The icon set: our own 24-unit strokes, inlined, decorative (the word beside them says the same).

use leptos::prelude::*;

/// An icon by what it means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Alert,
    Back,
    Box,
    Branch,
    Bucket,
    Check,
    Chevron,
    Circle,
    Clock,
    Code,
    Copy,
    Cross,
    Database,
    Dots,
    Down,
    Download,
    Edit,
    File,
    Globe,
    Home,
    Key,
    Layers,
    Link,
    Moon,
    Play,
    Plus,
    Question,
    Search,
    Spinner,
    Trash,
    Undo,
    Up,
    Users,
}

/// All of them, to be looked at.
pub const ALL: [Icon; 33] = [
    Icon::Alert,
    Icon::Back,
    Icon::Box,
    Icon::Branch,
    Icon::Bucket,
    Icon::Check,
    Icon::Chevron,
    Icon::Circle,
    Icon::Clock,
    Icon::Code,
    Icon::Copy,
    Icon::Cross,
    Icon::Database,
    Icon::Dots,
    Icon::Down,
    Icon::Download,
    Icon::Edit,
    Icon::File,
    Icon::Globe,
    Icon::Home,
    Icon::Key,
    Icon::Layers,
    Icon::Link,
    Icon::Moon,
    Icon::Play,
    Icon::Plus,
    Icon::Question,
    Icon::Search,
    Icon::Spinner,
    Icon::Trash,
    Icon::Undo,
    Icon::Up,
    Icon::Users,
];

/// Draws it at the size of the text around it.
pub fn icon(which: Icon) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false" data-icon=name(which)>
            <path d=strokes(which)></path>
        </svg>
    }
}

/// A promise's icon by the name its author gave; anything unknown is a box.
pub fn named(name: &str) -> Icon {
    match name {
        "database" => Icon::Database,
        "globe" => Icon::Globe,
        "clock" => Icon::Clock,
        "bucket" => Icon::Bucket,
        "layers" => Icon::Layers,
        "key" => Icon::Key,
        "users" => Icon::Users,
        "branch" => Icon::Branch,
        "chevron" => Icon::Chevron,
        "file" => Icon::File,
        "play" => Icon::Play,
        _ => Icon::Box,
    }
}

/// The name styles see: only the spinner turns.
fn name(which: Icon) -> Option<&'static str> {
    (which == Icon::Spinner).then_some("spinner")
}

pub(super) fn strokes(which: Icon) -> &'static str {
    match which {
        Icon::Alert => "M12 4 2.8 19.5h18.4zM12 10v4.2M12 16.8v.2",
        Icon::Back => "M19 12H5m6-6-6 6 6 6",
        Icon::Box => "M12 3 4 7.2v9.6L12 21l8-4.2V7.2zM4 7.2l8 4.3 8-4.3M12 11.5V21",
        Icon::Branch => "M7 4v16M7 14c0-4 10-2 10-7M17 7V4M7 4H5.5M7 4h1.5M17 4h-1.5M17 4h1.5M5.5 20h3",
        Icon::Bucket => {
            "M4.5 6.5c0-1.7 3.4-3 7.5-3s7.5 1.3 7.5 3-3.4 3-7.5 3-7.5-1.3-7.5-3zM4.5 6.5 6.3 19c.2 1 2.7 1.9 5.7 1.9s5.5-.9 5.7-1.9l1.8-12.5"
        }
        Icon::Check => "m5 12.5 4.5 4.5L19 7.5",
        Icon::Chevron => "m9 6 6 6-6 6",
        Icon::Circle => "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16z",
        Icon::Clock => "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM12 7.5V12l3 2",
        Icon::Code => "m8 7-5 5 5 5m8-10 5 5-5 5M13.5 5l-3 14",
        Icon::Copy => "M9 9h10.5v10.5H9zM15 9V4.5H4.5V15H9",
        Icon::Cross => "m6.5 6.5 11 11m0-11-11 11",
        Icon::Database => {
            "M4.5 6c0-1.7 3.4-3 7.5-3s7.5 1.3 7.5 3-3.4 3-7.5 3-7.5-1.3-7.5-3zM4.5 6v12c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3V6M4.5 12c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3"
        }
        Icon::Dots => "M5 12h.1M12 12h.1M19 12h.1",
        Icon::Down => "M12 5v14m-6-6 6 6 6-6",
        Icon::Download => "M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 20h14",
        Icon::Edit => "M4 20l1-4.5L16.5 4 20 7.5 8.5 19zM14 6.5l3.5 3.5",
        Icon::File => "M6 3h8l4.5 4.5V21H6zM14 3v4.5h4.5",
        Icon::Globe => "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM3.5 12h17M12 3.5c5 5 5 12 0 17-5-5-5-12 0-17z",
        Icon::Home => "M4 11l8-7 8 7v9h-5.5v-5.5h-5V20H4z",
        Icon::Key => "M8 11a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM11.3 12.3 20 3.5m-3.5 3.5 3 3",
        Icon::Layers => "m12 3 9 5-9 5-9-5zM3 12.5l9 5 9-5M3 16.5l9 5 9-5",
        Icon::Link => "M10 14l4-4M9 8l2.5-2.5a4 4 0 0 1 6 6L15 14M9 10l-2.5 2.5a4 4 0 0 0 6 6L15 16",
        Icon::Moon => "M12 3.5a8.5 8.5 0 1 0 0 17zM12 3.5a8.5 8.5 0 0 1 0 17",
        Icon::Play => "M7 4.5v15l12-7.5z",
        Icon::Plus => "M12 5v14M5 12h14",
        Icon::Question => "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17v.2",
        Icon::Search => "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5 20.5 20.5",
        Icon::Spinner => "M12 3.5a8.5 8.5 0 0 1 8.5 8.5",
        Icon::Trash => "M4 6.5h16M9 6.5V4h6v2.5M6 6.5l1 14h10l1-14M10 10.5v6M14 10.5v6",
        Icon::Undo => "M9 6 4.5 10.5 9 15M4.5 10.5H14a5.5 5.5 0 0 1 0 11h-3",
        Icon::Up => "M12 19V5m-6 6 6-6 6 6",
        Icon::Users => {
            "M9 4.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6M15.5 5a3.5 3.5 0 0 1 0 6.5M17.5 14.5c2.5.7 4 2.5 4 5.5"
        }
    }
}
