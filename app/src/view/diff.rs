//! Two texts line by line, as pages draw them: what stayed, what is folded away, what stands against what.

use super::Change;

/// A file or document before and after.
#[derive(Clone, Debug, Default)]
pub struct FileDiff {
    pub path: String,
    pub destination: String,
    pub change: Change,
    pub added: u32,
    pub removed: u32,
    pub parts: Vec<DiffPart>,
    /// Lines left out because the file is long; the page says so.
    pub hidden: u32,
}

/// A stretch of lines.
#[derive(Clone, Debug)]
pub enum DiffPart {
    /// Unchanged, drawn around a change.
    Same(Vec<SameLine>),
    /// Unchanged and far from any change. `lines` is empty where they are too many to carry along.
    Folded { count: u32, lines: Vec<SameLine> },
    /// What went beside what came, in order.
    Changed(Vec<Beside>),
}

/// An unchanged line with its number on either side.
#[derive(Clone, Debug, Default)]
pub struct SameLine {
    pub old: u32,
    pub new: u32,
    pub text: String,
}

/// A line that went and the line that came for it; one of them may be missing.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    pub old: Option<ChangedLine>,
    pub new: Option<ChangedLine>,
}

#[derive(Clone, Debug, Default)]
pub struct ChangedLine {
    pub number: u32,
    pub words: Vec<Word>,
}

/// A piece of a changed line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    /// It is not in the line on the other side. Lines that have little in common are not told apart word by word.
    pub differs: bool,
}

/// How differences are drawn, as `?view=` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiffView {
    #[default]
    Unified,
    Split,
}

impl DiffView {
    pub fn named(name: &str) -> Self {
        if name == "split" { Self::Split } else { Self::Unified }
    }

    /// As it stands in an address; what is usual is left out.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unified => "",
            Self::Split => "split",
        }
    }
}

impl ChangedLine {
    /// A line of which nothing is told apart.
    pub fn whole(number: u32, text: &str) -> Self {
        Self { number, words: vec![Word { text: text.to_owned(), differs: false }] }
    }

    pub fn text(&self) -> String {
        self.words.iter().map(|word| word.text.as_str()).collect()
    }
}
