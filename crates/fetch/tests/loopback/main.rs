//! The client against servers on loopback that do what servers should not do, too.

mod http;
mod proxy;
mod registry;
mod server;
mod tls;
