//! One service across all its files: which Dockerfile and stage builds which image, what runs
//! it, and which Kubernetes object refers to which.
//!
//! [`Links::new`] looks at a whole project once and gives a graph. Its nodes are [`Thing`]s
//! (stages of Dockerfiles, images by name, Compose services, Kubernetes objects); an edge is a
//! [`Link`] with the place where it is written, the [`Evidence`] for it and how sure it is.
//! [`References`] answers the opposite question: what an object names that nothing in reach
//! defines, and whether something outside the files may define it.
//!
//! Two files need not belong together. [`worlds`] says which do: an overlay for production and
//! one for development, or two examples in sibling folders, never meet. The nearest match wins.
//!
//! This crate reports nothing and reads no file except through the project's tree.

pub mod evidence;
pub mod facts;
mod graph;
mod images;
mod known;
pub mod model;
mod objects;

mod references;

pub mod worlds;

pub use graph::Links;
pub use known::{is_official, is_public};
pub use model::{Evidence, Link, LinkKind, Part, Thing, ThingId};
pub use objects::{By, Definition, Keys, ObjectRef, Objects};
pub use references::{Pods, Reference, References, Resolution, Target};
pub use worlds::{Distance, Worlds};
