//! SealedSecrets, as the controller of sealed-secrets opens them.
//!
//! The format follows `HybridEncrypt` and `NewSealedSecret` of github.com/bitnami/sealed-secrets
//! 0.40: a fresh AES-256 key for each value, sealed with RSA-OAEP (SHA-256) for the cluster's
//! certificate, under a label that ties the value to where it may be opened. Pure: the text of
//! certificate and Secret, the moment and the chance are given to it. It cannot open anything.

mod certificate;
mod cipher;
mod merge;
mod object;
mod read;
mod write;

pub use certificate::{Certificate, CertificateError};
pub use merge::{MergeError, identity, merge};
pub use object::{Meta, Scope, SealError, Secret, seal};
pub use read::{ReadError, env_file, secrets};
pub use write::{json, yaml};

/// Fills bytes with chance that nobody can foresee.
pub trait Random {
    /// Fills all of them.
    fn fill(&mut self, bytes: &mut [u8]);
}
