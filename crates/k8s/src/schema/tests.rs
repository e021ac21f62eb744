//! The walk, by what it says of small objects.

use plimsoll_yaml::{Dialect, parse};

use super::*;
use crate::objects::objects;

/// `line: message` of each problem.
fn problems_of(text: &str, settings: Settings) -> Vec<String> {
    let tree = parse(text, Dialect::GoV2);
    let mut found = Vec::new();
    for object in objects(&tree) {
        for problem in check(object, settings) {
            let line = text[..problem.range.start as usize].matches('\n').count() + 1;
            found.push(format!("{line}: {}", problem.message));
        }
    }
    found
}

const WHOLE: Settings = Settings {
    version: KubeVersion::NEWEST,
    whole: true,
};

#[track_caller]
fn says(text: &str, expected: &[&str]) {
    assert_eq!(problems_of(text, WHOLE), expected, "{text}");
}

fn pod(container: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n    - name: web\n      image: web:1\n{container}"
    )
}

fn config_map(rest: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\n{rest}")
}

#[test]
fn unknown_fields_are_told_with_the_nearest_name() {
    says(
        &pod("      imagePullPolice: Always\n"),
        &["8: `imagePullPolice` is no field of `spec.containers[0]`"],
    );
    let help = |text: &str| {
        let tree = parse(text, Dialect::GoV2);
        check(objects(&tree)[0], WHOLE)[0]
            .help
            .clone()
            .unwrap_or_default()
    };
    assert_eq!(
        help(&pod("      imagePullPolice: Always\n")),
        "write `imagePullPolicy`"
    );
    assert_eq!(
        help(&pod("      image_pull_policy: Always\n")),
        "write `imagePullPolicy`"
    );
    assert_eq!(
        help(&pod(
            "      restartPolicies: Always\n      hostNetwork: true\n"
        )),
        "write `restartPolicy`"
    );
    assert_eq!(
        help(&pod("      hostNetwork: true\n")),
        "move it one level up: it is a field of `PodSpec`"
    );
    assert_eq!(
        help(&pod("      runAsUser: 5\n")),
        "move it into `securityContext`"
    );
    assert_eq!(
        help(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec:\n  serviceAccountName: a\n  template: {spec: {restartPolicy: Never, containers: [{name: a, image: 'a:1'}]}}\n"
        ),
        "move it into `template.spec`"
    );
    assert_eq!(
        help(&config_map("spec: {a: b}\n")),
        "remove it, or use one of `binaryData`, `data` and `immutable`"
    );
}

#[test]
fn fields_that_came_later_are_told_with_their_version() {
    let text = pod("      restartPolicyRules: []\n");
    let old = Settings {
        version: "1.28".parse().expect("known"),
        whole: true,
    };
    assert_eq!(
        problems_of(&text, old),
        ["8: `restartPolicyRules` is no field of `spec.containers[0]` in Kubernetes 1.28"]
    );
    says(&text, &[]);
}

#[test]
fn types_are_those_of_the_decoder() {
    says(
        &pod("      ports: [{containerPort: \"80\"}]\n"),
        &["8: `containerPort` must be a whole number, not a string"],
    );
    says(
        &pod("      env: [{name: A, value: 1}]\n"),
        &["8: `value` must be a string, not a number"],
    );
    says(
        &pod("      env: {A: b}\n"),
        &["8: `env` must be a list of mappings, not a mapping"],
    );
    says(
        &pod("      command: run\n"),
        &["8: `command` must be a list of strings, not a string"],
    );
    says(
        &pod("      securityContext: [a]\n"),
        &["8: `securityContext` must be one mapping, not a list"],
    );
    says(
        &config_map("data: {a: true}\n"),
        &["4: `a` must be a string, not a boolean"],
    );
    says(
        &config_map("immutable: \"true\"\n"),
        &["4: `immutable` must be `true` or `false`, not a string"],
    );
    says(&config_map("immutable: yes\n"), &[]);
    says(&config_map("data: {a: null}\n"), &[]);
}

#[test]
fn mends_add_and_remove_quotes() {
    let mended = |text: &str| {
        let tree = parse(text, Dialect::GoV2);
        let problem = check(objects(&tree)[0], WHOLE).remove(0);
        let edits = problem.mend.expect("a mend").edits;
        plimsoll_source::edit::apply(text, &edits).expect("edits apply")
    };
    assert_eq!(
        mended(&config_map("data: {a: 1}\n")),
        config_map("data: {a: \"1\"}\n")
    );
    assert_eq!(
        mended(&config_map("immutable: 'true'\n")),
        config_map("immutable: true\n")
    );
    assert_eq!(
        mended(&pod("      ports: [{containerPort: \"80\"}]\n")),
        pod("      ports: [{containerPort: 80}]\n")
    );
    assert_eq!(
        mended(&pod("      command: run\n")),
        pod("      command: [run]\n")
    );
}

