//! How resources stand, as lists and fleets are filtered and counted: by what somebody would do about it.

use app::view::Facet;

/// The word in addresses, the word people read, and what the store counts under it.
const STATES: [(&str, &str, &[&str]); 7] = [
    ("ready", "Ready", &["Ready"]),
    ("progressing", "Progressing", &["Progressing", "Settling"]),
    ("waiting", "Waiting", &["Pending", "Suspended"]),
    ("degraded", "Degraded", &["Unhealthy", "Unknown"]),
    ("drifted", "Drifted", &["Drifted"]),
    ("failed", "Failed", &["Failed", "Degraded"]),
    ("deleting", "Deleting", &["Deleting"]),
];

/// What a state's word stands for in the store. A word that is none of ours matches nothing.
pub fn stored(word: &str) -> Vec<String> {
    let known = STATES.iter().find(|(known, ..)| *known == word).map_or(&[][..], |(.., stored)| *stored);
    if known.is_empty() { vec![word.to_owned()] } else { known.iter().map(|&stored| stored.to_owned()).collect() }
}

/// The word in addresses for how something stands in the store; empty for none of ours.
pub fn word(stored: &str) -> &'static str {
    STATES.iter().find(|(.., phases)| phases.contains(&stored)).map_or("", |(word, ..)| word)
}

/// Every state with how many stand so, in their order; those without any included.
pub fn counted(by_word: &[(String, i64)]) -> impl Iterator<Item = Facet> {
    STATES.iter().map(|(value, label, stored)| {
        let of_state = by_word.iter().filter(|(word, _)| stored.contains(&word.as_str()));
        let count = of_state.map(|(_, count)| u64::try_from(*count).unwrap_or(0)).sum();
        Facet { value: (*value).to_owned(), label: (*label).to_owned(), count }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::status::ResourcePhase;

    fn check(by_word: &[(&str, i64)], expected: &str) {
        let by_word: Vec<_> = by_word.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect();
        let told =
            counted(&by_word).filter(|state| state.count > 0).map(|state| format!("{} {}", state.count, state.value));
        assert_eq!(told.collect::<Vec<_>>().join(", "), expected);
    }

    #[test]
    fn states_are_told_by_what_somebody_would_do_about_them() {
        check(
            &[("Ready", 7), ("Pending", 1), ("Progressing", 2), ("Settling", 1), ("Failed", 1), ("Degraded", 1)],
            "7 ready, 3 progressing, 1 waiting, 2 failed",
        );
        check(&[("Unhealthy", 2), ("Unknown", 1), ("Drifted", 1)], "3 degraded, 1 drifted");
    }

    #[test]
    fn every_phase_stands_under_one_word() {
        for phase in ResourcePhase::ALL {
            let of_phase = STATES.iter().filter(|(.., stored)| stored.contains(&phase.as_str()));
            assert_eq!(of_phase.count(), 1, "{}", phase.as_str());
        }
    }

    #[test]
    fn an_unknown_word_matches_nothing() {
        assert_eq!(stored("Ready; drop table"), ["Ready; drop table"]);
    }
}
