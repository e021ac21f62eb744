//! Which objects a change applies to.

use plimsoll_k8s::Object;
use plimsoll_yaml::{Kind, Node, Tree};

/// The most nodes of one object that are searched for images.
const MAX_SEARCHED: usize = 20_000;

/// What targets look at in an object.
#[derive(Clone, Debug, Default)]
pub(super) struct ObjectInfo {
    pub(super) kind: String,
    pub(super) name: String,
    /// `None` where nothing but kind and name is known.
    details: Option<Details>,
}

#[derive(Clone, Debug, Default)]
struct Details {
    group: String,
    version: String,
    namespace: Option<String>,
    labels: Vec<(String, String)>,
    annotations: Vec<(String, String)>,
    /// Names of images, without tag and digest.
    images: Vec<String>,
}

impl ObjectInfo {
    /// An object of which only these are known.
    pub(super) fn unknown(kind: &str, name: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
            details: None,
        }
    }

    /// Whether it uses an image of this name.
    pub(super) fn may_use_image(&self, name: &str) -> bool {
        self.details
            .as_ref()
            .is_none_or(|d| d.images.iter().any(|image| image == name))
    }
}

/// What is known of the objects in a tree.
pub(super) fn objects(tree: &Tree) -> Vec<ObjectInfo> {
    plimsoll_k8s::objects(tree).into_iter().map(info).collect()
}

fn info(object: Object<'_>) -> ObjectInfo {
    let pairs = |key: &str| -> Vec<(String, String)> {
        let labels = object.metadata().and_then(|node| node.get(key));
        let entries = labels.into_iter().flat_map(Node::merged_entries);
        let pair = |entry: plimsoll_yaml::Entry<'_>| {
            let key = entry.key.resolve().text()?.into_owned();
            Some((key, entry.value.resolve().text()?.into_owned()))
        };
        entries.filter_map(pair).collect()
    };
    ObjectInfo {
        kind: object.kind().into_owned(),
        name: object.name().unwrap_or_default().into_owned(),
        details: Some(Details {
            group: object.group().into_owned(),
            version: object.version(),
            namespace: object.namespace().map(std::borrow::Cow::into_owned),
            labels: pairs("labels"),
            annotations: pairs("annotations"),
            images: images(object.node()),
        }),
    }
}

/// The names of all images below a node, wherever they stand: Kustomize looks for containers at
/// any depth.
fn images(root: Node<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![root];
    for _ in 0..MAX_SEARCHED {
        let Some(node) = left.pop() else { break };
        let node = node.resolve();
        match node.kind() {
            Kind::Mapping => {
                for entry in node.entries() {
                    match entry.key.resolve().text().as_deref() {
                        Some("image") => found.extend(entry.value.text().map(|t| image_name(&t))),
                        _ => left.push(entry.value),
                    }
                }
            }
            Kind::Sequence => left.extend(node.items()),
            _ => {}
        }
    }
    found
}

/// A reference without tag and digest.
fn image_name(reference: &str) -> String {
    let name = reference.split('@').next().unwrap_or_default();
    match name.rfind(':') {
        Some(at) if !name[at..].contains('/') => name[..at].to_owned(),
        _ => name.to_owned(),
    }
}

/// A selector of objects; what is not said matches all.
#[derive(Clone, Debug, Default)]
pub(super) struct Target {
    pub(super) group: Option<Pattern>,
    pub(super) version: Option<Pattern>,
    pub(super) kind: Option<Pattern>,
    pub(super) name: Option<Pattern>,
    pub(super) namespace: Option<Pattern>,
    pub(super) labels: Option<String>,
    pub(super) annotations: Option<String>,
}

impl Target {
    /// The target written at `node`, a mapping.
    pub(super) fn read(node: Node<'_>) -> Self {
        let text = |key: &str| {
            let text = node.present(key)?.text()?.into_owned();
            Some(text).filter(|text| !text.is_empty())
        };
        let pattern = |key: &str| text(key).map(|text| Pattern::new(&text));
        Self {
            group: pattern("group"),
            version: pattern("version"),
            kind: pattern("kind"),
            name: pattern("name"),
            namespace: pattern("namespace"),
            labels: text("labelSelector"),
            annotations: text("annotationSelector"),
        }
    }

    /// Just this kind and name.
    pub(super) fn exactly(kind: Option<String>, name: Option<String>) -> Self {
        let literal = |text: Option<String>| text.map(Pattern::Literal);
        Self {
            kind: literal(kind),
            name: literal(name),
            ..Self::default()
        }
    }

    /// Whether it may select the object. `renames`: names may have got a prefix or suffix by the
    /// time the selector is applied.
    pub(super) fn selects(&self, object: &ObjectInfo, renames: bool) -> bool {
        let fits = |pattern: &Option<Pattern>, text: &str| {
            pattern
                .as_ref()
                .is_none_or(|pattern| pattern.may_match(text))
        };
        let name = fits(&self.name, &object.name)
            || renames
                && self
                    .name
                    .as_ref()
                    .is_some_and(|pattern| pattern.may_contain(&object.name));
        if !name || !fits(&self.kind, &object.kind) {
            return false;
        }
        let Some(details) = &object.details else {
            return true;
        };
        fits(&self.group, &details.group)
            && fits(&self.version, &details.version)
            // An overlay may have set the namespace before the selector is applied.
            && details.namespace.as_deref().is_none_or(|ns| fits(&self.namespace, ns))
            && self.labels.as_deref().is_none_or(|text| may_select(text, &details.labels))
            && self.annotations.as_deref().is_none_or(|text| may_select(text, &details.annotations))
    }
}

