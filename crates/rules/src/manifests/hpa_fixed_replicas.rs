//! # What it does
//! Finds workloads that write `replicas` although a HorizontalPodAutoscaler of the set owns it.
//!
//! # Why it matters
//! Each `kubectl apply` of the file sets the number back: in the middle of a rush the pods that
//! the autoscaler has added are taken away, until it adds them again.
//!
//! Removing the field from a workload that is already applied sets it to 1 once, unless it is
//! first taken out of what `kubectl` remembers (`kubectl apply edit-last-applied`).
//!
//! Where an overlay that brings the autoscaler patches the number as well, the patch is what is
//! reported: what it says is applied, and `replicas: null` in it takes the field out.
//!
//! Patches of overlays that replace the number (JSON 6902) are named with it: Kustomize refuses to
//! replace what is not there, so they have to go as well.
//!
//! # Example
//! ```yaml bad
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   replicas: 3
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers: [{name: payments, image: ghcr.io/example/payments:1.0}]
//! ---
//! apiVersion: autoscaling/v2
//! kind: HorizontalPodAutoscaler
//! metadata: {name: payments}
//! spec:
//!   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: payments}
//!   minReplicas: 3
//!   maxReplicas: 10
//! ```
//! ```yaml fixed
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: payments}
//! spec:
//!   selector: {matchLabels: {app: payments}}
//!   template:
//!     metadata: {labels: {app: payments}}
//!     spec:
//!       containers: [{name: payments, image: ghcr.io/example/payments:1.0}]
//! ---
//! apiVersion: autoscaling/v2
//! kind: HorizontalPodAutoscaler
//! metadata: {name: payments}
//! spec:
//!   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: payments}
//!   minReplicas: 3
//!   maxReplicas: 10
//! ```
//!
//! # Fix safety
//! Removes the field; see above for what that does to a workload that is running.
//!
//! # References
//! - <https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling>

use plimsoll_k8s::Workload;
use plimsoll_project::ManifestRole;
use plimsoll_project::kustomize::{Kinship, kustomizations};
use plimsoll_source::files::{join, parent};
use plimsoll_source::{
    Confidence, FileEdit, FileId, Fix, Place, Safety, Severity, TextRange, ValueRole,
};
use plimsoll_yaml::edit::remove_entry;
use plimsoll_yaml::{Dialect, Node};

use super::reach::together;
use super::scaling::{scalers_of, unit_of};
use crate::chart::given::behind;
use crate::{Check, Cx, FixKind, Rule, Strictness, WorkloadInput};

pub(crate) static RULE: Rule = Rule {
    id: "hpa-fixed-replicas",
    summary: "a workload writes `replicas`, which an HPA owns",
    since: "0.1.0",
    severity: Severity::Warning,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[crate::Alias {
        tool: "kube-score",
        id: "deployment-targeted-by-hpa-does-not-have-replicas-configured",
    }],
    checks: &[Check::Workload(check)],
};

/// The longest patch that is read.
const MAX_PATCH: usize = 64 * 1024;
/// How many patches are shown.
const MOST_RELATED: usize = 4;

