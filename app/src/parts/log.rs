//! A step's log: numbered lines with an address each. The live island appends what is new.

use leptos::prelude::*;

use crate::{
    counts::count,
    paths, times,
    view::{LogLine, StepView},
};

/// The last lines of a step's log, with the way to all of them.
pub fn log(run: &str, step: &StepView) -> impl IntoView {
    let id = step.id();
    let shown = u64::try_from(step.log.len()).unwrap_or(u64::MAX);
    let cut = (shown < step.log_total).then(
        || view! { <p class="note">{format!("Showing the last {shown} of {}.", count(step.log_total, "line"))}</p> },
    );
    let lines = step.log.iter().map(|line| log_line(&id, line)).collect_view();
    view! {
        <div class="log">
            <div class="log-head">
                {cut}
                <a class="log-raw" href=paths::raw_log(run, &step.pipeline, &step.name)>"Raw log"</a>
            </div>
            <div
                class="log-lines"
                role="log"
                aria-label=format!("Log of {}", step.name)
                tabindex="0"
                id=format!("log-{id}")
                data-log=""
            >
                <ol>{lines}</ol>
            </div>
        </div>
    }
}

fn log_line(step: &str, line: &LogLine) -> impl IntoView + use<> {
    let id = format!("{step}-L{}", line.number);
    view! {
        <li class="log-line" id=id.clone() data-error=line.is_error.then_some("")>
            <a class="log-number" href=format!("#{id}") aria-label=format!("Line {}", line.number)>{line.number}</a>
            <span class="log-time">{times::time_of_day(line.at)}</span>
            <span class="log-text">{line.text.clone()}</span>
        </li>
    }
}
