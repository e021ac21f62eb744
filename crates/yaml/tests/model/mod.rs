//! What must hold for any text: the tree's shape, and that an edit does what it says and nothing
//! else. Shared by the property tests and the fuzz targets.

use plimsoll_source::edit::apply;
use plimsoll_source::{Edit, TextRange};
use plimsoll_yaml::{Dialect, Document, Entry, Kind, Node, Style, Tree, edit, parse};

use crate::typed;

/// Checks the tree's shape and asks everything there is to ask.
pub(crate) fn check_tree(tree: &Tree) {
    let text = tree.text();
    let whole = TextRange::at(0, text.len());
    let inside = |range: TextRange| {
        assert!(whole.covers(range), "{range:?} of {}", text.len());
        assert!(
            text.get(range.as_usize()).is_some(),
            "{range:?} cuts a character"
        );
    };
    for error in tree.errors() {
        inside(error.range);
        assert!(!error.message.is_empty());
    }
    let mut last = 0;
    for comment in tree.comments() {
        inside(comment.range);
        assert!(comment.range.of(text).starts_with('#'));
        assert!(!comment.range.of(text).contains('\n'));
        assert!(comment.range.start >= last);
        last = comment.range.end;
    }
    let mut last = 0;
    for document in tree.documents() {
        inside(document.range());
        assert!(document.range().start >= last);
        last = document.range().end;
        if let Some(root) = document.root() {
            assert_eq!(root.parent(), None);
            assert!(
                document.range().covers(root.full_range()),
                "{:?} {root:?}",
                document.range()
            );
            check_node(root, &inside);
        }
    }
}

fn check_node(node: Node<'_>, inside: &dyn Fn(TextRange)) {
    let full = node.full_range();
    inside(node.range());
    inside(full);
    assert!(full.covers(node.range()));
    let _ = (
        node.path(),
        node.comments(),
        node.scalar(),
        node.resolve().kind(),
    );
    if let Some(decoded) = node.str() {
        let mut last = 0;
        for (at, c) in decoded.char_indices().take(200) {
            let offset = node.source_offset(at);
            assert!(node.resolve().range().start <= offset && offset <= node.resolve().range().end);
            assert!(offset >= last, "{node:?} goes back at {at}");
            last = offset;
            inside(node.source_range(at..at + c.len_utf8()));
        }
    }
    let mut end = node.range().start;
    let mut child = |child: Node<'_>| {
        assert_eq!(child.parent(), Some(node));
        let range = child.full_range();
        assert!(range.start >= end, "{child:?} in {node:?}");
        assert!(node.range().covers(range), "{child:?} in {node:?}");
        end = range.end;
        check_node(child, inside);
    };
    match node.kind() {
        Kind::Mapping => {
            assert_eq!(node.entries().count(), node.len());
            for entry in node.entries() {
                assert!(entry.key.is_key());
                assert_eq!(entry.value.key(), Some(entry.key));
                child(entry.key);
                child(entry.value);
                if let Some(key) = entry.key.str() {
                    assert!(node.entry(key).is_some() || key == "<<");
                    let _ = node.get(key);
                }
            }
            assert!(node.merged_entries().count() <= 100_000);
            assert_eq!(node.get("no such key at all"), None);
        }
        Kind::Sequence => {
            assert_eq!(node.items().count(), node.len());
            for (index, item) in node.items().enumerate() {
                assert_eq!(item.index(), Some(index));
                child(item);
            }
        }
        Kind::Scalar | Kind::Alias => assert_eq!(node.len(), node.resolve().len()),
    }
}

/// A document's value: scalars encoded, entries in order.
#[derive(Clone, PartialEq, Debug)]
enum Model {
    Scalar(String),
    Sequence(Vec<Model>),
    Mapping(Vec<(Model, Model)>),
}

impl Model {
    fn of(node: Node<'_>) -> Self {
        match node.kind() {
            Kind::Sequence => Self::Sequence(node.items().map(Self::of).collect()),
            Kind::Mapping => Self::Mapping(
                node.entries()
                    .map(|entry| (Self::of(entry.key), Self::of(entry.value)))
                    .collect(),
            ),
            Kind::Alias => Self::Scalar(node.source().to_owned()),
            Kind::Scalar => Self::Scalar(typed::encode_node(node)),
        }
    }

    fn of_text(block: &str, dialect: Dialect) -> Self {
        let tree = parse(format!("{block}\n"), dialect);
        let root = tree.documents().next().and_then(Document::root);
        root.map_or_else(|| Self::Scalar("n".into()), Self::of)
    }