#[test]
fn what_is_filled_in_later_is_left_alone() {
    says(
        &pod("      ports: [{containerPort: \"${PORT}\", name: <name>}]\n"),
        &[],
    );
    says(
        &pod("      ports: [{containerPort: $PORT}]\n      imagePullPolicy: $(POLICY)\n"),
        &[],
    );
    says(&config_map("data: {YOUR_KEY: a, \"${KEY}\": b}\n"), &[]);
}

#[test]
fn what_a_limit_range_limits_depends_on_what_it_is_for() {
    let range = |item: &str| {
        format!(
            "apiVersion: v1\nkind: LimitRange\nmetadata: {{name: a}}\nspec:\n  limits:\n  - {item}\n"
        )
    };
    says(
        &range("{type: PersistentVolumeClaim, default: {storage: 1Gi}, max: {storage: 9Gi}}"),
        &[],
    );
    says(
        &range("{type: PersistentVolumeClaim, default: {storage: 1Gi}}"),
        &["6: `spec.limits[0]` lacks `min.storage` or `max.storage`"],
    );
    for kind in ["Container", "Pod"] {
        says(
            &range(&format!("{{type: {kind}, default: {{storage: 1Gi}}}}")),
            &["6: `storage` is no resource that a container can ask for"],
        );
    }
    says(
        &range("{type: Container, defaultRequest: {memory: 100m, cpu: -1}}"),
        &[
            "6: `memory` of `100m` is a fraction of a byte",
            "6: `cpu` is negative",
        ],
    );
    says(
        &range("{type: openshift.io/Image, default: {storage: 1Gi}}"),
        &[],
    );
}

fn helps(text: &str) -> Vec<String> {
    let tree = parse(text, Dialect::GoV2);
    let problems = objects(&tree).into_iter().flat_map(|one| check(one, WHOLE));
    problems.filter_map(|problem| problem.help).collect()
}

#[test]
fn two_objects_in_one_document_are_one_problem() {
    let two = |second: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a}}\nreplicas: 2\n{second}"
        )
    };
    says(
        &two("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {a: b}\n"),
        &["5: `apiVersion` is there twice: two objects stand in one document"],
    );
    assert!(
        helps(&two(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n"
        ))[0]
            .contains("leave one")
    );
    // A kustomization holds nothing beside itself.
    let text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\napiVersion: v1\nkind: ConfigMap\n";
    assert!(helps(text)[0].contains("a file of its own"));
    // A slip in one object.
    let text = two("kind: Deployment\nspec: {}\n");
    assert!(problems_of(&text, WHOLE).len() > 2, "{text}");
}

#[test]
fn ports_that_are_the_same_need_another_number() {
    let text = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - {name: a, port: 80}\n  - {name: b, port: 80}\n";
    assert!(helps(text)[0].contains("another number"));
}

#[test]
fn what_belongs_into_an_item_is_sent_there() {
    let policy = |rule: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: a}}\nspec:\n  podSelector: {{}}\n  egress:\n{rule}"
        )
    };
    let selector = "    podSelector: {}\n";
    assert_eq!(
        helps(&policy(&format!(
            "  - to:\n    - namespaceSelector: {{}}\n{selector}"
        ))),
        ["move it into `to[0]`"]
    );
    assert_eq!(
        helps(&policy(&format!("  - ports: [{{port: 80}}]\n{selector}"))),
        ["move it into `to`"]
    );
    let from = |item: &str| helps(&pod(&format!("      envFrom:\n        - {item}\n")));
    assert_eq!(
        from("{name: A, valueFrom: {secretKeyRef: {name: a, key: b}}}"),
        ["move the whole item to `env`, whose items have `name` and `valueFrom`"]
    );
    // One that is misspelt is none of another list's.
    assert_eq!(from("{secretRef: {name: a}, prefx: A}"), ["write `prefix`"]);
}

