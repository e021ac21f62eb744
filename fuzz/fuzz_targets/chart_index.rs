//! What repositories say of charts: indexes, lists of repositories, lock files, and keyrings.

#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_helm::signed::Keyring;
use plimsoll_helm::repository::{Index, Lock, Repositories, resolve_url, same_url};

fuzz_target!(|bytes: &[u8]| {
    if let Ok((index, _)) = Index::parse(bytes) {
        for (name, versions) in &index.entries {
            if let Some(first) = versions.first() {
                let _ = index.get(name, &first.metadata.version);
            }
            let _ = index.get(name, "");
        }
        // What is written is read again, and written the same.
        let text = index.to_yaml();
        let (again, _) = Index::parse(text.as_bytes()).expect("what is written is an index");
        assert_eq!(again.to_yaml(), text);
        let _ = index.to_json();
    }
    if let Ok(list) = Repositories::parse(bytes) {
        let text = list.to_yaml();
        let again = Repositories::parse(text.as_bytes()).expect("what is written is a list");
        assert_eq!(again.to_yaml(), text);
    }
    if let Ok(lock) = Lock::parse(bytes) {
        let _ = Lock::digest_of(&lock.dependencies, &lock.dependencies);
        let _ = lock.to_yaml();
    }
    if let Ok(keyring) = Keyring::read(bytes) {
        let _ = keyring.verify(b"archive", bytes, "a-1.tgz", 0);
    }
    if let Some((one, other)) = std::str::from_utf8(bytes).ok().and_then(|text| text.split_once(' ')) {
        let _ = resolve_url(one, other);
        let _ = same_url(one, other);
    }
});
