//! The real file system: the one module of the pure side that touches the operating system.