#[test]
fn missing_fields_are_told_where_they_would_go() {
    says(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - image: a\n    - name: b\n",
        &[
            "6: `spec.containers[0]` lacks `name`",
            "7: `spec.containers[1]` lacks `image`",
        ],
    );
    says(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  replicas: 1\n",
        &["4: `spec` lacks `selector`", "4: `spec` lacks `template`"],
    );
    says(
        "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: a}]}\n",
        &["2: `Pod` has no name"],
    );
    let patch = Settings {
        whole: false,
        ..WHOLE
    };
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  replica: 1\n";
    assert_eq!(
        problems_of(text, patch),
        ["5: `replica` is no field of `spec`"]
    );
}

#[test]
fn equal_items_are_refused_or_warned_of() {
    says(
        &pod("    - name: web\n      image: b\n"),
        &["8: two of `containers` have the same `name`: `web`"],
    );
    let text = pod("      env: [{name: A}, {name: A}]\n");
    let tree = parse(text.as_str(), Dialect::GoV2);
    let problems = check(objects(&tree)[0], WHOLE);
    assert!(
        problems.len() == 1 && problems[0].is_warning,
        "{problems:?}"
    );
    says(
        &pod("      ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}]\n"),
        &[],
    );
    says(
        &config_map("data:\n  a: b\n  a: c\n"),
        &["6: `a` is there twice, and only the last counts"],
    );
    // A line between two objects is missing.
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\napiVersion: v1\nkind: \
                ConfigMap\nmetadata: {name: b}\n";
    let tree = parse(text, Dialect::GoV2);
    let problems = check(objects(&tree)[0], WHOLE);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0]
            .help
            .as_deref()
            .is_some_and(|help| help.contains("`---`"))
    );
}

#[test]
fn kinds_and_versions_are_told() {
    says(
        "apiVersion: v1\nkind: Deployment\n",
        &["1: `v1` has no kind `Deployment`"],
    );
    says(
        "apiVersion: apps/v1\nkind: Deploymnet\n",
        &["2: `apps/v1` has no kind `Deploymnet`"],
    );
    says(
        "apiVersion: app/v1\nkind: Deployment\n",
        &["1: `app/v1` has no kind `Deployment`"],
    );
    says("apiVersion: v1\nkind: Template\n", &[]);
    says("apiVersion: a.example/v1\nkind: Deployment\n", &[]);
    says(
        "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\n",
        &[],
    );
    says("apiVersion: \"{{ version }}\"\nkind: Deployment\n", &[]);
}

#[test]
fn a_claim_takes_the_place_of_a_volume_of_its_name() {
    let set = |claim: &str, source: &str| {
        format!(
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: a}}\nspec:\n  serviceName: a\n  selector: {{matchLabels: {{a: b}}}}\n  template:\n    metadata: {{labels: {{a: b}}}}\n    spec:\n      containers: [{{name: a, image: a:1}}]\n      volumes:\n        - name: data\n          {source}\n  volumeClaimTemplates: [{{metadata: {{name: {claim}}}, spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}}}]\n"
        )
    };
    for source in ["hostPath: {path: ''}", "hostPath: {path: /a}, emptyDir: {}"] {
        let source = source.replace(", e", "\n          e");
        says(&set("data", &source), &[]);
        assert_eq!(
            problems_of(&set("other", &source), WHOLE).len(),
            1,
            "{source}"
        );
    }
    // What cannot be read is refused all the same.
    says(
        &set("data", "hostPath: {paths: /a}"),
        &["13: `paths` is no field of `spec.template.spec.volumes[0].hostPath`"],
    );
}

#[test]
fn any_text_is_taken() {
    let whole = pod("      ports: [{containerPort: 80}]\n      env: [{name: A, value: b}]\n");
    for end in 0..whole.len() {
        problems_of(&whole[..end], WHOLE);
        let torn = format!("{}{}", &whole[..end], &whole[(end + 3).min(whole.len())..]);
        problems_of(&torn, WHOLE);
    }
}

#[test]
fn aliases_do_not_multiply_the_work() {
    let mut text = String::from(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\nspec:\n  a0: &a0 {properties: {x: {type: string}}}\n",
    );
    for n in 1..40 {
        let before = n - 1;
        let both = format!("{{properties: {{x: *a{before}, y: *a{before}}}}}");
        for part in [
            "  a",
            &n.to_string(),
            ": &a",
            &n.to_string(),
            " ",
            &both,
            "\n",
        ] {
            text.push_str(part);
        }
    }
    text.push_str("  versions: [{name: v1, schema: {openAPIV3Schema: *a39}}]\n");
    problems_of(&text, WHOLE);
}
