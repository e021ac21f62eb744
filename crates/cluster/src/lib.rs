//! A cluster's API server: where it is and who asks, by kubeconfigs ([`Kubeconfig`]), by the service
//! account of a pod ([`Access::of_pod`]) or by an address, and what it answers ([`Api`]).
//!
//! Invariants: nothing is asked but `GET`, so nothing is changed; every answer has a bound; tokens,
//! keys and passwords are in no message. Kubeconfigs are texts here: of files, only those that a
//! kubeconfig names are read, and of programs, only the one that it names for its user is run.

mod api;
mod exec;
mod kubeconfig;

pub use api::{Api, ApiError};
pub use kubeconfig::{
    Access, ConnectError, Identity, Kubeconfig, KubeconfigError, Material, SERVICE_ACCOUNT,
};
