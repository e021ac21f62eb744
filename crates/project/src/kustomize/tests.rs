use std::sync::Arc;

use plimsoll_testkit::{Fixture, tree};

use crate::snapshot::{Options, Project};

fn load(fixture: &str) -> Project {
    load_paths(fixture, &[])
}

fn load_paths(fixture: &str, paths: &[&str]) -> Project {
    let tree = tree(&Fixture::parse("unnamed", fixture));
    let paths = paths.iter().map(|&path| path.to_owned()).collect();
    Project::load(
        Arc::new(tree),
        &Options {
            paths,
            ..Options::default()
        },
    )
}

/// Role of each manifest, with the number of its set.
fn roles(project: &Project) -> Vec<String> {
    let line = |unit: &crate::ManifestUnit| {
        format!("{} {:?} {}", project.path(unit.file), unit.role, unit.set)
    };
    project.manifests.iter().map(line).collect()
}

/// Asks for the object `Deployment/web` of `base/web.yaml`.
fn sets(project: &Project, path: &str) -> bool {
    sets_on(project, "Deployment", "web", path)
}

fn sets_on(project: &Project, kind: &str, name: &str, path: &str) -> bool {
    let file = project
        .files
        .by_path("base/web.yaml")
        .expect("in every fixture");
    let path: Vec<&str> = path.split(' ').collect();
    project.overlays.may_set(file, kind, name, &path)
}

const WEB: &str = "//- /base/web.yaml\n\
    apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels: {tier: front}\n\
    spec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: shop/web:1\n\
    ---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: db\n\
    //- /base/kustomization.yaml\nresources: [web.yaml]\n";

/// The base above with one overlay.
fn overlay(kustomization: &str) -> Project {
    load(&format!(
        "{WEB}//- /prod/kustomization.yaml\nresources: [../base]\n{kustomization}"
    ))
}

const LIMITS: &str = "spec template spec containers resources limits memory";
const CONTEXT: &str = "spec template spec securityContext";

#[test]
fn files_are_kin_through_what_includes_them() {
    use super::Kinship::{Joined, Rivals, Same, Strangers};
    let project = load(&format!(
        "{WEB}//- /prod/kustomization.yaml\nresources: [../base, a.yaml, b.yaml]\n\
         //- /prod/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n\
         //- /prod/b.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: b}}\n\
         //- /dev/kustomization.yaml\nresources: [../base]\npatches: [{{path: c.yaml}}]\n\
         //- /dev/c.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\n\
         //- /other/kustomization.yaml\nresources: [d.yaml]\n\
         //- /other/d.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: d}}\n\
         //- /loose.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: l}}\n"
    ));
    let file = |path: &str| project.files.by_path(path).expect(path);
    let kin = |a: &str, b: &str| project.overlays.kinship(file(a), file(b));
    assert_eq!(kin("prod/a.yaml", "prod/b.yaml"), Some(Same));
    assert_eq!(kin("prod/a.yaml", "base/web.yaml"), Some(Joined));
    assert_eq!(kin("base/web.yaml", "dev/c.yaml"), Some(Joined));
    assert_eq!(kin("prod/a.yaml", "dev/c.yaml"), Some(Rivals));
    assert_eq!(kin("prod/a.yaml", "other/d.yaml"), Some(Strangers));
    assert_eq!(kin("prod/a.yaml", "loose.yaml"), None);
}

#[test]
fn without_overlays_manifests_are_whole() {
    let project = load(WEB);
    assert_eq!(
        roles(&project),
        ["base/kustomization.yaml Whole 0", "base/web.yaml Whole 0"]
    );
    assert!(!sets(&project, LIMITS));
    let alone = load(
        "//- /base/web.yaml\napiVersion: v1\nkind: Pod\n//- /x/a.yaml\napiVersion: v1\nkind: Pod\n//- /x/b.yaml\napiVersion: v1\nkind: Pod\n",
    );
    assert_eq!(
        roles(&alone),
        [
            "base/web.yaml Whole 0",
            "x/a.yaml Whole 1",
            "x/b.yaml Whole 1"
        ]
    );
}

