//! The face of Midspan: pages, parts and islands. Every page works without JavaScript.

pub mod form;
pub mod pages;
pub mod paths;
pub mod portal;
pub mod times;
pub mod view;
