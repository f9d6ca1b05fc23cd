//! What is planned: a resource under its promise, or a promise among others.

use crate::{
    object::Object,
    promise::{RequiredBy, RequirementStatus},
    run::WorkflowType,
};

#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    Resource(PromiseState),
    Promise(Surroundings),
}

/// How a resource's promise stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PromiseState {
    #[default]
    Available,
    /// It waits for something: nothing new is begun.
    Unavailable { why: String },
    /// It is being removed, and waits under this key for what was made from it.
    Leaving { uid: String },
}

/// What a promise looks at beside its own rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surroundings {
    /// What it requires, in its own order, and how each of it stands.
    pub requires: Vec<RequirementStatus>,
    /// Who requires it.
    pub required_by: Vec<Dependent>,
    /// While it is being removed: how much there is of what was made from it.
    pub resources: usize,
    /// While it is being removed: some of those that nobody has asked to go yet.
    pub standing: Vec<Object>,
    /// While it is being removed: runs of its resources that have not come to their end.
    pub running: usize,
    /// While it is being removed: its revisions, which go with it.
    pub revisions: Vec<String>,
}

/// A promise that requires this one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependent {
    pub uid: String,
    pub told: RequiredBy,
}

impl Default for Subject {
    fn default() -> Self {
        Self::Resource(PromiseState::Available)
    }
}

impl Subject {
    pub fn workflow_type(&self) -> WorkflowType {
        match self {
            Self::Resource(_) => WorkflowType::Resource,
            Self::Promise(_) => WorkflowType::Promise,
        }
    }
}
