//! The environment of a container, in Kubernetes' order and with its references.

use crate::steps::{StepInput, command::contract};
use domain::{
    Error, Result,
    workflow::container::{Container, Variable},
};

/// Kratix's and ours, then those of whole secrets and config maps, then the container's own; a later one takes the place of an earlier.
pub fn of(container: &Container, input: &StepInput) -> Result<Vec<(String, String)>> {
    let mut all: Vec<(String, String)> =
        contract(input, "/kratix").into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    for from in &container.env_from {
        let (secret, source) = match (&from.secret_ref, &from.config_map_ref) {
            (Some(source), _) => (true, source),
            (None, Some(source)) => (false, source),
            (None, None) => continue,
        };
        for (key, bytes) in input.given.values(secret, source, input)? {
            // as in Kubernetes, a key that is no name of a variable is left out
            if let Ok(value) = String::from_utf8(bytes)
                && !key.contains('=')
            {
                set(&mut all, format!("{}{key}", from.prefix), value)?;
            }
        }
    }
    for variable in &container.env {
        if let Some(value) = value(variable, &all, input)? {
            set(&mut all, variable.name.clone(), value)?;
        }
    }
    Ok(all)
}

fn set(all: &mut Vec<(String, String)>, name: String, value: String) -> Result<()> {
    if name.starts_with("KRATIX_")
        || name.starts_with("MIDSPAN_")
        || name.contains(['\0', '\n', '='])
        || value.contains('\0')
    {
        return Err(Error::bad_request(format!("the variable {name:?} cannot be set")));
    }
    all.retain(|(old, _)| *old != name);
    all.push((name, value));
    Ok(())
}

fn value(variable: &Variable, before: &[(String, String)], input: &StepInput) -> Result<Option<String>> {
    let Some(from) = &variable.value_from else {
        return Ok(Some(expand(variable.value.as_deref().unwrap_or_default(), before)));
    };
    match (&from.secret_key_ref, &from.config_map_key_ref, &from.field_ref) {
        (Some(key), ..) => input.given.value(true, key, input),
        (_, Some(key), _) => input.given.value(false, key, input),
        (.., Some(field)) => Ok(match field.field_path.as_str() {
            "metadata.namespace" => Some(input.object.metadata.namespace.clone()),
            "metadata.name" => Some(input.run.clone()),
            "metadata.uid" => Some(input.idempotency_key.clone()),
            _ => None,
        }),
        _ => Ok(None),
    }
}

/// `$(NAME)` is the variable's value, `$$` one dollar; a name that is not set stays as it is written.
pub fn expand(text: &str, variables: &[(String, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
            match variables.iter().find(|(known, _)| known == name) {
                Some((_, value)) => out.push_str(value),
                None => out.push_str(&format!("$({name})")),
            }
            rest = after;
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(expand(text, &[("A".into(), "1".into())]), expected);
    }

    #[test]
    fn references_are_filled_in_as_kubernetes_does() {
        check("x$(A)y", "x1y");
        check("$$(A)", "$(A)");
        check("$(B) $ $A $(", "$(B) $ $A $(");
    }
}
