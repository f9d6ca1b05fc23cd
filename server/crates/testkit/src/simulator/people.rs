//! People: they ask for things, change their minds, and remember what they were told.

use super::{World, pauses, replica::Lost};
use domain::{
    Object,
    expiry::end_of,
    plan::FINALIZER,
    request::{Operation, Request, RequestSpec},
    run::ResourceRef,
};
use serde_json::json;
use store::{Guard, Op};

/// So many things at once.
const THINGS: usize = 3;
/// The label of a thing that is made without effects.
pub const PLAIN: &str = "plain";

impl World {
    pub(super) fn somebody_acts(&mut self) {
        let door = self.rng.index(self.replicas.len());
        if self.replicas[door].is_down(self.now) {
            return;
        }
        if self.rng.percent(10) {
            return self.cordon();
        }
        let things = self.db.of_kind("Thing");
        let thing = things.get(self.rng.index(things.len())).cloned();
        match (thing, self.rng.below(10)) {
            (Some(thing), 0..=3) if !thing.deleting() => self.change(door, thing),
            (Some(thing), 4) if !thing.deleting() => self.delete(door, thing),
            (Some(thing), 5) => self.echo(&thing),
            (Some(thing), 9) if !thing.deleting() => self.move_on(door, thing),
            (Some(thing), 6..=7) if pauses::paused(&thing) => self.take_out_of_pause(thing),
            (Some(thing), 6..=7) if !thing.deleting() => self.act(door, &thing),
            (Some(thing), 8) if !thing.deleting() && end_of(&thing).is_some() => self.extend(door, thing),
            (_, _) if things.len() < THINGS => self.create(door),
            (Some(thing), _) if !thing.deleting() => self.change(door, thing),
            _ => {}
        }
    }

    fn create(&mut self, door: usize) {
        self.asked += 1;
        let name = format!("thing-{}", self.asked);
        let object = Object::from_value(json!({
            "apiVersion": "sim.example.com/v1", "kind": "Thing",
            "metadata": {
                "name": name, "namespace": format!("team-{}", self.asked % 2), "uid": format!("res_{}", self.asked), "generation": 1,
                "labels": {"kratix.io/promise-name": "thing"}, "finalizers": [FINALIZER],
            },
            "spec": {"size": self.asked},
        }));
        let mut object = object.expect("it is an object");
        if self.rng.percent(50) {
            object.metadata.labels.insert(PLAIN.to_owned(), "true".to_owned());
        }
        self.some_pause(&mut object);
        self.some_end(&mut object);
        self.ask(door, Operation::Create, Op::Create(object.clone()), object);
    }

    fn change(&mut self, door: usize, mut thing: Object) {
        thing.metadata.generation += 1;
        thing.spec["size"] = thing.metadata.generation.into();
        self.ask(door, Operation::Update, Op::Update(thing.clone()), thing);
    }

    pub(super) fn delete(&mut self, door: usize, mut thing: Object) {
        thing.metadata.deletion_timestamp = Some(self.now);
        self.ledger.deleted.insert(thing.metadata.uid.clone());
        self.ask(door, Operation::Delete, Op::Update(thing.clone()), thing);
    }

    /// A day-2 action; nobody gets one of a thing that is being deleted.
    fn act(&mut self, door: usize, thing: &Object) {
        self.asked += 1;
        let (uid, action) = (format!("req_{}", self.asked), ["poke", "refresh"][self.rng.index(2)].to_owned());
        let spec = RequestSpec {
            operation: Operation::Action,
            action,
            generation: thing.metadata.generation,
            resource: ResourceRef::to(thing),
            ..RequestSpec::default()
        };
        let mut request = Request::submitted(&uid, spec, self.now);
        request.metadata.owner_references = vec![thing.as_owner()];
        let guard = Guard::Standing { uid: thing.metadata.uid.clone() };
        let standing = Op::Require { guard, otherwise: domain::Error::conflict("it is being deleted") };
        let told =
            self.commit(self.replicas[door].who(), vec![standing, Op::Create(request.to_object()), self.wake(thing)]);
        self.tell(|| format!("somebody asks for an action of {} ({uid}): {told:?}", thing.metadata.uid));
        if told.is_ok() {
            self.ledger.actions.insert(uid);
        }
    }

    /// A wake-up for nothing.
    fn echo(&mut self, thing: &Object) {
        let wake = self.wake(thing);
        let _ = self.db.commit(vec![wake]);
    }

    fn ask(&mut self, door: usize, operation: Operation, op: Op, object: Object) {
        self.asked += 1;
        let (uid, generation) = (object.metadata.uid.clone(), object.metadata.generation);
        let spec = RequestSpec { operation, generation, resource: ResourceRef::to(&object), ..RequestSpec::default() };
        let mut request = Request::submitted(&format!("req_{}", self.asked), spec, self.now);
        request.metadata.owner_references = vec![object.as_owner()];
        let ops = vec![op, Op::Create(request.to_object()), self.wake(&object)];
        let told = match self.commit(self.replicas[door].who(), ops) {
            Ok(()) => true,
            Err(Lost::Unavailable) => self.breaks_with(super::Mutant::AcknowledgedBeforeCommit),
            Err(Lost::Conflict) => false,
        };
        self.tell(|| format!("somebody asks to {} {uid} (generation {generation}); told: {told}", operation.as_str()));
        if told {
            let newest = self.ledger.acknowledged.entry(uid).or_default();
            *newest = generation.max(*newest);
        }
    }
}
