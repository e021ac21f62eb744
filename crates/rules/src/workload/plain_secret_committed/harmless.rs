//! Where values that anyone would guess do no harm: whoever applies the Secret has been told, or
//! nobody applies it but on a machine of their own.

use plimsoll_project::ManifestUnit;
use plimsoll_secrets::placeholder::is_placeholder;
use plimsoll_source::files::{file_name, parent};
use plimsoll_source::{Place, ValueRole};
use plimsoll_yaml::{Document, Node};

use super::values;
use crate::chart::given::behind;
use crate::{Cx, ObjectInput};

/// Whether the guessable values of a Secret, which stand at these places, are for pedantic reviews.
pub(super) fn is_unneeded(cx: &Cx<'_>, input: &ObjectInput<'_>, places: &[Place]) -> bool {
    says_they_stand_in(input)
        || is_form(input)
        || is_for_development(cx, input, places)
        || is_left_out(cx, input)
}

/// The most lines of comments above an object that are read.
const MAX_ABOVE: usize = 20;

/// Whether a comment within the Secret or right above it says that all of its values are placeholders:
/// `NEVER deploy with these placeholder values`, `Replace with actual values`; or one above it that it
/// is for development alone. One that asks to change a single value, or for production alone, does not say so.
fn says_they_stand_in(input: &ObjectInput<'_>) -> bool {
    const WORDS: [&str; 6] = [
        "these are placeholder",
        "these placeholder",
        "placeholder values",
        "replace with actual values",
        "replace with real values",
        "replace these values",
    ];
    const OF_ALL: [&str; 8] = [
        "dev-only",
        "dev only",
        "development only",
        "for local development",
        "local only",
        "local-only",
        "throwaway",
        "throw-away",
    ];
    let text = input.unit.tree.text();
    let range = input.object.node().range();
    let says = |line: &str, words: &[&str]| {
        let comment = line.trim_start().strip_prefix('#');
        comment.is_some_and(|comment| {
            let lower = comment.to_lowercase();
            words.iter().any(|word| lower.contains(word))
        })
    };
    let is_of_none = |line: &&str| {
        let line = line.trim_start();
        line.is_empty() || line.starts_with('#')
    };
    let above = text[..range.start as usize].lines().rev();
    let mut above = above.take_while(is_of_none).take(MAX_ABOVE);
    range.of(text).lines().any(|line| says(line, &WORDS))
        || above.any(|line| says(line, &WORDS) || says(line, &OF_ALL))
}

/// Whether most values of the Secret stand in for others: then the rest are samples as well.
fn is_form(input: &ObjectInput<'_>) -> bool {
    let values = values(input.object);
    let filled = values.iter().filter(|(_, text)| !text.trim().is_empty());
    let all = filled.clone().count();
    let open = filled.filter(|(_, text)| is_placeholder(text)).count();
    all > 2 && open * 2 > all
}

/// Whether the path of the file says that it is for development, or of a rendered one the path of every
/// file of values that has a part in the values of the Secret.
fn is_for_development(cx: &Cx<'_>, input: &ObjectInput<'_>, places: &[Place]) -> bool {
    let is_such = |place: Place| is_path_of_development(cx.project.path(place.file));
    if cx.project.generated(input.unit.file).is_none() {
        return is_path_of_development(cx.project.path(input.unit.file));
    }
    places.iter().all(|place| {
        let Some(behind) = behind(cx, *place) else {
            return false;
        };
        let mut files = behind
            .values(ValueRole::Content)
            .filter_map(|value| value.place);
        files.next().is_some_and(is_such) && files.all(is_such)
    })
}

