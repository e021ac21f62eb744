//! # What it does
//! Compares everything that says on which port a service is found: the command line, variables
//! and configuration that evidently decide where its process listens, EXPOSE and HEALTHCHECK of
//! the Dockerfile, `ports`, `expose` and `healthcheck` of the Compose service, `containerPort`,
//! probes, and the `targetPort` of the Services that select the pods. What contradicts the
//! process, or all others where nothing says where the process listens, is reported once for the
//! service, with every place.
//!
//! # Why it matters
//! A port that nobody listens on refuses every connection: the published port answers nothing,
//! a probe keeps the pod out of its Services or restarts it for ever. Nothing checks it before it
//! runs, for each of the files is right by itself.
//!
//! Silent where a variable, an argument or a configuration that the files do not show may decide,
//! for ports whose names say that they are for metrics, debugging and the like, and where a
//! program may well listen on several ports: of one that says one port and may have others, a
//! port is wrong that a single statement has and all others contradict. A probe that alone asks its
//! port is told whatever the program is, where another probe asks the same part of the server by the
//! port that the container declares and the Services send to.
//!
//! # Example
//! ```yaml bad
//! //- /web/Dockerfile
//! FROM python:3.13-slim
//! COPY app.py .
//! CMD ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "8000"]
//! //- /deploy.yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//!           ports: [{name: http, containerPort: 8080}]
//! ```
//! ```yaml fixed
//! //- /web/Dockerfile
//! FROM python:3.13-slim
//! COPY app.py .
//! CMD ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "8000"]
//! //- /deploy.yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: web}
//! spec:
//!   selector: {matchLabels: {app: web}}
//!   template:
//!     metadata: {labels: {app: web}}
//!     spec:
//!       containers:
//!         - name: web
//!           image: ghcr.io/example/web:1.0
//!           ports: [{name: http, containerPort: 8000}]
//! ```
//!
//! # Fix safety
//! Given where the process evidently listens on one port and nowhere else: that port takes the
//! place of the other in every statement. Unsafe where only names tell that the image is the one
//! that is built here.
//!
//! # References
//! - <https://docs.docker.com/reference/dockerfile/#expose>
//! - <https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports>

mod chain;
mod configured;

use plimsoll_links::facts::ports::{Claim, ClaimKind};
use plimsoll_project::Project;
use plimsoll_source::{Confidence, Edit, Fix, Place, Safety, Severity, TextRange};

use crate::{Check, Cx, FixKind, Rule, Strictness};
use chain::{Chain, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "port-mismatch",
    summary: "files disagree about the port that the service listens on",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[],
    checks: &[Check::Project(check)],
};

/// The most further places that are named.
const MAX_RELATED: usize = 12;

fn check(cx: &mut Cx<'_>) {
    for chain in Chain::all(cx) {
        for verdict in chain.verdicts(cx.links) {
            report(cx, &verdict);
        }
    }
}

