//! Compiled steps are kept: a fleet of resources is rendered from a few definitions.

use super::{Program, Shared};
use domain::Result;
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

const MAX_KEPT: usize = 512;

/// The program of a step's `with`, compiled now or earlier. The whole definition is the key: equal definitions are the same program.
pub fn program(with: &Value) -> Result<Shared> {
    static KEPT: LazyLock<Mutex<HashMap<Value, Shared>>> = LazyLock::new(Mutex::default);
    let kept = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(program) = kept().get(with) {
        return Ok(Arc::clone(program));
    }
    let program = Arc::new(Program::compile(with)?);
    let mut kept = kept();
    if kept.len() >= MAX_KEPT {
        kept.clear();
    }
    kept.insert(with.clone(), Arc::clone(&program));
    Ok(program)
}
