//! Values that are not there and documented all the same: as a comment in `values.yaml`, or in the
//! schema.

use plimsoll_helm::chart::Chart;
use plimsoll_helm::reading::Reading;
use plimsoll_helm::values::{Item, read_document};
use plimsoll_yaml::Tree;

/// What documents values.
pub(super) struct Documented<'v> {
    pub(super) tree: Option<&'v Tree>,
    pub(super) schema: Option<&'v Item>,
    /// Files of values of other names beside `values.yaml`, which are given with `-f`.
    pub(super) others: Vec<Item>,
}

/// The files of values in a chart's folder that are called otherwise than Helm's users call them,
/// such as `shop-values.yaml`.
pub(super) fn others(chart: &Chart) -> Vec<Item> {
    let is_one = |name: &str| {
        let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
        is_yaml && name.contains("values") && !name.contains('/') && name != "values.yaml"
    };
    let files = chart.raw.iter().filter(|file| is_one(&file.name));
    files
        .filter_map(|file| read_document(&file.data).ok())
        .collect()
}

impl Documented<'_> {
    /// Whether a value that no values define is documented.
    pub(super) fn has(&self, reading: &Reading, path: &[&str]) -> bool {
        let missing = (0..path.len()).find(|&len| !reading.paths.has(&path[..=len]));
        let Some(missing) = missing else { return true };
        let in_file = |file: &Item| {
            let keys = path[..=missing].iter();
            let mut at = Some(file);
            keys.for_each(|key| at = at.and_then(|item| item.data.get(key)));
            at.is_some()
        };
        self.in_comments(&path[missing..])
            || self.in_schema(&path[..=missing])
            || self.others.iter().any(in_file)
    }

    /// Whether comments name the keys: `# key:`, or the path in prose.
    pub(super) fn in_comments(&self, keys: &[&str]) -> bool {
        let Some(tree) = self.tree else { return false };
        let text = tree.text();
        let dotted = keys.join(".");
        keys.iter().take(1).any(|key| {
            tree.comments().iter().any(|comment| {
                let line = comment.range.of(text);
                names(line, key) || keys.len() > 1 && line.contains(&dotted)
            })
        })
    }

    /// Whether the schema has the property.
    fn in_schema(&self, path: &[&str]) -> bool {
        let Some(schema) = self.schema else {
            return false;
        };
        let mut at = schema;
        for key in path {
            // What another part describes is not looked for.
            if at.data.get("$ref").is_some() {
                return true;
            }
            let next = at.data.get("properties").and_then(|all| all.data.get(key));
            match next {
                Some(next) => at = next,
                None => return false,
            }
        }
        true
    }
}

/// Whether a comment has `key` as a word: before a colon, or in quotes, or in a path, or as what
/// a sentence is about. A word that is no word of a language, such as `containerImage`, is the key
/// wherever it stands.
fn names(comment: &str, key: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let is_coined = key.chars().skip(1).any(|c| c.is_uppercase() || c == '_')
        && key.chars().any(char::is_lowercase);
    comment.match_indices(key).any(|(at, _)| {
        let before = comment[..at].chars().next_back();
        let after = &comment[at + key.len()..];
        let starts = before.is_none_or(|c| !is_word(c));
        let ends = after.chars().next().is_none_or(|c| !is_word(c));
        let is_key = after.trim_start().starts_with(':');
        let is_quoted = before.is_some_and(|c| "`'\".".contains(c));
        let is_first = comment[..at].chars().all(|c| "#-* ".contains(c));
        let is_told_of = is_first
            && [" is ", " (", " - "]
                .iter()
                .any(|word| after.starts_with(word));
        starts && ends && (is_key || is_quoted || is_told_of || is_coined)
    })
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn comments_name_keys() {
        assert!(names("#   tls:", "tls"));
        assert!(names("# set `tls` to turn it on", "tls"));
        assert!(names("## @param server.tls how", "tls"));
        assert!(names("# tls is a map of certificates", "tls"));
        assert!(names(
            "# The map containerImage says which",
            "containerImage"
        ));
        assert!(!names("# when tls is spoken", "tls"));
        assert!(!names("# my-tls: 1", "tls"));
    }
}
