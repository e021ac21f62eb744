//! Values: their order, coalescing and where each was written.