fn check(cx: &mut Cx<'_>, input: &WorkloadInput<'_>) {
    let unit = input.unit;
    let workload: Workload<'_> = input.workload;
    if unit.role == ManifestRole::Patch {
        return;
    }
    let Some(entry) = workload.spec().and_then(|spec| spec.entry("replicas")) else {
        return;
    };
    // 0 switches the autoscaler off, which is what whoever writes it may want.
    let Some(replicas) = entry.value.as_int().filter(|replicas| *replicas > 0) else {
        return;
    };
    let Some((hpa, object)) = scalers_of(cx).into_iter().next() else {
        return;
    };
    // Bounds that meet leave it nothing to own.
    let bound = |key: &str| object.spec()?.present(key)?.as_int();
    if bound("minReplicas") == Some(replicas) && bound("maxReplicas") == Some(replicas) {
        return;
    }
    let place = Place::new(unit_of(cx, hpa).file, object.head());
    let scaler = object.name().unwrap_or_default();
    let mut fix = Fix::new("remove `replicas`", Safety::Unsafe);
    fix.change.edits = remove_entry(entry)
        .into_iter()
        .map(|edit| FileEdit {
            file: unit.file,
            edit,
        })
        .collect();
    let help = match switch(cx, place, Place::new(unit.file, workload.object().head())) {
        Some(path) => format!(
            "write `replicas` only without the autoscaler: `{{{{- if not .Values.{path} }}}}`"
        ),
        None => "remove `replicas`".to_owned(),
    };
    if let Some((patch, replicas)) = patched(cx, input, place.file) {
        // What is applied beside the autoscaler is what the overlay says.
        let counted = counted(cx, input, patch.file);
        let draft = cx
            .report_at(
                patch,
                format!(
                    "every apply sets `replicas` back to {replicas}, which HPA `{scaler}` owns"
                ),
            )
            .related(place, "scales it")
            .related(
                Place::new(unit.file, entry.range()),
                "without the patch this number is set",
            )
            .note("pods that it has added under load are taken away by the next deployment")
            .help("patch `replicas: null`, which takes the field out, in place of a number");
        if let Some(counted) = counted {
            draft
                .related(counted, "the kustomization sets it once more")
                .help(
                    "patch `replicas: null`, which takes the field out, in place of a number, and \
                     remove the workload from `replicas` of the kustomization, which sets it after \
                     all patches",
                );
        }
        return;
    }
    // What a patch of another form sets is applied, and not what stands here.
    let replacing = replacing(cx, input);
    let is_patched = !cx.reports_missing(unit, workload.object(), &["spec", "replicas"]);
    let draft = cx.report(
        entry.range(),
        format!("every apply sets `replicas` back to {replicas}, which HPA `{scaler}` owns"),
    );
    if is_patched {
        draft.strictness(Strictness::Pedantic);
    }
    draft
        .related(place, "scales it")
        .note("pods that it has added under load are taken away by the next deployment")
        .help(help);
    if !replacing.is_empty() {
        draft.help(
            "remove `replicas`, and with it the patches that replace it: Kustomize refuses to replace \
             what is not there",
        );
        for &patch in replacing.iter().take(MOST_RELATED) {
            draft.related(patch, "replaces it");
        }
    } else if !fix.change.edits.is_empty() {
        draft.fix(fix);
    }
}

/// The patches in kustomizations that build the workload's file which need its number to be there.
fn replacing(cx: &Cx<'_>, input: &WorkloadInput<'_>) -> Vec<Place> {
    let object = input.workload.object();
    let name = object.name();
    // Most files are of no kustomization.
    let name = name.filter(|_| cx.project.overlays.is_member(input.unit.file));
    let Some(name) = name else {
        return Vec::new();
    };
    let is_built = |file: FileId| {
        let kinship = cx.project.overlays.kinship(file, input.unit.file);
        matches!(kinship, Some(Kinship::Same | Kinship::Joined))
    };
    let mut found = Vec::new();
    for unit in &cx.project.manifests {
        let path = cx.project.path(unit.file);
        for root in kustomizations(path, &unit.tree).filter(|_| is_built(unit.file)) {
            let lists = ["patches", "patchesJson6902"];
            let lists = lists.iter().filter_map(|key| root.get(key));
            for item in lists.flat_map(Node::items) {
                if is_target(item, &object.kind(), &name)
                    && let Some(range) = replaces_number(cx, parent(path), item)
                {
                    found.push(Place::new(unit.file, range));
                }
            }
        }
    }
    found
}

/// Whether a patch says that it is for the object, by its name.
fn is_target(item: Node<'_>, kind: &str, name: &str) -> bool {
    let says = |key: &str| {
        item.get("target")
            .and_then(|target| target.get(key)?.text())
    };
    says("name").is_some_and(|own| own == name) && says("kind").is_none_or(|own| own == kind)
}

/// Where a patch is named whose operations replace, remove or test the number of replicas.
fn replaces_number(cx: &Cx<'_>, folder: &str, item: Node<'_>) -> Option<TextRange> {
    let (range, text) = match item.entry("patch") {
        Some(inline) => (inline.key.range(), inline.value.text()?.into_owned()),
        None => {
            let named = item.get("path")?;
            let bytes = cx.project.tree.read(&join(folder, &named.text()?)?).ok()?;
            (named.range(), String::from_utf8_lossy(&bytes).into_owned())
        }
    };
    if text.len() > MAX_PATCH {
        return None;
    }
    let tree = plimsoll_yaml::parse(text, Dialect::GoV2);
    let operations = tree.documents().next()?.root()?;
    let needs_it = |operation: Node<'_>| {
        let says = |key: &str| operation.get(key).and_then(Node::text);
        says("path").as_deref() == Some("/spec/replicas")
            && says("op").is_some_and(|op| matches!(&*op, "replace" | "remove" | "test"))
    };
    operations.items().any(needs_it).then_some(range)
}

