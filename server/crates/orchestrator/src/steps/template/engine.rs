//! The template engine: fenced in, strict about what is undefined, and exact about how values are written.

use super::{
    filters, json, source,
    whole::{self, Syntax},
};
use domain::{Error, ErrorKind, Result};
use minijinja::{AutoEscape, Environment, Output, State, Template, UndefinedBehavior, Value, syntax::SyntaxConfig};
use std::{collections::BTreeSet, fmt::Write as _, io, sync::LazyLock};

use crate::steps::MAX_FILE_BYTES;

/// The work one template may cause: about as many instructions, or 64 times as many bytes.
const FUEL: u64 = 500_000;
/// The work all templates of one step may cause together.
const STEP_FUEL: u64 = 2_000_000;
/// How deep macros may call each other.
const MAX_CALLS: usize = 40;
/// The longest template.
const MAX_SOURCE: usize = 1024 * 1024;
/// The longest templates of one step, together.
const MAX_SOURCES: usize = 4 * 1024 * 1024;

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Strings as they are, everything else as JSON.
    Text,
    /// JSON values, each a whole node of the document.
    Document(Syntax),
    /// One value, kept as it is.
    Value,
    /// Percent-encoded: a value is one part of an address and cannot add another.
    Address,
}

impl Mode {
    /// The mode of a file, by its ending.
    pub fn of(path: &str) -> Self {
        match path.trim_end().rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
            Some("yaml" | "yml") => Self::Document(Syntax::Yaml),
            Some("json") => Self::Document(Syntax::Json),
            _ => Self::Text,
        }
    }

    /// Template names carry their mode before the place they stand at.
    fn prefix(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Document(_) => "document",
            Self::Value => "value",
            Self::Address => "address",
        }
    }
}

/// Templates to be compiled together.
#[derive(Default)]
pub struct Sources {
    texts: Vec<(String, String)>,
    size: usize,
}

impl Sources {
    /// Adds the template that stands at `place` of the definition.
    pub fn add(&mut self, mode: Mode, place: &str, text: &str) -> Result<()> {
        self.size += text.len();
        if text.len() > MAX_SOURCE || self.size > MAX_SOURCES {
            let message = format!(
                "{place}: the templates are too long; the limits are {MAX_SOURCE} bytes each and {MAX_SOURCES} bytes together"
            );
            return Err(Error::new(ErrorKind::RequestEntityTooLarge, message));
        }
        self.texts.push((name(mode, place), source::prepared(text)));
        Ok(())
    }

    pub fn compile(self) -> Result<Templates> {
        let mut environment = BASE.clone();
        for (name, text) in self.texts {
            let place = place(&name).to_owned();
            environment.add_template_owned(name, text).map_err(|error| told(&error, &place))?;
        }
        Ok(Templates(environment))
    }
}

/// Compiled templates of one step.
pub struct Templates(Environment<'static>);

impl Templates {
    pub fn start(&self, context: Value) -> Rendering<'_> {
        Rendering { environment: &self.0, context, fuel: 0 }
    }

    /// The dotted names that these templates look up, each with the place it stands at. What the engine itself has is left out.
    pub fn mentioned(&self) -> BTreeSet<(String, String)> {
        let own: BTreeSet<&str> = self.0.globals().map(|(name, _)| name).collect();
        let of = |(name, template): (&str, Template<'_, '_>)| {
            let place = place(name).trim_end_matches(" (its beginning)");
            let place = if place.starts_with("with") { place } else { "with.files" }.to_owned();
            let names = template.undeclared_variables(true).into_iter();
            let names = names.filter(|name| !own.contains(name.split('.').next().unwrap_or_default()));
            names.map(|name| (place.clone(), name)).collect::<Vec<_>>()
        };
        self.0.templates().flat_map(of).collect()
    }
}

/// One rendering of a step's templates, which share one budget.
pub struct Rendering<'a> {
    environment: &'a Environment<'static>,
    context: Value,
    fuel: u64,
}

