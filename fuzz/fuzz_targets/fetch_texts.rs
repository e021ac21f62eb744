//! What a server says of itself: challenges, URLs and manifests, from any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use plimsoll_fetch::Url;
use plimsoll_fetch::registry::{Document, challenges, is_repository};

fuzz_target!(|bytes: &[u8]| {
    let _ = Document::parse(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    for challenge in challenges(text) {
        assert!(!challenge.scheme.is_empty());
    }
    let _ = is_repository(text);
    let base = Url::parse("https://user:secret@host/a/b?c").expect("a URL");
    for url in [Url::parse(text), base.join(text)].into_iter().flatten() {
        let shown = url.to_string();
        assert!(shown.is_ascii() || shown.contains('…'), "{shown}");
        // What is shown of a URL without a query is that URL again.
        if !shown.contains('…') {
            let again = Url::parse(&shown).expect("a shown URL is one");
            assert_eq!(again.to_string(), shown);
        }
    }
});
