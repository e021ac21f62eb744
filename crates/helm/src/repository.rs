//! Where charts come from: indexes of repositories, the user's list of repositories, lock files,
//! and what is written to a registry. Pure: bytes in, bytes out.

mod index;
mod list;
mod lock;
mod oci;
mod time;
mod urls;

pub use index::{Found, Index, IndexEntry, IndexError, is_version_range};
pub use list::{Repositories, Repository};
pub use lock::{Lock, legacy_digest};
pub use oci::{
    CHART_LAYER, CONFIG, LEGACY_CHART_LAYER, MANIFEST, PROVENANCE_LAYER, Pushed, newest_tag,
    tag_of_version, versions_of_tags,
};
pub use time::{in_zone, rfc3339};
pub use urls::{join_url, resolve_url, same_url, url_scheme, without_secrets};
