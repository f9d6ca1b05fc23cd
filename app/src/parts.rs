//! The parts pages are made of: no data access, no state, one idea per file.

pub mod banner;
pub mod button;
pub mod chip;
pub mod code;
pub mod diff;
pub mod empty;
pub mod facts;
pub mod field;
pub mod frame;
pub mod graph;
pub mod icon;
pub mod log;
pub mod moment;
pub mod pager;
pub mod palette;
pub mod steps;
pub mod table;
pub mod tallies;
pub mod timeline;
pub mod weighed;
