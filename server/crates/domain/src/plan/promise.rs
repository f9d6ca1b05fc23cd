//! A promise's own life: its workflow runs, its dependencies are placed at every destination that fits, and when it goes, all made from it goes first.

use super::{Pass, Subject, Surroundings, admit, advance, drift, place, retire};
use crate::{
    digest::Digest,
    promise::RequirementState,
    reason::Reason,
    work::{Files, Group},
};

/// One decision about a promise that is to be there. As in Kratix, an unmet requirement holds back its resources, not the promise's own work.
pub fn converge(pass: &mut Pass) -> Reason {
    if let Some(reason) = admit::admit(pass) {
        return reason;
    }
    let running = advance::advance(pass);
    pass.look_again();
    put_dependencies(pass);
    drift::repair(pass);
    let placing = place::place(pass);
    running.or_else(|| unmet(pass)).or(placing).unwrap_or(Reason::Ready)
}

/// One decision on the way out, in Kratix's order: running runs end, the delete workflow runs, the resources go, the dependencies are withdrawn,
/// the row goes, and with it the API.
pub fn retire(pass: &mut Pass) -> Reason {
    let Subject::Promise(Surroundings { resources, running, .. }) = pass.observed.subject else {
        return Reason::Deleted;
    };
    if running > 0 {
        return Reason::ResourcesRunning { count: running };
    }
    if let Some(reason) = retire::run_delete_workflow(pass) {
        return reason;
    }
    if resources > 0 {
        dismiss(pass);
        return Reason::ResourcesLeaving { count: resources };
    }
    retire::give_up(pass)
}

/// The first requirement that is not met.
pub fn unmet(pass: &Pass) -> Option<Reason> {
    let Subject::Promise(around) = &pass.observed.subject else { return None };
    let open = around.requires.iter().find(|required| required.state != RequirementState::Installed)?;
    Some(Reason::RequirementUnmet { promise: open.name.clone(), state: open.state.as_str().to_owned() })
}

/// The dependencies are a work that no pipeline makes.
fn put_dependencies(pass: &mut Pass) {
    let Some(offer) = pass.observed.offer.clone() else { return };
    let Some((path, content)) = offer.promise.dependencies_file() else {
        pass.observed.works.retain(|work| !work.spec.pipeline.is_empty());
        return;
    };
    let group = Group { files: Files::from([(path, Digest::of(content))]), ..Group::default() };
    let work = advance::work(&pass.observed.resource, &offer.promise.name, "", "", vec![group], pass.now);
    advance::keep_work(&mut pass.observed, work);
}

fn dismiss(pass: &mut Pass) {
    let Subject::Promise(around) = &mut pass.observed.subject else { return };
    for mut resource in std::mem::take(&mut around.standing) {
        resource.metadata.deletion_timestamp = Some(pass.now.to_second());
        resource.metadata.generation += 1;
        pass.dismiss.push(resource);
    }
}
