//! Some things are paused when they are made: nothing is placed for them until somebody takes them out of the pause, and then there may be no room.

use super::{EVENING, Event, World};
use domain::{Object, plan::PAUSED};
use std::time::Duration;
use store::Op;

impl World {
    /// A new thing that is not to begin yet.
    pub(super) fn some_pause(&mut self, thing: &mut Object) {
        if self.rng.percent(35) {
            thing.metadata.labels.insert(PAUSED.to_owned(), "true".to_owned());
        }
    }

    pub(super) fn take_out_of_pause(&mut self, mut thing: Object) {
        thing.metadata.labels.remove(PAUSED);
        let wake = self.wake(&thing);
        let taken = self.db.commit(vec![Op::Update(thing.clone()), wake]).is_ok();
        self.tell(|| format!("somebody takes {} out of its pause: {taken}", thing.metadata.uid));
    }

    /// In the evening nothing is paused any more. Whatever begins then finds no place, and there is one again while it is still looking.
    pub(super) fn all_go_on(&mut self) {
        self.set_cordons(true);
        self.after(Duration::ZERO, EVENING, Event::Uncordon);
        for thing in self.db.of_kind("Thing") {
            if paused(&thing) {
                self.take_out_of_pause(thing);
            }
        }
    }
}

pub(super) fn paused(thing: &Object) -> bool {
    thing.metadata.labels.contains_key(PAUSED)
}
