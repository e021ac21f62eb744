//! What holds of the tree of any text.

use plimsoll_gotmpl::syntax::{Branch, Delimiters, NodeId, NodeKind};
use plimsoll_gotmpl::{Functions, Tree};

/// Parses a text and looks at everything in the tree.
pub(crate) fn check(text: &[u8], functions: &Functions, delimiters: &Delimiters) -> Tree {
    let tree = Tree::parse_with("any", text, functions, delimiters);
    let inside = |range: plimsoll_source::TextRange| range.end as usize <= text.len();
    let lines = text.split(|&byte| byte == b'\n').count();
    for error in tree.errors() {
        assert!(inside(error.range), "{error} at {:?}", error.range);
        assert!((1..=lines).contains(&(error.line as usize)), "{error}");
        assert!(!error.message.is_empty());
    }
    for &comment in tree.comments() {
        assert!(tree.bytes(comment).starts_with(b"/*") && tree.bytes(comment).ends_with(b"*/"));
    }
    for (id, node) in tree.all_nodes() {
        assert!(inside(node.range), "{node:?}");
        assert!(node.position as usize <= text.len(), "{node:?}");
        if tree.errors().is_empty() {
            children(&tree, id, |child| {
                let range = tree.node(child).range;
                let within = node.range.start <= range.start && range.end <= node.range.end;
                assert!(within, "{:?} in {node:?}", tree.node(child));
            });
        }
    }
    let own = tree.definitions().last().expect("the text's own template");
    assert_eq!(own.name.as_ref(), "any");
    for definition in tree.definitions() {
        assert!(inside(definition.range) && inside(definition.name_range));
        assert!(matches!(tree.node(definition.root).kind, NodeKind::List(_)));
        tree.print(definition.root);
    }
    tree
}

/// Calls `visit` with each part of a node.
fn children(tree: &Tree, id: NodeId, mut visit: impl FnMut(NodeId)) {
    let mut branch = |branch: Branch| {
        visit(branch.pipe);
        visit(branch.list);
        branch.else_list.into_iter().for_each(&mut visit);
    };
    match tree.node(id).kind {
        NodeKind::If(parts) | NodeKind::With(parts) | NodeKind::Range(parts) => branch(parts),
        NodeKind::List(span) | NodeKind::Command(span) => {
            tree.nodes(span).iter().copied().for_each(visit);
        }
        NodeKind::Pipe(pipe) => {
            tree.nodes(pipe.variables)
                .iter()
                .copied()
                .for_each(&mut visit);
            tree.nodes(pipe.commands).iter().copied().for_each(visit);
        }
        NodeKind::Action(node) | NodeKind::Chain { node, .. } => visit(node),
        NodeKind::Template { pipe, .. } => pipe.into_iter().for_each(visit),
        _ => {}
    }
}
