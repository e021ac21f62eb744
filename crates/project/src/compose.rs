//! Compose projects: the files of a folder as Compose sees them together.

pub use plimsoll_compose::resolve::{
    Category, Format, Notice, Reason, Records, Refusal, Request, Resolved, Spot, Surroundings,
    TemplateVariable, Unresolved, resolve,
};
