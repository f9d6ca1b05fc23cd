//! Conditions: the small facts in `status.conditions` that `wait --for=condition=…` and people read.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Truth {
    True,
    False,
    #[default]
    Unknown,
}

impl From<bool> for Truth {
    fn from(yes: bool) -> Self {
        if yes { Self::True } else { Self::False }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    #[serde(rename = "type")]
    pub kind: String,
    pub status: Truth,
    /// One CamelCase word for machines.
    pub reason: String,
    /// One sentence for people.
    #[serde(default)]
    pub message: String,
    #[serde(default)]
    pub last_transition_time: Timestamp,
    #[serde(default)]
    pub observed_generation: i64,
}

/// Sets a condition in place. The transition time moves only when the status does.
pub fn set(conditions: &mut Vec<Condition>, mut new: Condition) {
    match conditions.iter_mut().find(|old| old.kind == new.kind) {
        Some(old) => {
            if old.status == new.status {
                new.last_transition_time = old.last_transition_time;
            }
            *old = new;
        }
        None => conditions.push(new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transition_time_moves_only_with_the_status() {
        let at = |micros, status, message: &str| Condition {
            kind: "Ready".into(),
            status,
            reason: "R".into(),
            message: message.into(),
            last_transition_time: Timestamp::from_micros(micros),
            observed_generation: 1,
        };
        let mut conditions = vec![at(1, Truth::False, "a")];
        set(&mut conditions, at(2, Truth::False, "b"));
        assert_eq!((conditions[0].last_transition_time.micros(), conditions[0].message.as_str()), (1, "b"));
        set(&mut conditions, at(3, Truth::True, "c"));
        assert_eq!(conditions[0].last_transition_time.micros(), 3);
    }
}