#[test]
fn a_base_of_another_is_one_set_with_it() {
    let project = load(&format!(
        "{WEB}//- /prod/kustomization.yaml\nresources: [../base, quota.yaml]\npatches:\n- path: web-patch.yaml\n\
         //- /prod/quota.yaml\napiVersion: v1\nkind: LimitRange\nmetadata:\n  name: x\n\
         //- /prod/web-patch.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 3\n\
         //- /prod/stray.yaml\napiVersion: v1\nkind: Pod\n"
    ));
    assert_eq!(
        roles(&project),
        [
            "base/kustomization.yaml Whole 0",
            "base/web.yaml Base 0",
            "prod/kustomization.yaml Whole 0",
            "prod/quota.yaml Base 0",
            "prod/stray.yaml Whole 1",
            "prod/web-patch.yaml Patch 0",
        ]
    );
    let set = project
        .set_of(&project.manifests[1])
        .map(|unit| project.path(unit.file));
    assert_eq!(set.count(), 5);
    assert!(sets(&project, "spec replicas"));
    assert!(sets(&project, "spec"));
    assert!(!sets(&project, "spec strategy"));
    assert!(!sets_on(&project, "StatefulSet", "db", "spec replicas"));
}

#[test]
fn strategic_merges_touch_what_they_say() {
    let project = overlay(
        "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata:\n      name: web\n    spec:\n      template:\n        spec:\n          securityContext:\n            runAsNonRoot: true\n          containers:\n          - name: web\n            resources:\n              limits: {memory: 1Gi}\n",
    );
    assert!(sets(&project, LIMITS));
    assert!(sets(&project, "spec template spec containers resources"));
    assert!(!sets(
        &project,
        "spec template spec containers resources limits cpu"
    ));
    assert!(sets(&project, CONTEXT));
    assert!(sets(&project, &format!("{CONTEXT} runAsNonRoot")));
    assert!(!sets(&project, &format!("{CONTEXT} seccompProfile")));
    assert!(!sets(&project, "metadata name"));
    assert!(!sets_on(&project, "StatefulSet", "db", LIMITS));
}

#[test]
fn replaced_and_deleted_parts_are_touched_throughout() {
    let project = overlay(
        "patchesStrategicMerge:\n- |-\n  kind: Deployment\n  metadata: {name: web}\n  spec:\n    template:\n      spec:\n        $patch: replace\n        hostNetwork: true\n",
    );
    assert!(sets(&project, LIMITS));
    assert!(!sets(&project, "spec replicas"));
    let project = overlay(
        "patches:\n- patch: |-\n    kind: Deployment\n    metadata: {name: web}\n    $patch: delete\n",
    );
    assert!(sets(&project, "spec replicas"));
}

#[test]
fn targets_choose_objects() {
    let patch = "  patch: |-\n    kind: X\n    metadata: {name: x}\n    spec: {replicas: 2}\n";
    for (target, web, db) in [
        ("{kind: Deployment}", true, false),
        ("{kind: \"Deployment|StatefulSet\"}", true, true),
        ("{name: web}", true, false),
        ("{name: \"w.*\"}", true, false),
        ("{group: apps, version: v1}", true, true),
        ("{group: batch}", false, false),
        ("{labelSelector: tier=back}", false, true),
        ("{labelSelector: tier=front, kind: Deployment}", true, false),
        ("{}", true, true),
    ] {
        let project = overlay(&format!("patches:\n- target: {target}\n{patch}"));
        assert_eq!(sets(&project, "spec replicas"), web, "{target}");
        assert_eq!(
            sets_on(&project, "StatefulSet", "db", "spec replicas"),
            db,
            "{target}"
        );
    }
}

#[test]
fn json_patches_touch_their_paths() {
    let json = |ops: &str| {
        overlay(&format!(
            "patchesJson6902:\n- target: {{version: v1, kind: Deployment, name: web}}\n  patch: |-\n{ops}"
        ))
    };
    let project = json(
        "    - op: add\n      path: /spec/template/spec/containers/0/resources/limits\n      value: {memory: 1Gi}\n    - op: test\n      path: /spec/replicas\n",
    );
    assert!(sets(&project, LIMITS));
    assert!(sets(&project, "spec template spec containers resources"));
    assert!(!sets(
        &project,
        "spec template spec containers resources requests"
    ));
    assert!(!sets(&project, "spec replicas"));
    let sidecar = json(
        "    - op: add\n      path: /spec/template/spec/containers/-\n      value: {name: s, image: s:1}\n",
    );
    assert!(sets(&sidecar, "spec template spec containers image"));
    assert!(!sets(&sidecar, LIMITS));
    let replaced = json(
        "    - op: replace\n      path: /spec/template/spec/containers/0\n      value: {name: s}\n",
    );
    assert!(sets(&replaced, LIMITS));
    let escaped = json(
        "    - op: move\n      from: /metadata/annotations/a~1b\n      path: /metadata/annotations/c\n",
    );
    assert!(sets(&escaped, "metadata annotations a/b") && sets(&escaped, "metadata annotations c"));
    assert!(!sets(&escaped, "metadata annotations d"));
}