/// Whether a folder of the path or the name of the file is for development, and none is for what others
/// use: `overlays/dev`, `values-local.yaml`.
fn is_path_of_development(path: &str) -> bool {
    const OURS: [&str; 10] = [
        "dev",
        "devel",
        "develop",
        "development",
        "k3d",
        "kind",
        "local",
        "localdev",
        "localhost",
        "minikube",
    ];
    const OTHERS: [&str; 8] = [
        "live",
        "preprod",
        "prd",
        "prod",
        "production",
        "stage",
        "staging",
        "stg",
    ];
    // What may stand beside: `local-cluster`, `values-dev`.
    const BESIDE: [&str; 12] = [
        "cluster",
        "config",
        "env",
        "environment",
        "k8s",
        "only",
        "overlay",
        "secret",
        "secrets",
        "stack",
        "values",
        "deploy",
    ];
    let lower = path.to_ascii_lowercase();
    let of_file = file_name(&lower);
    let stem = of_file.rsplit_once('.').map_or(of_file, |(stem, _)| stem);
    let parts = || parent(&lower).split('/').chain([stem]);
    let words = |part: &'_ str| -> Vec<String> {
        let words = part.split(['-', '_', '.']);
        words
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let is_ours = |part: &str| {
        let words = words(part);
        let known = |word: &String| OURS.contains(&&**word) || BESIDE.contains(&&**word);
        words.iter().any(|word| OURS.contains(&&**word)) && words.iter().all(known)
    };
    let is_of_others = |part: &str| words(part).iter().any(|word| OTHERS.contains(&&**word));
    parts().any(is_ours) && !parts().any(is_of_others)
}