fn report(cx: &mut Cx<'_>, verdict: &Verdict) {
    let Some(first) = verdict.wrong.first() else {
        return;
    };
    let (wrong, right) = (first.port, verdict.right);
    let what = first.what();
    let message = match &verdict.listens {
        Some(_) => format!(
            "{what} is {wrong}, and `{}` listens on {right}",
            verdict.name
        ),
        None => format!(
            "{what} of `{}` is {wrong}, and everything else says {right}",
            verdict.name
        ),
    };
    let twice = is_twice(verdict);
    let fix = (verdict.is_certain && twice.is_none())
        .then(|| fix(cx, verdict))
        .flatten();
    let is_implied = is_implied(cx.project, first);
    let draft = cx.report_at(first.place, message);
    draft.subject(verdict.name.clone());
    let mut named: Vec<Place> = vec![first.place];
    if let Some(listen) = &verdict.listens {
        let message = match &listen.within {
            Some((path, line)) => format!("{} in `{path}:{line}` says {right}", listen.what),
            None => format!("{} says {right}", listen.what),
        };
        named.push(listen.place);
        draft.related(listen.place, message);
    }
    for claim in &verdict.wrong[1..] {
        if !named.contains(&claim.place) && named.len() < MAX_RELATED {
            named.push(claim.place);
            draft.related(
                claim.place,
                format!("{} is {} too", claim.what(), claim.port),
            );
        }
    }
    for claim in &verdict.agreeing {
        if !named.contains(&claim.place) && named.len() < MAX_RELATED {
            named.push(claim.place);
            draft.related(claim.place, format!("{} is {right}", claim.what()));
        }
    }
    draft
        .confidence(verdict.confidence)
        .note(match verdict.listens {
            Some(_) => "nobody listens on that port, so every connection to it is refused",
            None => "if nobody listens on that port, every connection to it is refused",
        })
        .help(match twice {
            Some(Twice::Stated) => format!("remove it: {right} is stated already"),
            Some(Twice::Repeated) => format!("write {right} once, in the place of all of them"),
            None if is_implied => {
                format!("add `targetPort: {right}`, or make the service listen on {wrong}")
            }
            None if verdict.speaks_fastcgi() => format!(
                "put a web server in front of it, in the image or beside it in the pod: PHP-FPM speaks \
                 FastCGI on {right}, which no browser and no HTTP probe does"
            ),
            None => format!("write {right} here, or make the service listen on {wrong}"),
        });
    if let Some(fix) = fix {
        draft.fix(fix);
    }
}

/// Whether a Service says only which port it has itself, and so sends to the same: that one is
/// what others know it by, and stays.
fn is_implied(project: &Project, claim: &Claim) -> bool {
    let text = &project.files.get(claim.place.file).text;
    let before = text[..claim.place.range.start as usize].trim_end_matches(['"', '\'', ' ']);
    let key = before.strip_suffix(':').unwrap_or(before);
    claim.kind == ClaimKind::ServiceTarget && !key.ends_with("targetPort")
}

/// Why the right port cannot take the place of the wrong one in a list of ports.
#[derive(Clone, Copy)]
enum Twice {
    /// The list, or the one beside it, has it.
    Stated,
    /// It would stand there several times.
    Repeated,
}

fn is_twice(verdict: &Verdict) -> Option<Twice> {
    let list = |claim: &&Claim| match claim.kind {
        ClaimKind::Exposed => Some(0),
        // What is published is exposed as well.
        ClaimKind::Target | ClaimKind::ServiceExposes => Some(1),
        ClaimKind::ContainerPort => Some(2),
        _ => None,
    };
    let first = verdict.wrong.first()?;
    let own = list(&first)?;
    let same = |claim: &&Claim| {
        list(claim) == Some(own)
            && claim.place.file == first.place.file
            && (own != 1 || first.kind == ClaimKind::ServiceExposes)
    };
    if verdict.agreeing.iter().any(|claim| same(&claim)) {
        Some(Twice::Stated)
    } else {
        let repeated = verdict.wrong.iter().filter(same).count() > 1;
        (repeated && first.kind == ClaimKind::ServiceExposes).then_some(Twice::Repeated)
    }
}

/// The right port in every statement of the wrong one.
fn fix(cx: &Cx<'_>, verdict: &Verdict) -> Option<Fix> {
    let safety = match verdict.confidence {
        Confidence::High => Safety::Safe,
        Confidence::Medium => Safety::Unsafe,
    };
    if verdict
        .wrong
        .iter()
        .any(|claim| is_implied(cx.project, claim))
    {
        return None;
    }
    let mut fix = Fix::new(format!("write {}", verdict.right), safety);
    for claim in &verdict.wrong {
        let text = cx.project.files.text(claim.place);
        let old = claim.port.to_string();
        let at = text.rfind(&old)?;
        let alone = !text[..at].ends_with(|c: char| c.is_ascii_digit())
            && !text[at + old.len()..].starts_with(|c: char| c.is_ascii_digit());
        if !alone {
            return None;
        }
        let start = claim.place.range.start + at as u32;
        let range = TextRange::new(start, start + old.len() as u32);
        fix = fix.edit(
            claim.place.file,
            Edit::replace(range, verdict.right.to_string()),
        );
    }
    Some(fix)
}

#[cfg(test)]
mod tests;
