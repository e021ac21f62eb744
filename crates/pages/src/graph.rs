//! Graphs drawn in columns: boxes from left to right, and curves between them.
//!
//! The caller says in which column a box stands. Within a column boxes are ordered so that few
//! curves cross (each goes to the middle of those it is joined to, a few times over), which is
//! what people expect of a drawing, and is the same every time.

use crate::element::{Element, el};

/// A box.
#[derive(Clone, Debug)]
pub struct Node {
    /// The column, from 0.
    pub column: usize,
    /// What stands in it.
    pub label: String,
    /// A smaller line below.
    pub detail: String,
    /// The class of its group, for colour; it must be a plain word.
    pub class: &'static str,
}

/// A curve from one box to another, by their numbers.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Where it begins.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// What it says, shown when the reader points at it.
    pub label: String,
    /// Drawn with dashes.
    pub dashed: bool,
}

/// Sizes, in pixels of the drawing.
const BOX_WIDTH: f64 = 205.0;
const BOX_HEIGHT: f64 = 40.0;
const GAP: f64 = 14.0;
const COLUMN_GAP: f64 = 90.0;
const MARGIN: f64 = 8.0;
/// The most letters of a line in a box.
const LETTERS: usize = 26;
/// How often the order within columns is improved.
const ROUNDS: usize = 12;

/// The style that drawings need.
pub const STYLE: &str = "\
.graph .box rect{fill:var(--back);stroke:var(--line);stroke-width:1.2}\
.graph .edge{fill:none;stroke:var(--soft);stroke-width:1.3;opacity:.7}\
.graph .edge.dashed{stroke-dasharray:5 4}\
.graph.lit .box:not(.on){opacity:.25}.graph.lit .edge:not(.on){opacity:.08}\
.graph .edge.on{stroke:var(--accent);stroke-width:2;opacity:1}\
.graph .detail{font-size:10.5px;fill:var(--soft)}";

/// The script that lights up what a box is joined to while the reader points at it.
pub const SCRIPT: &str = "\
document.querySelectorAll('svg.graph').forEach(function(g){\
g.querySelectorAll('.box').forEach(function(b){\
var n=b.dataset.n;function on(){g.classList.add('lit');b.classList.add('on');\
g.querySelectorAll('.edge').forEach(function(e){if(e.dataset.a===n||e.dataset.b===n){e.classList.add('on');\
var o=e.dataset.a===n?e.dataset.b:e.dataset.a;var x=g.querySelector('.box[data-n=\"'+o+'\"]');if(x)x.classList.add('on')}})}\
function off(){g.classList.remove('lit');g.querySelectorAll('.on').forEach(function(x){x.classList.remove('on')})}\
b.addEventListener('mouseenter',on);b.addEventListener('mouseleave',off);\
b.addEventListener('focus',on);b.addEventListener('blur',off)})});";

/// Draws a graph. Edges whose numbers name no box are left out.
pub fn draw(nodes: &[Node], edges: &[Edge]) -> Element {
    let columns = columns(nodes, edges);
    let places = places(nodes.len(), &columns);
    let tallest = columns.iter().map(Vec::len).max().unwrap_or(0) as f64;
    let count = columns.len().max(1) as f64;
    let width = 2.0 * MARGIN + count * BOX_WIDTH + (count - 1.0) * COLUMN_GAP;
    let height = 2.0 * MARGIN + tallest * (BOX_HEIGHT + GAP) - GAP;
    let curves = edges.iter().filter_map(|edge| {
        let (from, to) = (places.get(edge.from)?, places.get(edge.to)?);
        Some(curve(edge, *from, *to))
    });
    let boxes = nodes
        .iter()
        .zip(&places)
        .enumerate()
        .map(|(number, (node, place))| boxed(number, node, *place));
    el("svg")
        .class("graph")
        .attr("xmlns", "http://www.w3.org/2000/svg")
        .attr("width", width)
        .attr("height", height)
        .attr("viewBox", format!("0 0 {width} {height}"))
        .attr("role", "img")
        .children(curves)
        .children(boxes)
}