/// Where the kustomization of a patch sets the number of the workload's replicas as well: `replicas`
/// is applied after all patches.
fn counted(cx: &Cx<'_>, input: &WorkloadInput<'_>, patch: FileId) -> Option<Place> {
    let name = input.workload.object().name()?;
    let folder = parent(cx.project.path(patch));
    let units = cx.project.manifests.iter();
    let mut beside = units.filter(|unit| parent(cx.project.path(unit.file)) == folder);
    beside.find_map(|unit| {
        let mut roots = kustomizations(cx.project.path(unit.file), &unit.tree);
        roots.find_map(|root| {
            let mut items = root.get("replicas").into_iter().flat_map(Node::items);
            let item = items.find(|item| {
                let own = item.get("name").and_then(Node::as_str);
                own.is_some_and(|own| own == name)
            })?;
            Some(Place::new(unit.file, item.get("count")?.range()))
        })
    })
}

/// Where a patch that is applied together with the autoscaler sets the number of the workload's
/// replicas, and the number.
fn patched(cx: &Cx<'_>, input: &WorkloadInput<'_>, scaler: FileId) -> Option<(Place, i64)> {
    let object = input.workload.object();
    let units = cx
        .project
        .manifests
        .iter()
        .zip(cx.links.objects().by_unit());
    let patches = units.filter(|(unit, _)| unit.role == ManifestRole::Patch);
    let mut found = patches.filter_map(|(unit, objects)| {
        let patch = objects
            .iter()
            .find(|patch| patch.kind() == object.kind() && patch.name() == object.name())?;
        let entry = patch.spec()?.entry("replicas")?;
        let replicas = entry.value.as_int().filter(|replicas| *replicas > 0)?;
        let applied = together(cx, scaler, unit.file) && together(cx, input.unit.file, unit.file);
        applied.then(|| (Place::new(unit.file, entry.range()), replicas))
    });
    found.next()
}