#[test]
fn json_patches_may_stand_in_files() {
    let project = load(&format!(
        "{WEB}//- /prod/kustomization.yaml\nbases: [../base]\npatches:\n- path: ops.yaml\n  target: {{kind: Deployment}}\n- path: ops.json\n  target: {{kind: Deployment}}\n\
         //- /prod/ops.yaml\n- op: replace\n  path: /spec/replicas\n  value: 1\n\
         //- /prod/ops.json\n[{{\"op\": \"add\", \"path\": \"/spec/paused\", \"value\": true}}]\n"
    ));
    assert!(sets(&project, "spec replicas") && sets(&project, "spec paused"));
    assert!(!sets(&project, "spec strategy"));
}

#[test]
fn what_cannot_be_read_may_do_anything() {
    for unknown in [
        "patches:\n- path: https://example.org/patch.yaml\n",
        "patches:\n- path: gone.yaml\n",
        "patchesStrategicMerge: [gone.yaml]\n",
        "components: [github.com/a/b//c?ref=v1]\n",
        "transformers: [own.yaml]\n",
        "configurations: [own.yaml]\n",
        "replacements:\n- path: gone.yaml\n",
    ] {
        assert!(sets(&overlay(unknown), LIMITS), "{unknown}");
    }
    let narrowed = overlay("patches:\n- path: gone.yaml\n  target: {kind: StatefulSet}\n");
    assert!(!sets(&narrowed, LIMITS));
    assert!(!sets(
        &overlay("resources: [https://example.org/x.yaml]\n"),
        LIMITS
    ));
    assert!(!sets(
        &overlay("helmCharts:\n- name: x\nconfigMapGenerator:\n- name: x\n"),
        LIMITS
    ));
}

#[test]
fn a_patch_that_is_not_there_is_one_overlays_own() {
    let lacking =
        "//- /dev/kustomization.yaml\nresources: [../base]\npatches: [{path: local.yaml}]\n";
    let all = |more: &str| load(&format!("{WEB}{lacking}{more}"));
    assert!(sets(&all(""), CONTEXT));
    // What is built without it has none of it.
    let prod = "//- /prod/kustomization.yaml\nresources: [../base]\n";
    assert!(!sets(&all(prod), CONTEXT));
    let patched = format!(
        "{prod}patches:\n- target: {{kind: Deployment}}\n  patch: '[{{op: add, path: /spec/template/spec/securityContext, value: {{}}}}]'\n"
    );
    assert!(sets(&all(&patched), CONTEXT));
    assert!(!sets(&all(&patched), LIMITS));
    let on_top = "//- /prod/kustomization.yaml\nresources: [../dev]\n";
    assert!(sets(&all(on_top), CONTEXT));
    // A patch from elsewhere may be the same for all.
    let remote = lacking.replace("local.yaml", "https://a.example/p.yaml");
    assert!(sets(&load(&format!("{WEB}{remote}{prod}")), CONTEXT));
}

#[test]
fn patches_give_the_variables_that_they_name() {
    let env: Vec<&str> = "spec template spec containers env".split(' ').collect();
    let adds = |patch: &str, wanted: &str| {
        let project = overlay(&format!("patches:\n{patch}"));
        let file = project.files.by_path("base/web.yaml").expect("it is there");
        project
            .overlays
            .may_add(file, "Deployment", "web", &env, |name| name == wanted)
    };
    let merge = "- patch: |-\n    kind: Deployment\n    metadata: {name: web}\n    spec: {template: {spec: {containers: [{name: web, env: [{name: A, value: x}]}]}}}\n";
    assert!(adds(merge, "A") && !adds(merge, "B"));
    let json = "- target: {kind: Deployment}\n  patch: |-\n    - {op: add, path: /spec/template/spec/containers/0/env/-, value: {name: A}}\n    - {op: replace, path: /spec/template/spec/containers/0/env/0/value, value: x}\n";
    assert!(adds(json, "A") && !adds(json, "B"));
    assert!(adds("- path: gone.yaml\n", "B"));
}