    /// The part of the model for `node`, which lies below the node that `self` is made of.
    fn at(&mut self, node: Node<'_>) -> &mut Self {
        let Some(parent) = node.parent() else {
            return self;
        };
        match self.at(parent) {
            Self::Sequence(items) => &mut items[node.index().expect("an item")],
            Self::Mapping(entries) => {
                let entry = |key: Node<'_>| parent.entries().position(|other| other.key == key);
                if node.is_key() {
                    &mut entries[entry(node).expect("a key")].0
                } else {
                    let key = node.key().expect("a value");
                    &mut entries[entry(key).expect("its key")].1
                }
            }
            Self::Scalar(_) => panic!("a scalar has no parts"),
        }
    }
}

/// Values to write: each is a block that any place can take.
const BLOCKS: [&str; 12] = [
    "1",
    "x y",
    "'q # r'",
    "a: 1\nb:\n- 2\n- c: 3",
    "- 1\n- b: 2\n  c: 3",
    "|-\n  l1\n\n   l2",
    "|\n  l1",
    ">-\n  l1\n  l2",
    "[1, {q: r}]",
    "# note\nk: v",
    "{}",
    "~",
];

/// Values for one line, and texts for scalars.
const LINES: [&str; 6] = ["7", "new value", "\"quo\\\"ted\"", "[1, 2]", "{k: v}", "''"];
const TEXTS: [&str; 16] = [
    "plain",
    "8080",
    "yes",
    "null",
    "",
    " lead",
    "trail ",
    "a: b",
    "a #b",
    "- a",
    "it's",
    "two\nlines",
    "two\nlines\n",
    "tab\there",
    "a, b]",
    "\u{e9}\u{1f600}",
];

/// Makes one edit of the text, chosen by `choice`, and checks what became of it. Says whether
/// there was one to make.
pub(crate) fn check_edit(text: &str, dialect: Dialect, choice: u64) -> bool {
    let tree = parse(text, dialect);
    let duplicates = |id: Node<'_>| !id.duplicate_entries().is_empty();
    if !tree.errors().is_empty() {
        return false;
    }
    let mut nodes: Vec<Node<'_>> = Vec::new();
    for root in tree.documents().filter_map(Document::root) {
        collect(root, &mut nodes);
    }
    if nodes.is_empty() || nodes.iter().any(|node| duplicates(*node)) {
        return false;
    }
    let mut choice = choice;
    let mut pick = |count: usize| {
        let picked = (choice % count as u64) as usize;
        choice = (choice / count as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 7;
        picked
    };
    let node = nodes[pick(nodes.len())];
    let root = std::iter::successors(Some(node), |node| node.parent())
        .last()
        .expect("itself");
    let mut model = Model::of(root);
    let operation = pick(8);
    let Some(edits) = make(operation, node, &mut model, &mut pick, dialect) else {
        return false;
    };
    if edits.is_empty() {
        return false;
    }
    verify(&tree, root, &model, &edits, operation);
    true
}

fn collect<'a>(node: Node<'a>, nodes: &mut Vec<Node<'a>>) {
    nodes.push(node);
    match node.kind() {
        Kind::Mapping => {
            for entry in node.entries() {
                collect(entry.key, nodes);
                collect(entry.value, nodes);
            }
        }
        Kind::Sequence => node.items().for_each(|item| collect(item, nodes)),
        Kind::Scalar | Kind::Alias => {}
    }
}

