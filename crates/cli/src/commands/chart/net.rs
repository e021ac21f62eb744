//! What the commands share that talk to servers: Helm's files, connections, repositories,
//! registries. Nothing else of the program may use this module.

mod archive;
mod getter;
mod homes;
mod oci;
mod reference;
mod repositories;
mod schemas;
mod servers;

pub(super) use archive::{Archive, Downloader, Provenance};
pub(super) use getter::at_url;
pub(super) use homes::{HomeArgs, Homes, home, write_at_once};
pub(super) use oci::{Oci, credentials, pulled};
pub(super) use reference::{OciReference, is_oci};
pub(super) use repositories::{
    cached_index, index_url, lock_repositories, read_repositories, remove_cached, update_index,
    write_repositories,
};
pub(super) use schemas::SchemasOfWeb;
pub(super) use servers::{ServerArgs, TlsFiles, client, registry_failure};
