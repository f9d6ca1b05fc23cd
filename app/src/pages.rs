//! The pages, one per file: each defines what it shows and draws it.

pub mod catalog;
pub mod delete;
pub mod files;
pub mod form;
pub mod history;
pub mod home;
pub mod promise;
pub mod request;
pub mod resource;
pub mod resources;
pub mod run;
pub mod runs;
