//! What the islands do in the browser.

pub mod combobox;
pub mod comforts;
pub mod form;
pub mod keys;
pub mod page;
pub mod palette;
pub mod pan;
pub mod stream;
