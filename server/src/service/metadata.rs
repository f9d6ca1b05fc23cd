//! Who an object says it is: kind, namespace and name against the address, and metadata within its bounds.

use super::{Services, kinds::Served};
use domain::{Cause, Error, Object, Result, name};

impl Services {
    /// Kind, version, namespace and name must be those of the address.
    pub(crate) fn check_identity(&self, served: &Served, namespace: &str, object: &mut Object) -> Result<()> {
        if object.kind.is_empty() {
            return Err(Error::bad_request("Object 'Kind' is missing in the body"));
        }
        if object.kind != served.kind || object.api_version != served.api_version() {
            return Err(Error::bad_request(format!(
                "the API version in the data ({}) and its kind ({}) do not match the expected {} {}",
                object.api_version,
                object.kind,
                served.api_version(),
                served.kind
            )));
        }
        if served.namespaced {
            if object.metadata.namespace.is_empty() {
                namespace.clone_into(&mut object.metadata.namespace);
            }
            if object.metadata.namespace != namespace {
                return Err(Error::bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request",
                ));
            }
        } else {
            object.metadata.namespace.clear();
        }
        if object.metadata.name.is_empty() && !object.metadata.generate_name.is_empty() {
            object.metadata.name = format!("{}{}", object.metadata.generate_name, self.ids.suffix());
        }
        let causes = metadata_faults(object);
        if causes.is_empty() {
            Ok(())
        } else {
            Err(forms::admission::refusal(&served.invalid_name(&object.metadata.name), causes))
        }
    }
}

pub(super) fn cause(reason: &str, field: &str, message: String) -> Cause {
    let pointer = format!("/{}", field.replace('.', "/"));
    Cause { reason: reason.to_owned(), message, field: field.to_owned(), pointer, human: String::new() }
}

/// Of all annotations together, in bytes.
const ANNOTATIONS: usize = 256 * 1024;

fn metadata_faults(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut wrong = |reason: &str, field: &str, message: String| causes.push(cause(reason, field, message));
    let metadata = &object.metadata;
    if metadata.name.is_empty() {
        wrong("FieldValueRequired", "metadata.name", "Required value: name or generateName is required".to_owned());
    } else if !name::is_subdomain(&metadata.name) {
        wrong("FieldValueInvalid", "metadata.name", name::subdomain_message(&metadata.name));
    }
    for (key, value) in &metadata.labels {
        if !name::is_qualified(key) {
            wrong(
                "FieldValueInvalid",
                "metadata.labels",
                format!("Invalid value: {key:?}: name part must consist of alphanumeric characters, '-', '_' or '.'"),
            );
        }
        if !name::is_value(value) {
            wrong(
                "FieldValueInvalid",
                "metadata.labels",
                format!(
                    "Invalid value: {value:?}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
                ),
            );
        }
    }
    for finalizer in metadata.finalizers.iter().filter(|finalizer| !name::is_qualified(finalizer)) {
        wrong(
            "FieldValueInvalid",
            "metadata.finalizers",
            format!("Invalid value: {finalizer:?}: name part must consist of alphanumeric characters, '-', '_' or '.'"),
        );
    }
    for owner in &metadata.owner_references {
        let parts = [&owner.api_version, &owner.kind, &owner.name, &owner.uid];
        if parts.iter().any(|part| part.is_empty() || part.len() > 253 || part.contains(char::is_control)) {
            wrong(
                "FieldValueInvalid",
                "metadata.ownerReferences",
                "Invalid value: apiVersion, kind, name and uid must not be empty, long or have control characters"
                    .to_owned(),
            );
        }
    }
    if metadata.annotations.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>() > ANNOTATIONS {
        wrong(
            "FieldValueTooLong",
            "metadata.annotations",
            format!("Too long: may not be more than {ANNOTATIONS} bytes"),
        );
    }
    causes
}
