//! Bytes that a pass or a step produces, until they are committed with the rows that name them.

use crate::steps::{Ended, Folders};
use domain::{
    Digest,
    plan::{Observed, Subject},
    run::{Outcome, StepAt, StepResult},
    work::Files,
};
use std::collections::BTreeMap;
use store::Op;

/// Bytes produced in this pass, to be committed with the rows that name them.
#[derive(Default)]
pub struct Content {
    pub blobs: BTreeMap<Digest, bytes::Bytes>,
    /// Secrets among the outputs, sealed.
    pub seals: Vec<Op>,
}

impl Content {
    /// Turns what a step left into what a run records, keeping the bytes.
    pub(crate) fn outcome(&mut self, ended: Ended) -> Outcome {
        match ended {
            Ended::Failed { message, exit_code, permanent, unclear } => {
                Outcome::Failed { message, exit_code, permanent, unclear }
            }
            Ended::Done { folders, exit_code, message } => {
                let metadata_contents =
                    folders.metadata.iter().map(|(path, bytes)| (path.clone(), bytes.to_vec())).collect();
                let (output, metadata) = (self.keep(folders.output), self.keep(folders.metadata));
                Outcome::Done(StepResult { output, metadata, metadata_contents, exit_code, message })
            }
        }
    }

    /// What a run records of a step whose condition does not hold.
    pub(crate) fn skipped(before: Folders, condition: &str) -> Outcome {
        let metadata_contents = before.metadata.into_iter().map(|(path, bytes)| (path, bytes.to_vec())).collect();
        Outcome::Skipped { message: format!("Skipped: {condition} does not hold"), metadata_contents }
    }

    /// The file of a promise's dependencies, which no step makes.
    pub(crate) fn keep_dependencies(&mut self, next: &Observed) {
        let offer = next.offer.as_ref().filter(|_| matches!(next.subject, Subject::Promise(_)));
        if let Some((_, text)) = offer.and_then(|offer| offer.promise.dependencies_file()) {
            self.blobs.insert(Digest::of(&text), text.into());
        }
    }

    pub(crate) fn ops(self) -> impl Iterator<Item = Op> {
        let blobs = self.blobs.into_iter().map(|(digest, bytes)| Op::Blob { digest, bytes: bytes.to_vec() });
        blobs.chain(self.seals)
    }

    fn keep(&mut self, files: BTreeMap<String, bytes::Bytes>) -> Files {
        files
            .into_iter()
            .map(|(path, bytes)| {
                let digest = Digest::of(&bytes);
                self.blobs.insert(digest.clone(), bytes);
                (path, digest)
            })
            .collect()
    }
}

/// Keeps with the intent what the attempt is given. One that is taken up or repeated keeps what its first try was given, whatever was asked for since.
pub fn freeze_input(next: &mut Observed, at: StepAt, content: &mut Content) {
    let object = next.resource.to_value().to_string();
    let Some(step) = next.runs.last_mut().and_then(|run| run.step_mut(at)) else { return };
    if !step.again() || step.input.is_none() {
        let digest = Digest::of(&object);
        content.blobs.insert(digest.clone(), object.into());
        step.input = Some(digest);
    }
}
