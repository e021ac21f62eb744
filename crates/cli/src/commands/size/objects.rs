//! The new numbers as objects of a cluster.

use plimsoll_sizing::Risk;
use plimsoll_sizing::objects;
use plimsoll_sizing::plan::Plan;

use super::Answer;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// VerticalPodAutoscalers between what the least risk and the most say.
pub(super) fn vertical(
    answer: &Answer<'_>,
    planned: &dyn Fn(Risk) -> Vec<Plan>,
    terminal: &Terminal,
) -> Result<String, Failure> {
    let all: Vec<Vec<Plan>> = Risk::ALL.into_iter().map(planned).collect();
    let mut texts = Vec::new();
    for plan in answer.plans {
        let name = &plan.name;
        let Some(site) = plan.site.map(|at| &answer.sites[at]) else {
            terminal.warn(&format!(
                "`{name}` gets no VerticalPodAutoscaler: no manifest given says what kind it is of"
            ));
            continue;
        };
        let same = |other: &&Plan| other.name == plan.name && other.namespace == plan.namespace;
        let plans: Vec<&Plan> = all.iter().flatten().filter(same).collect();
        match objects::vertical(site, &plans) {
            Some(text) => texts.push(text),
            None => terminal.warn(&format!(
                "`{name}` gets no VerticalPodAutoscaler: nobody makes its pod again"
            )),
        }
    }
    if texts.is_empty() {
        return Err(
            Failure::user("there is no workload that a VerticalPodAutoscaler could scale")
                .help("name the folder of the manifests or of the chart"),
        );
    }
    let head = "# Sizes by `plimsoll size`: between what it says at `--risk high` and at `--risk low`.\n\
                # `Initial` sets pods when they start; with `InPlaceOrRecreate` running ones are changed, too.\n";
    Ok(head.to_owned() + &texts.join("---\n"))
}

/// LimitRanges for the namespaces that were measured.
pub(super) fn limit_ranges(answer: &Answer<'_>) -> Result<String, Failure> {
    let texts = objects::limit_ranges(answer.plans);
    if texts.is_empty() {
        return Err(Failure::user("neither CPU nor memory was measured"));
    }
    let head = format!(
        "# Sizes by `plimsoll size --risk {}`: what containers get that say nothing is enough for nine\n\
         # in ten of those that were measured in the namespace.\n",
        answer.risk
    );
    Ok(head + &texts.join("---\n"))
}