impl Rendering<'_> {
    pub fn text(&mut self, place: &str) -> Result<String> {
        self.render(Mode::Text, place)
    }

    pub fn address(&mut self, place: &str) -> Result<String> {
        self.render(Mode::Address, place)
    }

    pub fn value(&mut self, place: &str) -> Result<serde_json::Value> {
        let text = self.render(Mode::Value, place)?;
        serde_json::from_str(&text).map_err(|error| Error::bad_request(format!("{place}: {error}")))
    }

    /// A file. `path` names it when it is not well-formed.
    pub fn document(&mut self, mode: Mode, place: &str, path: &str) -> Result<String> {
        let rendered = self.render(mode, place)?;
        match mode {
            Mode::Document(syntax) => whole::proved(&rendered, syntax, path),
            _ => Ok(rendered),
        }
    }

    fn render(&mut self, mode: Mode, place: &str) -> Result<String> {
        let template = self.environment.get_template(&name(mode, place)).map_err(|error| told(&error, place))?;
        let mut bounded = Bounded(Vec::new());
        let rendered =
            template.render_captured_to(self.context.clone(), &mut bounded).map_err(|error| told(&error, place))?;
        self.fuel += rendered.state().fuel_levels().map_or(0, |(consumed, _)| consumed);
        if self.fuel > STEP_FUEL {
            return Err(Error::bad_request(format!(
                "{place}: the templates of this step do too much work together; split the step"
            )));
        }
        drop(rendered);
        String::from_utf8(bounded.0).map_err(|_| Error::bad_request(format!("{place}: did not render to text")))
    }
}

/// Whether the text is one expression.
pub fn is_expression(text: &str) -> bool {
    BASE.compile_expression(text).is_ok()
}

static BASE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(MAX_CALLS);
    environment.set_debug(true);
    environment.set_auto_escape_callback(|name| {
        if name.starts_with("text:") { AutoEscape::None } else { AutoEscape::Custom("json".into()) }
    });
    environment.set_formatter(written);
    // `safe` would let a value past the formatter; a namespace lets a loop nest values without end
    environment.remove_filter("safe");
    environment.remove_global("namespace");
    environment.remove_global("debug");
    filters::add(&mut environment);
    if let Ok(syntax) =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()
    {
        environment.set_syntax(syntax);
    }
    environment
});

/// Writes one `{{ … }}`. The template's name decides how, so that nothing inside a template can change it.
fn written(out: &mut Output, state: &mut State, value: &Value) -> Result<(), minijinja::Error> {
    if value.is_undefined() {
        return Err(minijinja::Error::new(minijinja::ErrorKind::UndefinedError, ""));
    }
    match (mode_of(state.name()), value.as_str()) {
        // what a macro or a block of this template wrote has been through here already
        (_, Some(text)) if value.is_safe() => out.write_str(text)?,
        ("text", Some(text)) => out.write_str(text)?,
        ("text" | "value", _) => json::write(out, value)?,
        ("address", Some(text)) => percent(out, text)?,
        ("address", None) => percent(out, &json::text(value)?)?,
        _ => {
            out.write_char(whole::OPEN)?;
            json::write(out, value)?;
            out.write_char(whole::CLOSE)?;
        }
    }
    Ok(())
}

fn percent(out: &mut Output, text: &str) -> std::fmt::Result {
    text.bytes().try_for_each(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.write_char(char::from(byte)),
        byte => write!(out, "%{byte:02X}"),
    })
}

fn name(mode: Mode, place: &str) -> String {
    format!("{}:{place}", mode.prefix())
}

fn mode_of(name: &str) -> &str {
    name.split_once(':').map_or("", |(mode, _)| mode)
}

fn place(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, place)| place)
}

/// The engine's error in our words: place, line, what, and the piece of template it is about.
fn told(error: &minijinja::Error, place: &str) -> Error {
    use minijinja::ErrorKind as Engine;
    let line = error.line().map_or_else(String::new, |line| format!(" line {line}"));
    let piece = error
        .range()
        .and_then(|range| error.template_source()?.get(range))
        .filter(|piece| !piece.is_empty() && piece.len() <= 120);
    let what = match (error.kind(), error.detail(), piece) {
        (Engine::UndefinedError, _, Some(piece)) => {
            format!("`{piece}` is undefined; use `| default(…)` where it may be missing")
        }
        (Engine::UndefinedError, Some(detail), None) if !detail.is_empty() => detail.to_owned(),
        (Engine::OutOfFuel, ..) => {
            format!("the template does too much work (more than {FUEL} steps); is there a loop without end?")
        }
        (Engine::WriteFailure, ..) => format!("the file becomes larger than {MAX_FILE_BYTES} bytes"),
        (_, Some(detail), Some(piece)) => format!("`{piece}`: {detail}"),
        (kind, Some(detail), None) => format!("{kind}: {detail}"),
        (kind, None, Some(piece)) => format!("`{piece}`: {kind}"),
        (kind, None, None) => kind.to_string(),
    };
    Error::bad_request(format!("{place}{line}: {what}"))
}

/// A file's bytes, refused beyond the limit while they are written.
struct Bounded(Vec<u8>);

impl io::Write for &mut Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_FILE_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