#[test]
fn what_one_overlay_sets_another_may_lack() {
    let dev = "//- /dev/kustomization.yaml\nresources: [../base]\n";
    let prod = "patches:\n- target: {kind: Deployment}\n  patch: '[{op: add, path: /spec/template/spec/securityContext, value: {}}]'\n";
    let without = |fixture: &str| {
        let project = load(fixture);
        let file = project.files.by_path("base/web.yaml").expect("it is there");
        let path: Vec<&str> = CONTEXT.split(' ').collect();
        let found = project
            .overlays
            .built_without(file, "Deployment", "web", &path);
        found.map(str::to_owned)
    };
    let all = format!("{WEB}//- /prod/kustomization.yaml\nresources: [../base]\n{prod}");
    assert_eq!(without(&all), None);
    assert_eq!(without(&format!("{all}{dev}")).as_deref(), Some("dev"));
    let both = format!("{all}{dev}components: [../prod]\n");
    assert_eq!(without(&both), None);
}

#[test]
fn transformers_touch_their_fields() {
    for (kustomization, path, expected) in [
        (
            "images:\n- name: shop/web\n  newTag: \"2\"\n",
            "spec template spec containers image",
            true,
        ),
        (
            "images:\n- name: shop/api\n  newTag: \"2\"\n",
            "spec template spec containers image",
            false,
        ),
        (
            "images:\n- name: shop/web\n  newTag: \"2\"\n",
            "spec replicas",
            false,
        ),
        (
            "replicas:\n- name: web\n  count: 2\n",
            "spec replicas",
            true,
        ),
        (
            "replicas:\n- name: api\n  count: 2\n",
            "spec replicas",
            false,
        ),
        ("namespace: shop\n", "metadata namespace", true),
        ("namePrefix: a-\n", "metadata name", true),
        ("commonLabels: {a: b}\n", "metadata labels", true),
        ("commonLabels: {a: b}\n", "metadata labels a", true),
        ("commonLabels: {a: b}\n", "metadata labels c", false),
        (
            "commonLabels: {a: b}\n",
            "spec selector matchLabels a",
            true,
        ),
        (
            "commonLabels: {a: b}\n",
            "spec template metadata labels",
            true,
        ),
        ("labels:\n- pairs: {a: b}\n", "metadata labels a", true),
        (
            "labels:\n- pairs: {a: b}\n",
            "spec template metadata labels a",
            false,
        ),
        ("labels:\n- pairs: {a: b}\n", "spec selector", false),
        (
            "labels:\n- pairs: {a: b}\n  includeTemplates: true\n",
            "spec template metadata labels a",
            true,
        ),
        (
            "labels:\n- pairs: {a: b}\n  includeSelectors: true\n",
            "spec selector",
            true,
        ),
        ("commonAnnotations: {a: b}\n", "metadata annotations", true),
        (
            "commonAnnotations: {a: b}\n",
            "spec template metadata annotations a",
            true,
        ),
        ("commonAnnotations: {a: b}\n", "spec replicas", false),
        (
            "replacements:\n- source: {kind: ConfigMap}\n  targets:\n  - select: {kind: Deployment}\n    fieldPaths: [\"spec.template.spec.containers.[name=web].image\"]\n",
            "spec template spec containers image",
            true,
        ),
        (
            "replacements:\n- source: {kind: ConfigMap}\n  targets:\n  - select: {kind: Job}\n    fieldPaths: [spec.replicas]\n",
            "spec replicas",
            false,
        ),
    ] {
        assert_eq!(
            sets(&overlay(kustomization), path),
            expected,
            "{kustomization} {path}"
        );
    }
}

#[test]
fn changes_reach_through_several_kustomizations() {
    let project = load(&format!(
        "{WEB}//- /mid/kustomization.yaml\nresources: [../base]\nnamePrefix: a-\n\
         //- /top/kustomization.yaml\nresources: [../mid]\ncomponents: [../part]\n\
         //- /part/kustomization.yaml\nkind: Component\nresources: [job.yaml]\npatches:\n- patch: |-\n    kind: Deployment\n    metadata: {{name: a-web}}\n    spec: {{replicas: 2}}\n\
         //- /part/job.yaml\napiVersion: batch/v1\nkind: Job\nmetadata:\n  name: j\n\
         //- /other/kustomization.yaml\npatches:\n- patch: |-\n    kind: Deployment\n    metadata: {{name: web}}\n    spec: {{paused: true}}\n"
    ));
    assert!(sets(&project, "spec replicas"));
    assert!(!sets(&project, "spec paused"));
    assert!(roles(&project).contains(&"part/job.yaml Base 0".to_owned()));
}

