//! Links as one page to look at: a drawing for each group of things that belong together, and
//! the links with their places below it.

use std::collections::{BTreeMap, HashMap};

use plimsoll_links::{Link, LinkKind, Part, Thing, ThingId};
use plimsoll_pages::graph::{self, Edge, Node};
use plimsoll_pages::{Element, Page, el};
use plimsoll_source::Confidence;

use super::View;

/// The most boxes of one drawing; with more it shows nothing that the table does not.
const MOST_BOXES: usize = 120;

const STYLE: &str = "\
.stage rect{stroke:#8250df!important}.service rect{stroke:#1a7f37!important;stroke-dasharray:4 3}\
.workload rect{stroke:#0969da!important}.network rect{stroke:#bc4c00!important}\
.config rect{stroke:#9a6700!important}.other rect{stroke:var(--soft)!important}\
.legend{display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;font-size:13px;color:var(--soft);margin:.6rem 0 1rem}\
.legend i{display:inline-block;width:.8em;height:.8em;border-radius:3px;border:2px solid;margin-right:.4em;vertical-align:-1px}\
.likely{color:var(--soft)}td.verb{white-space:nowrap}";

const SCRIPT: &str = "\
var find=document.getElementById('find');if(find)find.addEventListener('input',function(){\
var words=find.value.toLowerCase();document.querySelectorAll('.card').forEach(function(c){\
c.style.display=c.textContent.toLowerCase().indexOf(words)<0?'none':''})});";

pub(super) fn html(view: &View<'_, '_>) -> String {
    let links = view.links;
    let mut page = Page::new("Links")
        .style(graph::STYLE)
        .style(STYLE)
        .script(graph::SCRIPT)
        .script(SCRIPT);
    page.add(el("h1").text("What refers to what"));
    let groups = groups(view);
    page.add(el("p").class("soft").text(format!(
        "{} links between {} things in {}",
        links.all().len(),
        links.things().len(),
        view.roots.shown_root(),
    )));
    page.add(legend());
    if groups.len() > 3 {
        let box_ = el("input")
            .attr("id", "find")
            .attr("type", "search")
            .attr("aria-label", "Show only what has these words")
            .attr("placeholder", "Show only what has these words");
        page.add(el("p").child(box_));
    }
    for group in &groups {
        page.add(card(view, group));
    }
    if groups.is_empty() {
        page.add(el("p").text("Nothing here refers to anything else."));
    }
    page.html()
}

fn legend() -> Element {
    let entry = |color: &'static str, text: &'static str| {
        el("span")
            .child(el("i").attr("style", format!("border-color:{color}")))
            .text(text)
    };
    el("div").class("legend").children([
        entry("#8250df", "built by a Dockerfile"),
        entry("#1a7f37", "service of a Compose file"),
        entry("#0969da", "workload"),
        entry("#bc4c00", "network"),
        entry("#9a6700", "configuration, secrets, storage, accounts"),
        entry("#57606a", "scaling, policy, monitoring"),
        el("span").text("dashed: probably"),
    ])
}

/// The thing that stands for the group of `at`.
fn top(parents: &mut [usize], mut at: usize) -> usize {
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}

/// Things that links join, directly or through others.
struct Group {
    things: Vec<ThingId>,
    links: Vec<usize>,
}

/// The groups, the largest first.
fn groups(view: &View<'_, '_>) -> Vec<Group> {
    let links = view.links;
    let mut parents: Vec<usize> = (0..links.things().len()).collect();
    // What a service depends on is another service, with a drawing of its own.
    let joining = links
        .all()
        .iter()
        .filter(|link| link.kind != LinkKind::DependsOn);
    for link in joining {
        let (a, b) = (link.from.0 as usize, link.to.0 as usize);
        let (a, b) = (top(&mut parents, a), top(&mut parents, b));
        parents[a.max(b)] = a.min(b);
    }
    let mut found: BTreeMap<usize, Group> = BTreeMap::new();
    for thing in 0..links.things().len() {
        let group = found
            .entry(top(&mut parents, thing))
            .or_insert_with(|| Group {
                things: Vec::new(),
                links: Vec::new(),
            });
        group.things.push(ThingId(thing as u32));
    }
    for (number, link) in links.all().iter().enumerate() {
        let group = top(&mut parents, link.from.0 as usize);
        if top(&mut parents, link.to.0 as usize) != group {
            continue;
        }
        if let Some(group) = found.get_mut(&group) {
            group.links.push(number);
        }
    }
    let mut groups: Vec<Group> = found.into_values().collect();
    groups.retain(|group| !group.links.is_empty());
    groups.sort_by_key(|group| std::cmp::Reverse(group.things.len()));
    groups
}

