//! Some things have an end: they are asked to go when it has come, and not before, however often it was put off meanwhile.

use super::{
    Event, Mutant, World,
    replica::{Task, Who},
};
use domain::{
    Object, Timestamp,
    expiry::{EXPIRES_AT, end_of},
};
use std::time::Duration;
use store::Op;

/// Clocks differ, and a deletion that is lost is asked for again after a while.
const PATIENCE: Duration = Duration::from_secs(150);

impl World {
    /// The end of a new thing, if somebody gives it one.
    pub(super) fn some_end(&mut self, thing: &mut Object) {
        if self.rng.percent(20) {
            let end = self.now + self.rng.between(Duration::from_secs(10), Duration::from_secs(90));
            thing.metadata.annotations.insert(EXPIRES_AT.to_owned(), end.to_second().to_string());
        }
    }

    /// Somebody puts off the end of a thing.
    pub(super) fn extend(&mut self, door: usize, mut thing: Object) {
        let Some(end) = end_of(&thing) else { return };
        let until = end + Duration::from_secs(40);
        thing.metadata.annotations.insert(EXPIRES_AT.to_owned(), until.to_string());
        let wake = self.wake(&thing);
        let told = self.commit(self.replicas[door].who(), vec![Op::Update(thing.clone()), wake]);
        self.tell(|| format!("somebody extends {} until {until}: {told:?}", thing.metadata.uid));
    }

    /// A pass has found that a thing's time is over. Until the deletion is asked for it may have been extended.
    pub(super) fn expire(&mut self, who: Who, uid: &str) {
        let clock = self.replicas[who.replica].clock(self.now);
        let thing = self.db.by_uid(uid).filter(|thing| !thing.deleting());
        let over = |end: Timestamp| end <= clock || self.breaks_with(Mutant::ExtensionIsOverlooked);
        if let Some((thing, end)) = thing.and_then(|thing| end_of(&thing).map(|end| (thing, end)))
            && over(end)
        {
            if end > self.now + Duration::from_micros(super::SKEW) {
                self.ledger.breaks(format!("{uid} is deleted, and its time is over only at {end}"));
            }
            self.delete(who.replica, thing);
        }
        self.end(who);
    }

    pub(super) fn begin_to_expire(&mut self, who: Who, uid: String) {
        self.replicas[who.replica].busy += 1;
        if self.rng.percent(30) {
            // as people do: at the last minute
            self.after(Duration::ZERO, Duration::from_secs(2), Event::Extension(uid.clone()));
        }
        self.later(who, Task::Expire(uid), Duration::ZERO, Duration::from_secs(2));
    }

    /// In the end nothing is left whose time was over long ago.
    pub(super) fn judge_ends(&mut self) {
        for thing in self.db.of_kind("Thing") {
            if let Some(end) = end_of(&thing).filter(|end| *end + PATIENCE < self.now) {
                self.ledger.breaks(format!("{} is still there, and its time was over at {end}", thing.metadata.uid));
            }
        }
    }
}
