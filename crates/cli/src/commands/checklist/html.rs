//! The checklist as one page to look at.

use plimsoll_checklist::{Line, Section, ServiceList, Status};
use plimsoll_pages::{Element, Page, el};

use super::{NO_SERVICE, View, tally};

const STYLE: &str = "\
nav{display:flex;flex-wrap:wrap;gap:.3rem 1rem;margin:.6rem 0 1rem}nav a{color:var(--accent)}\
.bar{display:flex;height:8px;border-radius:4px;overflow:hidden;margin:.6rem 0;background:var(--line)}\
.bar i{display:block}.bar .pass{background:var(--good)}.bar .fail{background:var(--bad)}\
ul.lines{list-style:none;padding:0;margin:0}ul.lines>li{padding:.45rem 0;border-top:1px solid var(--line);\
display:grid;grid-template-columns:3.4rem 1fr;gap:.6rem}\
.mark{font-size:12px;font-weight:700;text-transform:uppercase;padding-top:.15rem}\
.pass>.mark{color:var(--good)}.fail>.mark{color:var(--bad)}.not-applicable{color:var(--soft)}\
.fail .title{font-weight:600}.sections{columns:34rem;column-gap:1rem}\
.sections .card{margin:0 0 1rem;break-inside:avoid}.sections h3{margin:0 0 .4rem;font-size:1rem}\
ul.places{margin:.2rem 0 0;padding:0;list-style:none;font-size:13px}ul.places li{margin:.1rem 0;overflow-wrap:anywhere}\
ul.places .at{color:var(--soft)}.rule{color:var(--soft)}details{font-size:13px}\
label.only{display:inline-flex;gap:.4rem;align-items:center;margin:.2rem 0 .8rem}\
body.failed li.pass,body.failed li.not-applicable{display:none}\
.parts{font-size:13px;color:var(--soft);margin:.3rem 0}";

const SCRIPT: &str = "\
var only=document.getElementById('only');if(only)only.addEventListener('change',function(){\
document.body.classList.toggle('failed',only.checked);document.querySelectorAll('.sections .card').forEach(function(c){\
c.style.display=only.checked&&!c.querySelector('li.fail')?'none':''})});";

/// The most places of a passed line that are shown unasked.
const MOST_PASSED: usize = 2;

pub(super) fn html(view: &View<'_>) -> String {
    let mut page = Page::new("Checklist").style(STYLE).script(SCRIPT);
    page.add(el("h1").text("Ready for production?"));
    let root = view.roots.shown_root();
    page.add(
        el("p")
            .class("soft")
            .text(format!("what was found in {root}")),
    );
    if view.services.is_empty() {
        page.add(el("p").text(NO_SERVICE));
        return page.html();
    }
    let box_ = el("input").attr("type", "checkbox").attr("id", "only");
    page.add(
        el("label")
            .class("only")
            .child(box_)
            .text("only what fails"),
    );
    if view.services.len() > 1 {
        let links = view.services.iter().enumerate().map(|(number, service)| {
            let failed = service.count(Status::Fail);
            el("a")
                .attr("href", format!("#service-{number}"))
                .text(format!("{} ({failed})", service.name))
        });
        page.add(el("nav").children(links));
    }
    for (number, service) in view.services.iter().enumerate() {
        page.add(self::service(view, number, service));
    }
    page.html()
}

fn service(view: &View<'_>, number: usize, service: &ServiceList) -> Element {
    let parts: Vec<String> = service
        .parts
        .iter()
        .map(|(label, place)| match place {
            Some(place) => format!("{label} ({})", view.below_root(*place)),
            None => label.clone(),
        })
        .collect();
    let part = |status: Status, class: &'static str| {
        let count = service.count(status);
        el("i").class(class).attr("style", format!("flex:{count}"))
    };
    let bar = el("div")
        .class("bar")
        .attr("role", "img")
        .attr("aria-label", tally(service))
        .child(part(Status::Pass, "pass"))
        .child(part(Status::Fail, "fail"))
        .child(part(Status::NotApplicable, "none"));
    el("section")
        .attr("id", format!("service-{number}"))
        .child(el("h2").text(&service.name))
        .child(el("p").class("soft").text(tally(service)))
        .child(bar)
        .child(el("p").class("parts").text(parts.join(" · ")))
        .child(
            el("div").class("sections").children(
                service
                    .sections
                    .iter()
                    .map(|section| self::section(view, section)),
            ),
        )
}

fn section(view: &View<'_>, section: &Section) -> Element {
    el("div")
        .class("card")
        .child(el("h3").text(section.title))
        .child(
            el("ul")
                .class("lines")
                .children(section.lines.iter().map(|line| self::line(view, line))),
        )
}

fn line(view: &View<'_>, line: &Line) -> Element {
    let mark = match line.status {
        Status::Pass => "pass",
        Status::Fail => "fail",
        Status::NotApplicable => "n/a",
    };
    let mut body = el("div").child(el("span").class("title").prose(line.title));
    if !line.summary.is_empty() {
        body = body.child(el("div").class("soft").prose(&line.summary));
    }
    let (shown, rest) = match line.status {
        Status::Fail => (&line.evidence[..], &[][..]),
        _ => line.evidence.split_at(line.evidence.len().min(MOST_PASSED)),
    };
    let places = |evidence: &[plimsoll_checklist::Evidence]| {
        el("ul")
            .class("places")
            .children(evidence.iter().map(|evidence| {
                let rule = evidence
                    .rule
                    .map(|rule| el("span").class("rule").text(format!(" {rule}")));
                el("li")
                    .child(el("code").class("at").text(view.below_root(evidence.place)))
                    .prose(&format!(" {}", evidence.text))
                    .maybe(rule)
            }))
    };
    if !shown.is_empty() {
        body = body.child(places(shown));
    }
    if !rest.is_empty() {
        let summary = el("summary").text(format!("{} more", rest.len()));
        body = body.child(el("details").child(summary).child(places(rest)));
    }
    el("li")
        .class(line.status.name())
        .child(el("span").class("mark").text(mark))
        .child(body)
}
