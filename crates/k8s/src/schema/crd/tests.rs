//! Custom resources against definitions of ours.