/// The edits of one operation, which is done to the model as well.
fn make(
    operation: usize,
    node: Node<'_>,
    model: &mut Model,
    pick: &mut dyn FnMut(usize) -> usize,
    dialect: Dialect,
) -> Option<Vec<Edit>> {
    let entry = node.key().map(|key| Entry { key, value: node });
    let part = model.at(node);
    Some(match operation {
        0 | 1 => {
            let block = BLOCKS[pick(BLOCKS.len())];
            let new = (
                Model::Scalar("\"zz new\"".into()),
                Model::of_text(block, dialect),
            );
            let after = (operation == 1 && !node.is_empty()).then(|| pick(node.len()));
            let after = after.and_then(|index| node.entries().nth(index));
            let named = after.and_then(|entry| entry.key.str());
            match part {
                Model::Mapping(entries) => {
                    let at = named.and_then(|name| {
                        node.entries()
                            .position(|entry| entry.key.str() == Some(name))
                    });
                    entries.insert(at.map_or(entries.len(), |at| at + 1), new);
                }
                Model::Scalar(null) if null == "n" && !node.is_key() => {
                    *part = Model::Mapping(vec![new]);
                }
                _ => return None,
            }
            edit::insert_entry(node, "zz new", block, named)
        }
        2 => {
            let block = BLOCKS[pick(BLOCKS.len())];
            let new = Model::of_text(block, dialect);
            match part {
                Model::Sequence(items) => items.push(new),
                Model::Scalar(null) if null == "n" && !node.is_key() => {
                    *part = Model::Sequence(vec![new]);
                }
                _ => return None,
            }
            edit::push_item(node, block)
        }
        3 => {
            let entry = entry?;
            let edits = edit::remove_entry(entry);
            let parent = node.parent()?;
            let index = parent.entries().position(|other| other == entry)?;
            let Model::Mapping(entries) = model.at(parent) else {
                return None;
            };
            entries.remove(index);
            edits
        }
        4 => {
            let index = node.index()?;
            let edits = edit::remove_item(node);
            let Model::Sequence(items) = model.at(node.parent()?) else {
                return None;
            };
            items.remove(index);
            // An item that is a bare pair leaves an empty sequence.
            edits
        }
        5 => {
            let line = LINES[pick(LINES.len())];
            *part = Model::of_text(line, dialect);
            edit::set_value(entry?, line)
        }
        6 => {
            if node.kind() != Kind::Scalar || node.tag().is_some() {
                return None;
            }
            // A key must stay one, and on one line.
            let texts = if node.is_key() {
                &TEXTS[..1]
            } else {
                &TEXTS[..]
            };
            let text = texts[pick(texts.len())];
            if node
                .parent()
                .is_some_and(|parent| parent.get(text).is_some())
            {
                return None;
            }
            let string = node.as_str().is_some() || node.is_null() || text.is_empty();
            *part = Model::Scalar(match plimsoll_yaml::plain_scalar(text, dialect) {
                plimsoll_yaml::Scalar::Str(_) => typed::json(text),
                _ if string => typed::json(text),
                other => typed::encode_scalar(Some(other)),
            });
            edit::set_scalar(node, text)
        }
        _ => {
            let block = BLOCKS[pick(BLOCKS.len())];
            if !matches!(node.kind(), Kind::Mapping) {
                return None;
            }
            let Model::Mapping(entries) = part else {
                return None;
            };
            let inner = (
                Model::Scalar("\"zz b\"".into()),
                Model::of_text(block, dialect),
            );
            entries.push((
                Model::Scalar("\"zz a\"".into()),
                Model::Mapping(vec![inner]),
            ));
            edit::insert_path(node, &["zz a", "zz b"], block)
        }
    })
}

fn verify(tree: &Tree, root: Node<'_>, model: &Model, edits: &[Edit], operation: usize) {
    let text = tree.text();
    let edited = apply(text, edits).unwrap_or_else(|error| panic!("{error}: {edits:?}"));
    let again = parse(edited.as_str(), tree.dialect());
    let context = || {
        format!("operation {operation}: {edits:?}\n--- before\n{text}\n--- after\n{edited}\n---")
    };
    // Whether a tab may stand on a blank line depends on the token before it: libyaml takes one
    // after a plain text and none after a quoted one.
    if text.contains('\t')
        && again
            .errors()
            .iter()
            .any(|error| error.message.contains("tab"))
    {
        return;
    }
    assert_eq!(again.errors(), [], "{}", context());
    check_tree(&again);
    assert_eq!(
        again.documents().len(),
        tree.documents().len(),
        "{}",
        context()
    );
    for (old, new) in tree.documents().zip(again.documents()) {
        let new = new.root().map(Model::of);
        let wanted = match old.root() {
            Some(other) if other == root => Some(model.clone()),
            other => other.map(Model::of),
        };
        assert_eq!(new, wanted, "{}", context());
    }
    assert_eq!(edited.starts_with('\u{feff}'), text.starts_with('\u{feff}'));
    let uses_crlf =
        text.contains('\n') && text.matches("\r\n").count() == text.matches('\n').count();
    if uses_crlf {
        assert_eq!(
            edited.matches("\r\n").count(),
            edited.matches('\n').count(),
            "{}",
            context()
        );
    }
    // Nothing that is not replaced or removed with its owner may lose a comment.
    if matches!(operation, 0 | 1 | 2 | 6 | 7) {
        let comments = |tree: &Tree| -> Vec<String> {
            tree.comments()
                .iter()
                .map(|c| c.range.of(tree.text()).trim_end().to_owned())
                .collect()
        };
        let mut left = comments(&again);
        for comment in comments(tree) {
            let at = left.iter().position(|other| *other == comment);
            assert!(at.is_some(), "{comment:?} is lost\n{}", context());
            at.map(|at| left.swap_remove(at));
        }
    }
    let _ = Style::Plain;
}