/// The value that decides whether a chart has the autoscaler, if it is one, and not the workload
/// as well: of several the nearest.
fn switch(cx: &Cx<'_>, scaler: Place, workload: Place) -> Option<String> {
    let deciding = |place: Place| -> Vec<String> {
        let behind = behind(cx, place);
        let values = behind.iter().flat_map(|one| one.values(ValueRole::Branch));
        values.map(|value| value.path.to_string()).collect()
    };
    let of_workload = deciding(workload);
    let own = deciding(scaler).into_iter().rev();
    let mut own = own.filter(|path| !of_workload.contains(path));
    own.find(|path| path.ends_with("enabled"))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::on;
    use crate::workload::requests::tests::deployment;

    fn both(replicas: &str, target: &str) -> String {
        deployment("").replace("spec:\n  selector", &format!("spec:\n{replicas}  selector"))
            + &format!(
                "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web}}\nspec:\n  \
                 scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {target}}}\n  maxReplicas: 5\n"
            )
    }

    #[test]
    fn an_autoscaler_that_a_value_switches_takes_the_number_with_it() {
        let (pods, scaler) = both("  replicas: 3\n", "web")
            .split_once("---\n")
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .unwrap();
        let case = on(&RULE).files(&format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\nautoscaling: {{enabled: true}}\n\
             //- /c/templates/a.yaml\n{pods}{{{{- if .Values.autoscaling.enabled }}}}\n---\n{scaler}{{{{- end }}}}\n"
        ));
        let help = case.findings[0].help.clone().unwrap_or_default();
        assert!(
            help.contains("{{- if not .Values.autoscaling.enabled }}"),
            "{help}"
        );
    }

    #[test]
    fn patches_that_replace_the_number_go_with_it() {
        let base = both("  replicas: 3\n", "web");
        let case = |kustomization: &str| {
            on(&RULE).files(&format!(
                "//- /base/a.yaml\n{base}//- /base/kustomization.yaml\nresources: [a.yaml]\n//- \
                 /live/kustomization.yaml\nresources: [../base]\n{kustomization}"
            ))
        };
        let patch = |name: &str, op: &str, path: &str| {
            format!(
                "patches:\n- target: {{kind: Deployment, name: {name}}}\n  patch: |\n    - op: {op}\n      \
                 path: {path}\n      value: 2\n"
            )
        };
        let of_file = "patchesJson6902:\n- target: {kind: Deployment, name: web}\n  path: b.json\n//- \
                       /live/b.json\n[{\"op\": \"replace\", \"path\": \"/spec/replicas\", \"value\": 2}]\n";
        for patch in [
            patch("web", "replace", "/spec/replicas"),
            of_file.to_owned(),
        ] {
            let case = case(&patch);
            let finding = &case.findings[0];
            let help = finding.help.as_deref().unwrap_or_default();
            assert!(help.contains("the patches that replace it"), "{patch}");
            assert_eq!(finding.related.len(), 2, "{patch}");
            assert!(finding.fix.is_none());
        }
        for patch in [
            patch("web", "add", "/spec/replicas"),
            patch("api", "replace", "/spec/replicas"),
            patch("web", "replace", "/spec/paused"),
        ] {
            let case = case(&patch);
            let help = case.help();
            assert_eq!(help, "remove `replicas`", "{patch}");
        }
    }

    #[test]
    fn a_value_that_switches_the_workload_as_well_is_not_the_one() {
        let (pods, scaler) = both("  replicas: 3\n", "web")
            .split_once("---\n")
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .expect("both");
        let case = on(&RULE).files(&format!(
            "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\nweb: {{enabled: true, hpa: {{enabled: true}}}}\n\
             //- /c/templates/a.yaml\n{{{{- if .Values.web.enabled }}}}\n{pods}{{{{- if .Values.web.hpa.enabled }}}}\n---\n{scaler}{{{{- end }}}}\n{{{{- end }}}}\n"
        ));
        let help = case.help();
        assert!(help.contains("if not .Values.web.hpa.enabled"), "{help}");
    }

    #[test]
    fn numbers_that_fight_are_found() {
        on(&RULE)
            .manifest(&both("  replicas: 3\n", "web"))
            .flags(&["5: replicas: 3"])
            .fixed(&both("", "web"));
        on(&RULE)
            .manifest(&both("  replicas: 1 # to begin with\n", "web"))
            .flags(&["5: replicas: 1"]);
        on(&RULE)
            .files(&format!(
                "//- /base/web.yaml\n{}//- /base/kustomization.yaml\nresources: [web.yaml]\n\
                 //- /prod/kustomization.yaml\nresources: [../base, hpa.yaml]\n//- /prod/hpa.yaml\n{}",
                both("  replicas: 2\n", "x").split("---\n").next().unwrap(),
                both("", "web").split("---\n").nth(1).unwrap(),
            ))
            .flags(&["base/web.yaml:5: replicas: 2"]);
    }

    #[test]
    fn a_number_that_an_overlay_patches_is_told_where_it_is_patched() {
        let text = both("  replicas: 3\n", "web");
        let (pods, scaler) = text.split_once("---\n").expect("both");
        let case = on(&RULE).files(&format!(
            "//- /base/web.yaml\n{pods}//- /base/kustomization.yaml\nresources: [web.yaml]\n\
             //- /prod/kustomization.yaml\nresources: [../base, hpa.yaml]\npatches: [{{path: more.yaml}}]\n\
             //- /prod/hpa.yaml\n{scaler}//- /prod/more.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\n\
             spec:\n  replicas: 4\n"
        ));
        let case = case.flags(&["prod/more.yaml:5: replicas: 4"]);
        assert_eq!(case.findings[0].related.len(), 2);
        let twice = on(&RULE).files(&format!(
            "//- /base/web.yaml\n{pods}//- /base/kustomization.yaml\nresources: [web.yaml]\n\
             //- /prod/kustomization.yaml\nresources: [../base, hpa.yaml]\npatches: [{{path: more.yaml}}]\n\
             replicas: [{{name: web, count: 1}}]\n\
             //- /prod/hpa.yaml\n{scaler}//- /prod/more.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\n\
             spec:\n  replicas: 4\n"
        ));
        let help = twice.findings[0].help.clone().unwrap_or_default();
        assert!(help.contains("after all patches"), "{help}");
    }

    #[test]
    fn numbers_that_nobody_else_owns_are_left_alone() {
        on(&RULE).manifest(&both("", "web")).clean();
        on(&RULE).manifest(&both("  replicas: 3\n", "api")).clean();
        on(&RULE).manifest(&both("  replicas: 0\n", "web")).clean();
        let bound = |text: String| text.replace("maxReplicas: 5", "minReplicas: 5, maxReplicas: 5");
        let bound = |text| bound(text).replace("  minReplicas: 5, ", "  minReplicas: 5\n  ");
        on(&RULE)
            .manifest(&bound(both("  replicas: 5\n", "web")))
            .clean();
        on(&RULE)
            .manifest(&bound(both("  replicas: 4\n", "web")))
            .flags(&["5: replicas: 4"]);
        on(&RULE)
            .manifest(
                both("  replicas: 3\n", "web")
                    .split("---\n")
                    .next()
                    .unwrap(),
            )
            .clean();
    }
}