#[test]
fn circles_and_long_chains_end() {
    let chain = (1..3000).map(|n| {
        let below = n - 1;
        format!("//- /k{n}/kustomization.yaml\nresources: [../k{below}]\n")
    });
    let first = "//- /k0/kustomization.yaml\nresources: [../base, ../k2999]\n".to_owned();
    let fixture = std::iter::once(WEB.to_owned())
        .chain([first])
        .chain(chain)
        .collect::<String>();
    let project = load(&fixture);
    // Too many to follow: silence is right.
    assert!(sets(&project, LIMITS));
    let small = load(&format!(
        "{WEB}//- /a/kustomization.yaml\nresources: [../b, ../base]\n//- /b/kustomization.yaml\nresources: [../a, .]\n"
    ));
    assert!(!sets(&small, LIMITS));
}

#[test]
fn an_overlay_outside_the_paths_counts() {
    let fixture = format!(
        "{WEB}//- /overlays/prod/kustomization.yaml\nresources: [../../base]\npatches:\n- path: p.yaml\n//- /overlays/prod/p.yaml\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{replicas: 2}}\n"
    );
    let project = load_paths(&fixture, &["base/web.yaml"]);
    assert_eq!(roles(&project), ["base/web.yaml Base 0"]);
    assert!(sets(&project, "spec replicas"));
    assert!(!sets(&project, LIMITS));
}

#[test]
fn a_patch_of_many_fields_or_aliases_ends() {
    let doubled = (1..40).map(|n| {
        let below = n - 1;
        format!("    k{n}: &a{n} [*a{below}, *a{below}]\n")
    });
    let head = "patches:\n- patch: |-\n    kind: Deployment\n    metadata: {name: web}\n    a: &a0 [1, 1]\n";
    let patch = std::iter::once(head.to_owned())
        .chain(doubled)
        .collect::<String>();
    assert!(sets(&overlay(&patch), LIMITS));
}

#[test]
fn transformers_in_files_are_read() {
    let with = |transformer: &str| {
        load(&format!(
            "{WEB}//- /prod/kustomization.yaml\nresources: [../base]\ntransformers: [t.yaml]\n\
             //- /prod/t.yaml\napiVersion: builtin\n{transformer}"
        ))
    };
    let labels = with(
        "kind: LabelTransformer\nlabels: {a: b}\nfieldSpecs:\n- {path: metadata/labels, create: true}\n- {path: spec/template/metadata/labels, kind: StatefulSet}\n",
    );
    assert!(sets(&labels, "metadata labels a") && !sets(&labels, "metadata labels b"));
    assert!(!sets(&labels, "spec template metadata labels a") && !sets(&labels, LIMITS));
    assert!(sets_on(
        &labels,
        "StatefulSet",
        "db",
        "spec template metadata labels a"
    ));
    let patch = with(
        "kind: PatchTransformer\ntarget: {kind: Deployment}\npatch: |-\n  - {op: add, path: /spec/replicas, value: 2}\n",
    );
    assert!(sets(&patch, "spec replicas") && !sets(&patch, LIMITS));
    let merge = with(
        "kind: PatchStrategicMergeTransformer\npatches:\n- |-\n  kind: Deployment\n  metadata: {name: web}\n  spec: {replicas: 2}\npaths: [gone.yaml]\n",
    );
    assert!(sets(&merge, LIMITS));
    let own = with("kind: MyTransformer\n");
    assert!(sets(&own, LIMITS));
}

#[test]
fn configurations_add_fields() {
    let project = load(&format!(
        "{WEB}//- /prod/kustomization.yaml\nresources: [../base]\nconfigurations: [c.yaml]\n\
         //- /prod/c.yaml\nimages:\n- {{kind: Deployment, path: spec/own/image}}\nnameReference:\n- kind: ConfigMap\n  fieldSpecs:\n  - {{kind: Deployment, path: spec/own/config}}\n"
    ));
    assert!(sets(&project, "spec own image") && sets(&project, "spec own config"));
    assert!(!sets(&project, LIMITS));
}