/// The numbers of the boxes of each column that has any, from top to bottom.
fn columns(nodes: &[Node], edges: &[Edge]) -> Vec<Vec<usize>> {
    let mut used: Vec<usize> = nodes.iter().map(|node| node.column).collect();
    used.sort_unstable();
    used.dedup();
    let mut columns: Vec<Vec<usize>> = used
        .iter()
        .map(|column| {
            let members = nodes.iter().enumerate();
            members
                .filter(|(_, node)| node.column == *column)
                .map(|(number, _)| number)
                .collect()
        })
        .collect();
    let mut joined: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for edge in edges {
        if edge.from < nodes.len() && edge.to < nodes.len() && edge.from != edge.to {
            joined[edge.from].push(edge.to);
            joined[edge.to].push(edge.from);
        }
    }
    // Where each box stands in its column, from 0 to 1.
    let mut height = vec![0.5; nodes.len()];
    let settle = |column: &[usize], height: &mut [f64]| {
        let step = 1.0 / (column.len() as f64 + 1.0);
        for (at, number) in column.iter().enumerate() {
            height[*number] = step * (at as f64 + 1.0);
        }
    };
    for column in &columns {
        settle(column, &mut height);
    }
    for round in 0..ROUNDS {
        let mut order: Vec<usize> = (0..columns.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for at in order {
            let middle = |number: usize| {
                let others = &joined[number];
                if others.is_empty() {
                    height[number]
                } else {
                    others.iter().map(|other| height[*other]).sum::<f64>() / others.len() as f64
                }
            };
            let mut wanted: Vec<(f64, usize)> = columns[at]
                .iter()
                .map(|number| (middle(*number), *number))
                .collect();
            wanted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            columns[at] = wanted.into_iter().map(|(_, number)| number).collect();
            settle(&columns[at], &mut height);
        }
    }
    columns
}

/// The upper left corner of each box; shorter columns stand in the middle.
fn places(count: usize, columns: &[Vec<usize>]) -> Vec<(f64, f64)> {
    let mut places = vec![(0.0, 0.0); count];
    let tallest = columns.iter().map(Vec::len).max().unwrap_or(0);
    for (at, column) in columns.iter().enumerate() {
        let x = MARGIN + at as f64 * (BOX_WIDTH + COLUMN_GAP);
        let free = (tallest - column.len()) as f64 * (BOX_HEIGHT + GAP);
        for (row, number) in column.iter().enumerate() {
            let y = MARGIN + free / 2.0 + row as f64 * (BOX_HEIGHT + GAP);
            places[*number] = (x, y);
        }
    }
    places
}

fn boxed(number: usize, node: &Node, (x, y): (f64, f64)) -> Element {
    let line = |text: &str, class: &'static str, y: f64| {
        el("text")
            .class(class)
            .attr("x", x + 10.0)
            .attr("y", y)
            .text(shortened(text))
    };
    let (first, second) = if node.detail.is_empty() {
        (y + BOX_HEIGHT / 2.0 + 4.0, None)
    } else {
        (y + 17.0, Some(line(&node.detail, "detail", y + 32.0)))
    };
    let title = if node.detail.is_empty() {
        node.label.clone()
    } else {
        format!("{}\n{}", node.label, node.detail)
    };
    el("g")
        .class(format!("box {}", node.class))
        .attr("data-n", number)
        .attr("tabindex", 0)
        .child(el("title").text(title))
        .child(
            el("rect")
                .attr("x", x)
                .attr("y", y)
                .attr("width", BOX_WIDTH)
                .attr("height", BOX_HEIGHT)
                .attr("rx", 6),
        )
        .child(line(&node.label, "label", first))
        .maybe(second)
}

fn curve(edge: &Edge, from: (f64, f64), to: (f64, f64)) -> Element {
    let middle = |place: (f64, f64)| place.1 + BOX_HEIGHT / 2.0;
    // From the side that looks at the other box; within a column in a bow to the right.
    let (start, end, bend) = if (from.0 - to.0).abs() < 1.0 {
        (from.0 + BOX_WIDTH, to.0 + BOX_WIDTH, COLUMN_GAP * 0.6)
    } else if from.0 < to.0 {
        (from.0 + BOX_WIDTH, to.0, 0.0)
    } else {
        (from.0, to.0 + BOX_WIDTH, 0.0)
    };
    let (y1, y2) = (middle(from), middle(to));
    let reach = if bend > 0.0 {
        bend
    } else {
        (end - start) / 2.0
    };
    let second = if bend > 0.0 { end + bend } else { end - reach };
    let path = format!(
        "M{start} {y1}C{} {y1} {second} {y2} {end} {y2}",
        start + reach
    );
    let class = if edge.dashed { "edge dashed" } else { "edge" };
    el("path")
        .class(class)
        .attr("data-a", edge.from)
        .attr("data-b", edge.to)
        .attr("d", path)
        .child(el("title").text(edge.label.clone()))
}

/// A line that fits into a box: the end counts most in paths and names.
fn shortened(text: &str) -> String {
    let count = text.chars().count();
    if count <= LETTERS {
        return text.to_owned();
    }
    let head: String = text.chars().take(LETTERS / 3).collect();
    let tail: String = text
        .chars()
        .skip(count - (LETTERS - LETTERS / 3 - 1))
        .collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::{Edge, Node, columns, draw, shortened};

    fn node(column: usize, label: &str) -> Node {
        Node {
            column,
            label: label.into(),
            detail: String::new(),
            class: "plain",
        }
    }

    fn edge(from: usize, to: usize) -> Edge {
        Edge {
            from,
            to,
            label: "joins".into(),
            dashed: false,
        }
    }

    #[test]
    fn boxes_stand_opposite_of_what_they_are_joined_to() {
        let nodes = [node(0, "a"), node(0, "b"), node(2, "x"), node(2, "y")];
        // a–y and b–x: one column must turn around.
        let order = columns(&nodes, &[edge(0, 3), edge(1, 2)]);
        let rank = |number: usize| {
            order
                .iter()
                .find_map(|column| column.iter().position(|other| *other == number))
        };
        assert_eq!((rank(0), rank(1)), (rank(3), rank(2)));
    }

    #[test]
    fn drawings_have_a_size_and_a_box_for_each_node() {
        let nodes = [node(0, "a"), node(1, "b<")];
        let svg = draw(&nodes, &[edge(0, 1), edge(0, 9)]).to_string();
        assert_eq!(svg.matches("<rect").count(), 2);
        assert_eq!(svg.matches("<path").count(), 1);
        assert!(
            svg.contains("b&lt;") && svg.contains("viewBox=\"0 0 516 56\""),
            "{svg}"
        );
        assert!(draw(&[], &[]).to_string().starts_with("<svg"));
    }

    #[test]
    fn long_names_keep_their_ends() {
        assert_eq!(shortened("short"), "short");
        let long = shortened("deployments/kubernetes/production/web.yaml");
        assert!(
            long.chars().count() <= 26 && long.ends_with("web.yaml"),
            "{long}"
        );
    }
}
