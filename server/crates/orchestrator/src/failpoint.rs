//! Named places where a debug build can be told to die, so that a test can crash it at every one of them. A release build has none of this.
//!
//! `list` prints each place as it is passed; `name:3` ends the process, as `kill -9` would, when the place is passed for the third time.

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
        Abort { name: String, nth: u32, passed: AtomicU32 },
    }

    /// The first setting of a process counts.
    pub fn arm(setting: &str) {
        let (name, nth) = setting.split_once(':').unwrap_or((setting, "1"));
        let abort =
            || Setting::Abort { name: name.to_owned(), nth: nth.parse().unwrap_or(1), passed: AtomicU32::new(0) };
        SETTING.get_or_init(|| if setting == "list" { Setting::List } else { abort() });
    }

    pub fn pass(place: &str) {
        match SETTING.get() {
            Some(Setting::List) => eprintln!("failpoint {place}"),
            Some(Setting::Abort { name, nth, passed })
                if name == place && passed.fetch_add(1, Ordering::Relaxed) + 1 == *nth =>
            {
                eprintln!("failpoint {place}:{nth} ends the process");
                std::process::abort();
            }
            Some(Setting::Abort { .. }) | None => {}
        }
    }
}

#[cfg(not(debug_assertions))]
pub(crate) fn arm(_: &str) {}

#[cfg(not(debug_assertions))]
#[inline(always)]
pub(crate) fn pass(_: &str) {}
