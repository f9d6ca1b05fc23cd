//! `/r/…/delete`: what will be removed, and the name to type before it is.

use super::resource::ResourceHead;

/// What the delete page shows.
#[derive(Clone, Debug, Default)]
pub struct DeletePage {
    pub head: ResourceHead,
    /// Files that will be withdrawn: destination and path.
    pub files: Vec<(String, String)>,
    /// Steps of the promise's delete workflow, in order; may be empty.
    pub steps: Vec<String>,
    /// Why it was not deleted (the typed name differs …); empty at first.
    pub refusal: String,
    /// What was typed, given back.
    pub typed: String,
}
