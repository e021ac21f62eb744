//! Nodes as Go writes them in error texts (`Node.String`).

use crate::format::quote::{Keep, quote};

use super::tree::{Branch, Names, NodeId, NodeKind, Tree};

/// What is left to write. A stack of these, because nodes nest to any depth.
enum Task {
    Node(NodeId),
    Text(&'static str),
    /// Names, each behind a dot.
    Fields(Names),
}

pub(super) fn print(tree: &Tree, id: NodeId) -> String {
    let mut out = Vec::new();
    let mut tasks = vec![Task::Node(id)];
    while let Some(task) = tasks.pop() {
        match task {
            Task::Text(text) => out.extend_from_slice(text.as_bytes()),
            Task::Fields(names) => {
                out.push(b'.');
                join(tree, names, &mut out);
            }
            Task::Node(id) => node(tree, id, &mut out, &mut tasks),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn node(tree: &Tree, id: NodeId, out: &mut Vec<u8>, tasks: &mut Vec<Task>) {
    let node = tree.node(id);
    let later = |tasks: &mut Vec<Task>, list: Vec<Task>| tasks.extend(list.into_iter().rev());
    match node.kind {
        NodeKind::List(span) => {
            tasks.extend(tree.nodes(span).iter().rev().map(|&id| Task::Node(id)));
        }
        NodeKind::Text
        | NodeKind::Identifier(_)
        | NodeKind::Number(_)
        | NodeKind::String(_)
        | NodeKind::Dot
        | NodeKind::Nil
        | NodeKind::Bool(_) => out.extend_from_slice(tree.bytes(node.range)),
        NodeKind::Action(pipe) => {
            later(
                tasks,
                vec![Task::Text("{{"), Task::Node(pipe), Task::Text("}}")],
            );
        }
        NodeKind::If(branch) => later(tasks, control("{{if ", branch)),
        NodeKind::With(branch) => later(tasks, control("{{with ", branch)),
        NodeKind::Range(branch) => later(tasks, control("{{range ", branch)),
        NodeKind::Template { name, pipe, .. } => {
            out.extend_from_slice(b"{{template ");
            out.extend_from_slice(quote(tree.string(name), Keep::Printable).as_bytes());
            let mut list = Vec::new();
            if let Some(pipe) = pipe {
                list.push(Task::Text(" "));
                list.push(Task::Node(pipe));
            }
            list.push(Task::Text("}}"));
            later(tasks, list);
        }
        NodeKind::Break => out.extend_from_slice(b"{{break}}"),
        NodeKind::Continue => out.extend_from_slice(b"{{continue}}"),
        NodeKind::Pipe(pipe) => {
            let mut list = Vec::new();
            for (n, &variable) in tree.nodes(pipe.variables).iter().enumerate() {
                if n > 0 {
                    list.push(Task::Text(", "));
                }
                list.push(Task::Node(variable));
            }
            if !pipe.variables.is_empty() {
                list.push(Task::Text(if pipe.assigns { " = " } else { " := " }));
            }
            for (n, &command) in tree.nodes(pipe.commands).iter().enumerate() {
                if n > 0 {
                    list.push(Task::Text(" | "));
                }
                list.push(Task::Node(command));
            }
            later(tasks, list);
        }
        NodeKind::Command(arguments) => {
            let mut list = Vec::new();
            for (n, &argument) in tree.nodes(arguments).iter().enumerate() {
                if n > 0 {
                    list.push(Task::Text(" "));
                }
                list.extend(operand(tree, argument));
            }
            later(tasks, list);
        }
        NodeKind::Variable(names) => join(tree, names, out),
        NodeKind::Field(names) => tasks.push(Task::Fields(names)),
        NodeKind::Chain { node, fields } => {
            let mut list = operand(tree, node);
            list.push(Task::Fields(fields));
            later(tasks, list);
        }
    }
}

/// A node, in parentheses if it is a pipeline.
fn operand(tree: &Tree, id: NodeId) -> Vec<Task> {
    match tree.node(id).kind {
        NodeKind::Pipe(_) => vec![Task::Text("("), Task::Node(id), Task::Text(")")],
        _ => vec![Task::Node(id)],
    }
}

fn control(open: &'static str, branch: Branch) -> Vec<Task> {
    let mut list = vec![
        Task::Text(open),
        Task::Node(branch.pipe),
        Task::Text("}}"),
        Task::Node(branch.list),
    ];
    if let Some(else_list) = branch.else_list {
        list.push(Task::Text("{{else}}"));
        list.push(Task::Node(else_list));
    }
    list.push(Task::Text("{{end}}"));
    list
}

fn join(tree: &Tree, names: Names, out: &mut Vec<u8>) {
    for (n, &name) in tree.names(names).iter().enumerate() {
        if n > 0 {
            out.push(b'.');
        }
        out.extend_from_slice(tree.bytes(name));
    }
}
