//! Steps of the fake's runs: one that goes on, one that failed.

use app::view::{LogLine, Phase, StepView};

use super::data::ago;

fn lines(texts: &[&str], from: i64) -> Vec<LogLine> {
    texts
        .iter()
        .zip(1..)
        .map(|(text, number)| LogLine {
            number,
            at: ago(from - i64::try_from(number).unwrap_or(0)),
            is_error: text.contains("503"),
            text: (*text).to_owned(),
        })
        .collect()
}

fn step(name: &str, uses: &str, phase: Phase, log: Vec<LogLine>) -> StepView {
    StepView {
        pipeline: "render".into(),
        name: name.into(),
        uses: uses.into(),
        phase,
        attempt: 1,
        max_attempts: 5,
        started: (phase != Phase::Pending).then(|| ago(13)),
        finished: (phase == Phase::Succeeded).then(|| ago(12)),
        log_total: u64::try_from(log.len()).unwrap_or(0),
        log,
        ..StepView::default()
    }
}

pub fn running_steps() -> Vec<StepView> {
    vec![
        step(
            "manifests",
            "template",
            Phase::Succeeded,
            lines(&["rendered cluster.yaml (38 lines)", "rendered network.yaml (21 lines)"], 14),
        ),
        step(
            "check-capacity",
            "command",
            Phase::Running,
            lines(
                &[
                    "asking zone a: 12 of 40 cores free",
                    "asking zone b: 3 of 40 cores free",
                    "waiting for the scheduler's answer …",
                ],
                12,
            ),
        ),
        step("register", "http", Phase::Pending, Vec::new()),
    ]
}

pub fn failed_steps() -> Vec<StepView> {
    let failed = StepView {
        attempt: 5,
        finished: Some(ago(258)),
        started: Some(ago(300)),
        message: "POST https://registry.example.com/services answered 503 Service Unavailable: upstream connect error."
            .into(),
        hint: "The registry is often restarted on Sunday afternoons; run again in some minutes.".into(),
        ..step(
            "register",
            "http",
            Phase::Failed,
            lines(
                &[
                    "POST https://registry.example.com/services",
                    "503 Service Unavailable: upstream connect error",
                    "next attempt in 2 s",
                    "503 Service Unavailable: upstream connect error",
                    "giving up after 5 attempts",
                ],
                300,
            ),
        )
    };
    vec![step("manifests", "template", Phase::Succeeded, Vec::new()), failed]
}
