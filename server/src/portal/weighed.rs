//! Why a resource is where it is, for pages: the rule's own table.

use app::parts::weighed::{Weighed, Weighing};
use domain::plan::Choice;

pub fn weighed(choices: &[Choice]) -> Vec<Weighing> {
    let each = |choice: &Choice| Weighing {
        of: match choice.directory.as_str() {
            "" => choice.pipeline.clone(),
            directory => format!("{}, directory {directory}", choice.pipeline),
        },
        asks: choice.asks.clone(),
        rows: choice
            .destinations
            .iter()
            .map(|look| Weighed {
                destination: look.destination.clone(),
                says: look.says.clone(),
                is_chosen: look.chosen,
            })
            .collect(),
    };
    choices.iter().map(each).collect()
}