/// Whether the kustomization of the folder lists other files and not this one, no other takes it, and
/// nothing beside it that is left out as well names the Secret: then both are applied by hand.
fn is_left_out(cx: &Cx<'_>, input: &ObjectInput<'_>) -> bool {
    const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "kustomization"];
    let (project, own) = (cx.project, input.unit.file);
    if project.overlays.is_member(own) || project.generated(own).is_some() {
        return false;
    }
    let folder = parent(project.path(own));
    let beside = || {
        let units = project.manifests.iter();
        units.filter(|unit| unit.file != own && parent(project.path(unit.file)) == folder)
    };
    let lists_files = |root: Node<'_>| {
        let mut listed = root.get("resources").into_iter().flat_map(Node::items);
        listed.any(|item| {
            item.str()
                .is_some_and(|path| path.ends_with(".yaml") || path.ends_with(".yml"))
        })
    };
    let is_listing = |unit: &ManifestUnit| {
        let name = file_name(project.path(unit.file)).to_ascii_lowercase();
        let mut roots = unit.tree.documents().filter_map(Document::root);
        NAMES.contains(&&*name) && roots.any(lists_files)
    };
    let name = input.object.name().unwrap_or_default();
    let names_it = |unit: &ManifestUnit| {
        let text = unit.tree.text();
        let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-.".contains(c)));
        !project.overlays.is_member(unit.file) && words.any(|word| *word == *name)
    };
    beside().any(is_listing) && !beside().any(names_it)
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use super::super::tests::secret;
    use super::is_path_of_development;
    use crate::testing::on;

    #[test]
    fn values_that_a_comment_calls_placeholders_are_left_to_pedantic_reviews() {
        let with = |comment: &str, value: &str| {
            secret(&format!(
                "stringData:\n  # {comment}\n  JWT_SECRET: PLACEHOLDER_REPLACE\n  DATABASE_URL: \"postgres://user:{value}@postgres:5432/a\""
            ))
        };
        let said = "NEVER deploy with these placeholder values";
        with(said, "password").quiet_by_default();
        with("Replace with actual values", "password").quiet_by_default();
        with("change it in production", "password").loud_by_default();
        with(said, "kJ8x2mQ9vT4w").loud_by_default();
    }

    #[test]
    fn samples_beside_placeholders_are_left_to_pedantic_reviews() {
        let with = |third: &str| {
            secret(&format!(
                "stringData:\n  JWT_SECRET: REPLACE_WITH_SECRET\n  API_KEY: REPLACE_WITH_KEY\n  OTHER_KEY: {third}\n  \
                 DATABASE_URL: \"postgres://a:password@db:5432/a\""
            ))
        };
        with("CHANGE_ME").quiet_by_default();
        with("admin").loud_by_default();
    }

    #[test]
    fn what_a_comment_above_calls_throwaway_is_left_to_pedantic_reviews() {
        let with = |head: &str, value: &str| {
            on(&RULE).manifest(&format!(
                "{head}\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData:\n  PASSWORD: {value}\n"
            ))
        };
        let said = "# DEV-ONLY secret — giá trị throwaway cho cluster local (minikube/kind).";
        with(said, "admin").quiet_by_default();
        with(&format!("kind: A\n---\n{said}\n# Giá trị\n"), "admin").quiet_by_default();
        with(said, "kJ8x2mQ9vT4w").loud_by_default();
        with(&format!("{said}\nkind: A\n---"), "admin").loud_by_default();
        with("# change it in production", "admin").loud_by_default();
    }

    #[test]
    fn guessable_values_for_development_are_left_to_pedantic_reviews() {
        let text = |value: &str| {
            format!(
                "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{password: {value}}}\n"
            )
        };
        let plain =
            |path: &str, value: &str| on(&RULE).files(&format!("//- /{path}\n{}", text(value)));
        plain("k8s/overlays/dev/secret.yaml", "admin").quiet_by_default();
        plain("k8s/overlays/dev/secret.yaml", "kJ8x2mQ9vT4w").loud_by_default();
        plain("k8s/overlays/prod/secret.yaml", "admin").loud_by_default();
        let chart = |values: &str| {
            on(&RULE).files(&format!(
                "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n{values}//- /c/templates/a.yaml\n{{{{- if .Values.pw }}}}\n{}{{{{- end }}}}\n",
                text("{{ .Values.pw }}")
            ))
        };
        let local = "//- /c/values-local.yaml\npw: admin\n";
        chart(&format!("//- /c/values.yaml\npw: ''\n{local}")).quiet_by_default();
        chart(&format!("//- /c/values.yaml\npw: admin\n{local}")).loud_by_default();
    }

    #[test]
    fn paths_say_what_is_for_development() {
        for path in [
            "overlays/dev/a.yaml",
            "kind/a.yaml",
            "c/values-local.yaml",
            "a/local-cluster/b.yaml",
            "secrets.dev.yaml",
        ] {
            assert!(is_path_of_development(path), "{path}");
        }
        for path in [
            "a.yaml",
            "devices/a.yaml",
            "local-path-provisioner/a.yaml",
            "dev/prod/a.yaml",
            "staging/values-dev.yaml",
        ] {
            assert!(!is_path_of_development(path), "{path}");
        }
    }

    #[test]
    fn what_the_kustomization_beside_it_leaves_out_is_left_to_pedantic_reviews() {
        let with = |value: &str, listed: &str, more: &str| {
            on(&RULE).files(&format!(
                "//- /a/kustomization.yaml\nresources: [{listed}]\n//- /a/b.yaml\napiVersion: v1\nkind: Namespace\n\
                 metadata: {{name: n}}\n//- /a/secret.yaml\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\n\
                 stringData: {{password: {value}}}\n{more}"
            ))
        };
        with("admin", "b.yaml", "").quiet_by_default();
        with("admin", "b.yaml, secret.yaml", "").loud_by_default();
        with("kJ8x2mQ9vT4w", "b.yaml", "").loud_by_default();
        let other = "//- /a/dependent/kustomization.yaml\nresources: [../secret.yaml]\n";
        with("admin", "b.yaml", other).loud_by_default();
        with("admin", "../c", "").loud_by_default();
        // Applied by hand, as what reads it.
        let pod = "//- /a/pod.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    \
                   image: c:1\n    envFrom: [{secretRef: {name: s}}]\n";
        with("admin", "b.yaml", pod).loud_by_default();
        with("admin", "b.yaml, pod.yaml", pod).quiet_by_default();
    }
}
