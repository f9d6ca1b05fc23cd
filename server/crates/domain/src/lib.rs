//! domain
pub mod binding;
pub mod caller;
pub mod condition;
pub mod destination;
pub mod digest;
pub mod document;
pub mod error;
pub mod event;
pub mod facets;
pub mod name;
pub mod object;
pub mod placement;
pub mod plan;
pub mod promise;
pub mod reason;
pub mod request;
pub mod run;
pub mod selector;
pub mod status;
pub mod time;
pub mod work;
pub mod workflow;

pub use caller::Caller;
pub use digest::Digest;
pub use error::{Cause, Error, ErrorKind, Result};
pub use object::{Kind, Metadata, Object, Typed};
pub use time::{Clock, SystemClock, Timestamp};