/// Whether a selector such as `app=web,tier!=db` may select something with these labels. Labels
/// that overlays add are not known, so only a different value speaks against it.
fn may_select(selector: &str, labels: &[(String, String)]) -> bool {
    selector.split(',').all(|part| {
        let Some((key, wanted)) = part.split_once('=') else {
            return true;
        };
        let wanted = wanted.strip_prefix('=').unwrap_or(wanted).trim();
        let (key, negated) = match key.trim().strip_suffix('!') {
            Some(key) => (key.trim(), true),
            None => (key.trim(), false),
        };
        let found = labels.iter().find(|(name, _)| name == key);
        found.is_none_or(|(_, value)| (value == wanted) != negated)
    })
}

/// A regular expression that must match the whole text, as far as it is understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Pattern {
    /// No character of it is special.
    Literal(String),
    /// Alternatives of literal parts with `.*` between them.
    Parts(Vec<Vec<String>>),
    /// Anything else.
    Unknown,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        const SPECIAL: [char; 13] = [
            '.', '*', '|', '(', ')', '[', ']', '{', '}', '+', '?', '^', '\\',
        ];
        let inner = text.strip_prefix('^').unwrap_or(text);
        let inner = inner.strip_suffix('$').unwrap_or(inner);
        if !inner.contains(SPECIAL) && !inner.contains('$') {
            return Self::Literal(inner.to_owned());
        }
        let inner = match inner
            .strip_prefix('(')
            .and_then(|rest| rest.strip_suffix(')'))
        {
            Some(group) if !group.contains(['(', ')']) => group,
            _ => inner,
        };
        let alternatives: Vec<Vec<String>> = inner
            .split('|')
            .map(|one| one.split(".*").map(str::to_owned).collect())
            .collect();
        // A single dot matches itself too, so that it may stand for itself here.
        let is_plain = |part: &String| !part.replace('.', "").contains(SPECIAL);
        if alternatives.iter().flatten().all(is_plain) && !inner.contains('$') {
            Self::Parts(alternatives)
        } else {
            Self::Unknown
        }
    }

    fn may_match(&self, text: &str) -> bool {
        match self {
            Self::Literal(literal) => literal == text,
            Self::Parts(alternatives) => alternatives.iter().any(|parts| parts_match(parts, text)),
            Self::Unknown => true,
        }
    }

    /// Whether it may match a text that holds this one.
    fn may_contain(&self, text: &str) -> bool {
        match self {
            Self::Literal(literal) => literal.contains(text),
            Self::Parts(_) | Self::Unknown => true,
        }
    }
}

/// Whether the text begins with the first part, ends with the last and holds the others between,
/// in order. A dot in a part matches any character.
fn parts_match(parts: &[String], text: &str) -> bool {
    let same = |part: &str, text: &str| {
        part.chars().count() == text.chars().count()
            && part
                .chars()
                .zip(text.chars())
                .all(|(p, c)| p == '.' || p == c)
    };
    let prefix = |part: &str, text: &str| {
        let end = text
            .char_indices()
            .nth(part.chars().count())
            .map_or(text.len(), |(at, _)| at);
        same(part, &text[..end]).then_some(end)
    };
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
        return false;
    };
    if parts.len() == 1 {
        return same(first, text);
    }
    let Some(end) = prefix(first, text) else {
        return false;
    };
    let mut rest = &text[end..];
    for part in &parts[1..parts.len() - 1] {
        let starts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
        let found = starts
            .into_iter()
            .find_map(|at| Some(at + prefix(part, &rest[at..])?));
        let Some(after) = found else { return false };
        rest = &rest[after..];
    }
    let mut ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    ends.any(|at| same(last, &rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::{Pattern, image_name, may_select};

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text, expected) in [
            ("web", "web", true),
            ("web", "web2", false),
            ("^web$", "web", true),
            (".*", "", true),
            (".*", "x", true),
            ("web.*", "web-1", true),
            ("web.*", "aweb", false),
            (".*-api", "pay-api", true),
            (".*-api", "pay-apis", false),
            ("a.*b.*c", "a1b2c", true),
            ("a.*b.*c", "a1c2b", false),
            ("Deployment|StatefulSet", "StatefulSet", true),
            ("(Deployment|StatefulSet)", "Job", false),
            ("w.b", "web", true),
            ("w.b", "wb", false),
            ("[a-z]+", "1", true),
        ] {
            assert_eq!(
                Pattern::new(pattern).may_match(text),
                expected,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn only_another_value_speaks_against_a_selector() {
        let labels = [("app".to_owned(), "web".to_owned())];
        for (selector, expected) in [
            ("app=web", true),
            ("app==web,tier=db", true),
            ("app=api", false),
            ("app!=web", false),
            ("app in (a,b)", true),
        ] {
            assert_eq!(may_select(selector, &labels), expected, "{selector}");
        }
    }

    #[test]
    fn image_names_have_no_tag() {
        for (reference, name) in [
            ("nginx", "nginx"),
            ("nginx:1.29", "nginx"),
            ("host:5000/a/b", "host:5000/a/b"),
            ("host:5000/a/b:v1@sha256:00", "host:5000/a/b"),
        ] {
            assert_eq!(image_name(reference), name);
        }
    }
}
