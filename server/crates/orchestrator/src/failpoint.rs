//! Named places where a debug build can be told to die, so that a test can crash it at every one of them. A release build has none of this.
//!
//! `list` prints each place as it is passed; `name:3` ends the process, as `kill -9` would, when the place is passed for the third time;
//! `name:3:panic` panics there instead.

#[cfg(debug_assertions)]
pub(crate) use armed::{arm, pass};

#[cfg(debug_assertions)]
mod armed {
    use std::sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    };

    /// One for the process, because it is the process that dies.
    static SETTING: OnceLock<Setting> = OnceLock::new();

    enum Setting {
        List,
        Strike { name: String, nth: u32, panics: bool, passed: AtomicU32 },
    }

    /// The first setting of a process counts.
    pub fn arm(setting: &str) {
        let mut parts = setting.split(':');
        let name = parts.next().unwrap_or_default().to_owned();
        let nth = parts.next().and_then(|nth| nth.parse().ok()).unwrap_or(1);
        let panics = parts.next() == Some("panic");
        let strike = || Setting::Strike { name, nth, panics, passed: AtomicU32::new(0) };
        SETTING.get_or_init(|| if setting == "list" { Setting::List } else { strike() });
    }

    pub fn pass(place: &str) {
        match SETTING.get() {
            Some(Setting::List) => eprintln!("failpoint {place}"),
            Some(Setting::Strike { name, nth, panics, passed })
                if name == place && passed.fetch_add(1, Ordering::Relaxed) + 1 == *nth =>
            {
                assert!(!panics, "failpoint {place}:{nth}");
                eprintln!("failpoint {place}:{nth} ends the process");
                std::process::abort();
            }
            Some(Setting::Strike { .. }) | None => {}
        }
    }
}

#[cfg(not(debug_assertions))]
pub(crate) fn arm(_: &str) {}

#[cfg(not(debug_assertions))]
#[inline(always)]
pub(crate) fn pass(_: &str) {}
