//! What a resource gives back, asked for: secrets stay marks unless they are revealed, and revealing is recorded.

use super::{Asker, Services, kinds::Served};
use domain::{Object, Result, caller::Verb, output};
use serde_json::{Map, Value, json};
use store::Op;

impl Services {
    /// The outputs as everybody who may read the resource sees them.
    pub async fn outputs(
        &self,
        asker: &Asker,
        served: &Served,
        namespace: &str,
        name: &str,
    ) -> Result<Map<String, Value>> {
        Ok(given(&self.get(asker, served, namespace, name).await?))
    }

    /// The outputs with their secrets. Who asks is recorded before the answer is given.
    pub async fn reveal(
        &self,
        asker: &Asker,
        served: &Served,
        namespace: &str,
        name: &str,
    ) -> Result<Map<String, Value>> {
        self.authorise(asker, Verb::Write, served, namespace)?;
        let object = self.stored(served, namespace, name).await?;
        let mut outputs = given(&object);
        let secret: Vec<String> =
            outputs.iter().filter(|(_, value)| is_sealed(value)).map(|(k, _)| k.clone()).collect();
        let what = Object { spec: json!({"outputs": secret}), status: Value::Null, ..object.clone() };
        let Op::Audit(entry) = self.audit(asker, "reveal", None, Some(&what)) else { return Ok(outputs) };
        self.store.commit(vec![Op::Audit(entry)]).await?;
        let mut revealed = orchestrator::outputs::revealed(&self.store, &object).await?;
        for (name, value) in &mut outputs {
            if let Some(plain) = revealed.remove(name).filter(|_| is_sealed(value)) {
                *value = plain;
            }
        }
        Ok(outputs)
    }
}

fn given(object: &Object) -> Map<String, Value> {
    object.status.get("outputs").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn is_sealed(value: &Value) -> bool {
    output::mark(value).is_some()
}
