//! Kratix's `HealthRecord`: kept as it was written, found by the resource it is about, which looks at it at once.

use super::{Asker, Services, kinds::Served, metadata::cause, objects::Draft};
use domain::{
    Object, Result,
    caller::Verb,
    health::{HealthRecord, ResourceRef},
};
use forms::admission::refusal;
use store::Op;

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
        let mut warnings = Vec::new();
        match &record.resource_ref {
            // whoever may write here has not by that a say about what belongs to others
            Some(of) if of.namespace != object.metadata.namespace => {
                self.authorise(asker, Verb::Change, served, &of.namespace)?;
            }
            Some(_) => {}
            None => {
                warnings.push("it names no resource in data.resourceRef: it is kept, and counts for none".to_owned());
            }
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
        Ok(Draft { object, ops, warnings })
    }

    /// The resource that a record is about looks again.
    pub(crate) async fn wake_recorded(&self, object: &Object) -> Result<Vec<Op>> {
        let Ok(HealthRecord { promise_ref, resource_ref: Some(of), .. }) = HealthRecord::read(object) else {
            return Ok(Vec::new());
        };
        let ResourceRef { namespace, name, .. } = of;
        let found = self.bound_resource(&promise_ref.name, &namespace, &name).await?;
        Ok(self.wake_bound(found).into_iter().collect())
    }
}
