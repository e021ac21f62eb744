//! The walk, by what it says of small objects.