fn card(view: &View<'_, '_>, group: &Group) -> Element {
    let links = view.links;
    let shown: HashMap<ThingId, usize> = group
        .things
        .iter()
        .enumerate()
        .map(|(at, thing)| (*thing, at))
        .collect();
    let nodes: Vec<Node> = group
        .things
        .iter()
        .map(|id| {
            let thing = links.thing(*id);
            let (column, class) = standing(view, thing);
            Node {
                column,
                label: links.label(thing),
                detail: links
                    .place(thing)
                    .map_or(String::new(), |place| view.shown(place)),
                class,
            }
        })
        .collect();
    let edges: Vec<Edge> = group
        .links
        .iter()
        .map(|number| {
            let link = &links.all()[*number];
            Edge {
                from: shown[&link.from],
                to: shown[&link.to],
                label: sentence(view, link),
                dashed: link.confidence == Confidence::Medium,
            }
        })
        .collect();
    let drawing = if nodes.len() <= MOST_BOXES {
        el("div").class("wide").child(graph::draw(&nodes, &edges))
    } else {
        el("p")
            .class("soft")
            .text(format!("{} things are too many to draw", nodes.len()))
    };
    let rows = group
        .links
        .iter()
        .map(|number| row(view, &links.all()[*number]));
    let head = ["", "", "", "written at", "because"];
    let table = el("table")
        .child(el("thead").child(el("tr").children(head.map(|text| el("th").text(text)))))
        .child(el("tbody").children(rows));
    el("section").class("card").child(drawing).child(
        el("details")
            .child(el("summary").text(format!("{} links", group.links.len())))
            .child(el("div").class("wide").child(table)),
    )
}

fn row(view: &View<'_, '_>, link: &Link) -> Element {
    let links = view.links;
    let code = |text: String| el("td").child(el("code").text(text));
    let class = match link.confidence {
        Confidence::High => "verb",
        Confidence::Medium => "verb likely",
    };
    let verb = match link.confidence {
        Confidence::High => link.kind.verb().to_owned(),
        Confidence::Medium => format!("probably {}", link.kind.verb()),
    };
    let mut to = links.label(links.thing(link.to));
    if let Some(container) = &link.container {
        to = format!("{to} (container {container})");
    }
    el("tr")
        .child(code(links.label(links.thing(link.from))))
        .child(el("td").class(class).text(verb))
        .child(code(to))
        .child(code(
            link.place.map_or(String::new(), |place| view.shown(place)),
        ))
        .child(el("td").text(link.evidence.to_string()))
}

fn sentence(view: &View<'_, '_>, link: &Link) -> String {
    let links = view.links;
    format!(
        "{} {} {}: {}",
        links.label(links.thing(link.from)),
        link.kind.verb(),
        links.label(links.thing(link.to)),
        link.evidence
    )
}

/// The column and the colour of a thing: from what is built on the left to what lets traffic in
/// on the right.
fn standing(view: &View<'_, '_>, thing: &Thing) -> (usize, &'static str) {
    match view.links.part(thing) {
        Part::Image => (0, "stage"),
        Part::Stage => (1, "stage"),
        Part::Service => (2, "service"),
        Part::Configuration => (3, "config"),
        Part::Workload => (4, "workload"),
        Part::Endpoint => (5, "network"),
        Part::Other => (5, "other"),
        Part::Route => (6, "network"),
        Part::Gateway => (7, "network"),
    }
}
