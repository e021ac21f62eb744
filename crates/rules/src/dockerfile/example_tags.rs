//! Tags that exist, to show how a release is named.

use plimsoll_oci::Reference;

/// The images that most files use, with a release that is supported as of 2026-11. Sorted.
const TAGS: &[(&str, &str)] = &[
    ("alpine", "3.23"),
    ("busybox", "1.37"),
    ("debian", "13-slim"),
    ("golang", "1.27"),
    ("httpd", "2.4"),
    ("mariadb", "11.8"),
    ("memcached", "1.6"),
    ("mongo", "8.0"),
    ("mysql", "8.4"),
    ("nginx", "1.28"),
    ("node", "24-slim"),
    ("php", "8.4"),
    ("postgres", "18"),
    ("python", "3.13-slim"),
    ("redis", "8.2"),
    ("ruby", "3.4-slim"),
    ("ubuntu", "24.04"),
];

/// The image with a tag that exists, where one is known.
pub(crate) fn example(image: &Reference) -> Option<String> {
    let at = TAGS.binary_search_by_key(&image.name(), |(name, _)| name);
    let (_, tag) = TAGS.get(at.ok()?).filter(|_| image.is_official())?;
    Some(format!("{}:{tag}", image.familiar()))
}

#[cfg(test)]
mod tests {
    use plimsoll_oci::Reference;

    use super::super::releases::release;
    use super::{TAGS, example};

    #[test]
    fn examples_are_of_the_same_image_and_not_past_their_end() {
        assert!(TAGS.is_sorted());
        let of = |image: &str| example(&Reference::parse(image).unwrap());
        assert_eq!(of("redis").as_deref(), Some("redis:8.2"));
        assert_eq!(of("acme/redis"), None);
        let day = crate::Date::new(2026, 11, 24);
        for (image, tag) in TAGS {
            assert!(
                release(image, tag).is_none_or(|row| row.end > day),
                "{image}"
            );
        }
    }
}
