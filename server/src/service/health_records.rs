//! Kratix's `HealthRecord`: kept as it was written, found by the resource it is about, which looks at it at once.

use super::{Asker, Services, kinds::Served, metadata::cause, objects::Draft};
use domain::{
    Error, Object, Result,
    caller::Verb,
    health::{HealthRecord, ResourceRef},
    promise::KRATIX_GROUP,
};
use forms::admission::refusal;
use orchestrator::promises;
use store::{Op, Query};

/// The most that the free part of a record may hold.
const DETAILS: usize = 64 * 1024;
/// Kratix's controller puts this on each record. There is none here that would take it off.
const FINALIZER: &str = "kratix.io/health-record-cleanup";

impl Services {
    pub(crate) async fn admit_health_record(
        &self,
        asker: &Asker,
        served: &Served,
        mut object: Object,
        stored: Option<&Object>,
    ) -> Result<Draft> {
        let name = served.invalid_name(&object.metadata.name);
        let record = HealthRecord::read(&object).map_err(|error| refusal(&name, error.causes))?;
        let mut causes = Vec::new();
        let mut wrong = |field: &str, message: String| causes.push(cause("FieldValueInvalid", field, message));
        let missing = "Required value".to_owned();
        if record.promise_ref.name.is_empty() {
            wrong("data.promiseRef.name", missing.clone());
        }
        if record.resource_ref.as_ref().is_some_and(|of| of.name.is_empty()) {
            wrong("data.resourceRef.name", missing.clone());
        }
        if record.resource_ref.as_ref().is_some_and(|of| of.namespace.is_empty()) {
            wrong("data.resourceRef.namespace", missing);
        }
        let size = record.details.as_ref().map_or(0, |details| serde_json::json!(details).to_string().len());
        if size > DETAILS {
            wrong("data.details", format!("Too long: {size} bytes; may not be longer than {DETAILS}"));
        }
        if !causes.is_empty() {
            return Err(refusal(&name, causes));
        }
        match &record.resource_ref {
            // whoever may write here has not by that a say about what belongs to others
            Some(of) if of.namespace != object.metadata.namespace => {
                self.authorise(asker, Verb::Change, served, &of.namespace)?;
            }
            Some(_) => {}
            // it is about the promise itself, which is the platform's
            None => self.authorise_of_promises(asker)?,
        }
        object.metadata.finalizers.retain(|finalizer| finalizer != FINALIZER);
        record.label(&mut object.metadata.labels);
        if stored.is_some_and(|stored| stored.rest != object.rest) {
            object.metadata.generation += 1;
        }
        let mut ops = self.wake_recorded(&object).await?;
        if let Some(stored) = stored {
            ops.extend(self.wake_recorded(stored).await?);
        }
        Ok(Draft { object, ops, warnings: Vec::new() })
    }

    fn authorise_of_promises(&self, asker: &Asker) -> Result<()> {
        let promises = self.kinds.snapshot().by_kind(&format!("{KRATIX_GROUP}/v1alpha1"), "Promise");
        let promises = promises.ok_or_else(|| Error::internal("promises are not served"))?;
        self.authorise(asker, Verb::Change, &promises, "")
    }

    /// The resource or the promise that a record is about looks again.
    pub(crate) async fn wake_recorded(&self, object: &Object) -> Result<Vec<Op>> {
        let Ok(HealthRecord { promise_ref, resource_ref, .. }) = HealthRecord::read(object) else {
            return Ok(Vec::new());
        };
        let Some(of) = resource_ref else {
            let named = |query| Query { name: Some(promise_ref.name.clone()), ..query };
            let wakes = promises().into_iter().map(named);
            return Ok(wakes.map(|query| Op::WakeSelected { query: Box::new(query), due: self.now() }).collect());
        };
        let ResourceRef { namespace, name, .. } = of;
        let found = self.bound_resource(&promise_ref.name, &namespace, &name).await?;
        Ok(self.wake_bound(found).into_iter().collect())
    }
}
