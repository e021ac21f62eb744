//! # What it does
//! Finds everything that keeps a file from being read: errors in Dockerfiles, patterns of a
//! `.dockerignore` that the builder refuses, YAML errors in Compose files and manifests, and
//! files that are not text or cannot be opened.
//!
//! # Why it matters
//! The builder, Compose or kubectl stops at the first of these errors. Here all errors of a
//! Dockerfile are listed at once, and the first of each YAML document; what can be read of the
//! file is still reviewed.
//!
//! Silent about a name in capitals in place of an image (`FROM ARG_FROM`) that a Makefile or a
//! script beside the file, or above it, replaces: the file is a template then. So is a manifest with names in
//! braces (`{name}`) that a script or pipeline writes something over with `sed -i`. Where a helper of
//! a chart begins with a line break that breaks the line of its call, that line break is the place.
//!
//! # Example
//! ```dockerfile bad
//! FROM alpine:3.22
//! RUM apk add --no-cache curl
//! ```
//! ```dockerfile fixed
//! FROM alpine:3.22
//! RUN apk add --no-cache curl
//! ```
//! ```dockerfile good
//! FROM alpine:3.22
//! RUN apk add --no-cache curl
//! ```
//!
//! # Fix safety
//! Given for misspelt instructions and flags with one likely meaning. The file could not be
//! built before, so nothing that worked changes.
//!
//! # References
//! - <https://docs.docker.com/reference/dockerfile/>
//! - <https://docs.docker.com/build/concepts/context/#dockerignore-files>
//! - <https://yaml.org/spec/1.2.2/>

use plimsoll_project::snapshot::ReadError;
use plimsoll_project::{IgnoreUnit, ManifestUnit};
use plimsoll_source::{Confidence, Edit, FileId, Fix, Place, Safety, Severity, TextRange};
use plimsoll_yaml as yaml;

use crate::chart::leading_break::{LeadingBreak, leading_break};
use crate::deploys::fills_braces;
use crate::manifests::reach::any_text_around;
use crate::{Check, Cx, DockerfileInput, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "syntax",
    summary: "a file cannot be read or parsed",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::Sometimes,
    aliases: &[],
    checks: &[
        Check::Dockerfile(dockerfile),
        Check::Ignore(ignore),
        Check::Manifest(manifest),
        // A Compose file that is no mapping has no view, and an unreadable file no unit at all,
        // so both are looked at from the project.
        Check::Project(compose),
        Check::Project(unreadable),
    ],
};

fn dockerfile(cx: &mut Cx<'_>, input: &DockerfileInput<'_>) {
    for error in &input.unit.build.file.errors {
        if is_filled_in(cx, input, error.range)
            || is_given_digest(error.range.of(&input.unit.build.file.text))
        {
            continue;
        }
        let placeholder = placeholder(error.range.of(&input.unit.build.file.text));
        let placeholder = placeholder.map(str::to_owned);
        let draft = cx.report(error.range, error.message.clone());
        if let Some(name) = placeholder {
            draft.help(format!("write what is meant in the place of `{name}`"));
        } else if let Some(help) = &error.help {
            draft.help(help.clone());
        }
        if let Some(text) = &error.replacement {
            let title = format!("write `{text}`");
            draft.fix(
                Fix::new(title, Safety::Safe)
                    .edit(input.unit.file, Edit::replace(error.range, text.clone())),
            );
        }
    }
}

/// A part in pointed brackets, which stands in for something: `<PREFIX>`.
fn placeholder(text: &str) -> Option<&str> {
    let start = text.find('<')?;
    let end = start + text[start..].find('>')? + 1;
    let name = &text[start + 1..end - 1];
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ');
    (!name.is_empty() && name.chars().all(plain)).then_some(&text[start..end])
}

/// Whether the text is a name in capitals that a script replaces before the builder sees it.
fn is_filled_in(cx: &Cx<'_>, input: &DockerfileInput<'_>, range: TextRange) -> bool {
    let name = range.of(&input.unit.build.file.text);
    let in_capitals = name.len() > 1
        && name
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    in_capitals
        && any_text_around(cx, input.unit.file, |text| {
            let replaces = |line: &str| {
                let tools = ["sed", "s|", "s/", "s,", "s#", "perl", "replace", "m4", "-D"];
                line.contains(name) && tools.iter().any(|tool| line.contains(tool))
            };
            text.contains(name) && text.lines().any(replaces)
        })
}

/// Whether the digest of an image comes from a variable: a default that is no digest is there to
/// stop whoever gives none.
fn is_given_digest(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(_, digest)| digest.contains('$'))
}

fn ignore(cx: &mut Cx<'_>, unit: &IgnoreUnit) {
    for (range, message) in &unit.ignore.errors {
        cx.report(*range, message.clone())
            .note("the builder refuses the whole build over one bad pattern");
    }
}

/// Whether the value of a line is a name between percent signs, which a script fills in: `%IMAGE%`, `%%HOST%%`.
fn is_between_percents(line: &str) -> bool {
    let value = line.split_once(": ").map_or("", |(_, value)| value).trim();
    let inner = |value: &str, mark: &str| {
        let rest = value.strip_prefix(mark)?;
        rest.strip_suffix(mark).map(str::to_owned)
    };
    let name = inner(value, "%%").or_else(|| inner(value, "%"));
    name.is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

fn manifest(cx: &mut Cx<'_>, unit: &ManifestUnit) {
    // It is YAML once `envsubst` or the like has gone over it.
    let is_filled_in = unit.tree.errors().iter().any(|error| {
        let text = unit.tree.text();
        let start = text[..error.range.start as usize]
            .rfind('\n')
            .map_or(0, |at| at + 1);
        let line = text[start..].lines().next().unwrap_or("");
        let mut variables = line.match_indices("${").map(|(at, _)| &line[at + 2..]);
        variables.any(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
            || is_between_percents(line)
    });
    if is_filled_in || unit.tree.errors().is_empty() || fills_braces(cx, unit.tree.text()) {
        return;
    }
    yaml_errors(cx, unit.file, &unit.tree);
}

fn compose(cx: &mut Cx<'_>) {
    let project = cx.project;
    for unit in &project.composes {
        yaml_errors(cx, unit.file, &unit.tree);
    }
}

/// The first error of each document: those after it are mostly its consequences, and the
/// reference stops there as well. One without `---` belongs to what is before it.
fn yaml_errors(cx: &mut Cx<'_>, file: FileId, tree: &yaml::Tree) {
    let starts: Vec<u32> = tree
        .documents()
        .filter(|document| document.index() == 0 || document.marker().is_some())
        .map(|document| document.range().start)
        .collect();
    let mut told = None;
    for error in tree.errors() {
        let document = starts.partition_point(|&start| start <= error.range.start);
        if told == Some(document) {
            continue;
        }
        told = Some(document);
        let place = Place::new(file, error.range);
        if let Some(LeadingBreak { place, action }) = leading_break(cx, place) {
            let trimmed = format!("{} -}}}}", action.trim_end_matches("}}").trim_end());
            let message = format!(
                "a line break before the text of a helper breaks the manifest: {}",
                error.message
            );
            cx.report_at(place, message).help(format!(
                "write `{trimmed}`, which takes the line break away, or `| trim` behind the \
                 `include`"
            ));
            continue;
        }
        let draft = cx.report_at(place, error.message.clone());
        if let Some(help) = &error.help {
            draft.help(help.clone());
        }
    }
}

fn unreadable(cx: &mut Cx<'_>) {
    let project = cx.project;
    for file in &project.unreadable {
        let place = Place::new(file.file, TextRange::empty(0));
        match &file.error {
            ReadError::Tree(error) => {
                cx.report_at(place, error.to_string())
                    .note("it looks like a file to review, and was left out of the review");
            }
            ReadError::NotUtf8(offset) => {
                let path = project.path(file.file);
                cx.report_at(
                    place,
                    format!("`{path}` is not UTF-8 text: see byte {offset}"),
                )
                .note("it was left out of the review")
                .help("save the file as UTF-8");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use plimsoll_project::{Options, Project};
    use plimsoll_source::MemoryTree;

    use super::RULE;
    use crate::testing::on;
    use crate::{Date, Selection};

    #[test]
    fn a_digest_that_is_given_to_the_build_is_left_alone() {
        on(&RULE)
            .dockerfile("ARG SHA=give-me-one\nFROM alpine@sha256:${SHA}\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM alpine@sha256:abc\n")
            .flags(&["1: alpine@sha256:abc"]);
    }

    #[test]
    fn words_for_a_shell_in_a_copy_are_told() {
        let help = |line: &str| {
            let case = on(&RULE).dockerfile(&format!("FROM a:1\n{line}\n"));
            case.findings[0].help.clone().unwrap_or_default()
        };
        let shell = help("COPY nginx.conf 2>/dev/null || echo 'a' > \"b /etc/");
        assert!(
            shell.starts_with("COPY and ADD have no shell, which `2>/dev/null` is"),
            "{shell}"
        );
        assert!(help("COPY \"a b /etc/").starts_with("escape `$`"));
    }

    #[test]
    fn conflicts_of_a_merge_are_to_be_resolved() {
        let case =
            on(&RULE).dockerfile("FROM a:1\n<<<<<<< HEAD\nRUN a\n=======\nRUN b\n>>>>>>> x\n");
        assert_eq!(case.findings.len(), 3);
        for found in &case.findings {
            let help = found.help.as_deref().unwrap_or_default();
            assert!(help.starts_with("resolve the conflict"), "{help}");
        }
    }

    #[test]
    fn text_after_a_list_is_named() {
        on(&RULE)
            .manifest("apiVersion: v1\nkind: Pod\nspec:\n  args: [a, \":( b:\"]-c\n")
            .says(&["`[a, \":( b:\"]` is read as a value of its own, and text follows it"]);
    }

    #[test]
    fn a_helper_that_begins_with_a_line_break_is_the_place() {
        let chart = |helper: &str, value: &str| {
            on(&RULE).files(&format!(
                "//- /c/Chart.yaml\napiVersion: v2\nname: c\nversion: 1.0.0\n//- /c/values.yaml\nsize: 20Gi\n//- /c/templates/_h.tpl\n{{{{- define \"c.size\" -}}}}\n{helper}\n{{{{- end }}}}\n//- /c/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  size: {value}\n"
            ))
        };
        let call = "{{ include \"c.size\" . }}";
        let helper =
            "{{- if eq .Values.size \"1Gi\" }}\n{{ .Values.size }}\n{{- else }}\n20Gi\n{{- end }}";
        let case = chart(helper, call).flags(&["c/templates/_h.tpl:4: "]);
        let help = case.findings[0].help.as_deref().unwrap_or_default();
        assert!(help.starts_with("write `{{- else -}}`"), "{help}");
        let trimmed = helper.replace("{{- else }}", "{{- else -}}");
        chart(&trimmed, call).clean();
        chart(helper, "{{ include \"c.size\" . | trim }}").clean();
        // A line break of its own is another matter.
        chart("1\n20Gi", call).flags(&["c/templates/_h.tpl:3: 20Gi"]);
    }

    #[test]
    fn errors_of_every_language_are_found() {
        on(&RULE)
            .dockerfile("FROM alpine:3.22\nCOPPY a b\nRUN true\n")
            .flags(&["2: COPPY"])
            .fixed("FROM alpine:3.22\nCOPY a b\nRUN true\n");
        on(&RULE)
            .files("//- /Dockerfile\nFROM a:1\n//- /.dockerignore\na[\n")
            .flags(&[".dockerignore:1: a["]);
        let broken = on(&RULE)
            .compose("services:\n  web:\n    image: \"a:1\n")
            .findings;
        assert!(!broken.is_empty());
        let broken = on(&RULE)
            .manifest("apiVersion: v1\nkind: Pod\nmetadata:\n  name: [a\n")
            .findings;
        assert!(!broken.is_empty());
    }

    #[test]
    fn placeholders_are_told_of_or_left_alone() {
        let case = on(&RULE).dockerfile("FROM <PREFIX>php\n");
        assert!(
            case.findings[0]
                .help
                .as_deref()
                .unwrap()
                .ends_with("the place of `<PREFIX>`")
        );
        let text =
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: [${ROUTES}]\n";
        on(&RULE).manifest(text).clean();
        on(&RULE)
            .manifest(&text.replace("[${ROUTES}]", "[{b} c]"))
            .says(&["expected `,` or `]` before this"]);
    }

    #[test]
    fn names_that_a_script_fills_in_are_left_alone() {
        let files = |rest: &str| {
            on(&RULE).files(&format!(
                "//- /images/Dockerfile.in\nFROM a:1\n//- /images/Dockerfile.web\nFROM ARG_FROM\nRUN a\n{rest}"
            ))
        };
        files("//- /Makefile\nbuild:\n\tsed -e 's|ARG_FROM|$(BASE)|g' images/Dockerfile.web > x\n")
            .clean();
        let case =
            files("//- /Makefile\nARG_FROM=x\n").flags(&["images/Dockerfile.web:1: ARG_FROM"]);
        assert_eq!(
            case.findings[0].help.as_deref(),
            Some(
                "write `arg_from`; if it stands for a name, `$ARG_FROM` and `ARG ARG_FROM=…` above"
            )
        );
        on(&RULE)
            .files("//- /Dockerfile\nFROM Alpine\n//- /x.sh\nsed s/Alpine/b/\n")
            .flags(&["Dockerfile:1: Alpine"]);
    }

    #[test]
    fn values_that_begin_with_an_asterisk_are_told_of() {
        let case = on(&RULE)
            .compose(
                "services:\n  web:\n    image: a:1\n    environment:\n      PASSWORD: ******\n",
            )
            .says(&["`******` is read as an alias, and no anchor has such a name"]);
        assert_eq!(
            case.findings[0].help.as_deref(),
            Some("put the value in quotes: `\"******\"`")
        );
        on(&RULE)
            .compose("services:\n  web: *base\n")
            .says(&["unknown anchor `&base`"]);
        on(&RULE)
            .compose(
                "services:\n  web:\n    image: a:1\n    environment: {HOST: \"*.example.com\"}\n",
            )
            .clean();
    }

    #[test]
    fn a_file_that_is_no_text_is_found() {
        let mut tree = MemoryTree::new();
        tree.insert("Dockerfile", b"FROM alpine:3.22\n# \xff\n".to_vec());
        let project = Project::load(Arc::new(tree), &Options::default());
        let findings = crate::check(&project, &Selection::on(Date::new(2026, 11, 24))).findings;
        assert_eq!(findings.len(), 1, "{findings:#?}");
        assert_eq!(
            findings[0].message,
            "`Dockerfile` is not UTF-8 text: see byte 19"
        );
    }

    #[test]
    fn unusual_but_valid_text_is_left_alone() {
        on(&RULE)
            .dockerfile("\u{feff}# syntax=docker/dockerfile:1\r\nfrom a:1\r\nrun \\\r\n\r\n b\r\n")
            .clean();
        on(&RULE)
            .dockerfile("FROM a:1\nRUN <<A cat <<B\n1\nA\n2\nB\n# comment\nCMD [\"a\", 'b']\n")
            .clean();
        on(&RULE)
            .files("//- /Dockerfile\nFROM a:1\n//- /.dockerignore\n# [\n!a[b]\n\\[\n")
            .clean();
        on(&RULE)
            .compose("services:\n  web: &a\n    image: a:1\n  db: *a\n")
            .clean();
        on(&RULE)
            .manifest("---\n---\napiVersion: v1\nkind: Pod\n...\n")
            .clean();
    }

    #[test]
    fn lines_in_reverse_order_are_told_once() {
        let case = on(&RULE).manifest(
            "        cpu: 1\n      limits:\n    resources:\n  template:\nspec:\n  name: a\nmetadata:\nkind: \
             Deployment\napiVersion: apps/v1\n",
        );
        let help = case
            .findings
            .iter()
            .map(|found| found.help.clone().unwrap_or_default());
        let help: Vec<_> = help.collect();
        assert_eq!(
            help,
            ["the lines stand in reverse order: put them the other way round"]
        );
    }

    #[test]
    fn names_in_braces_that_a_pipeline_fills_in_are_no_errors() {
        let with = |command: &str| {
            on(&RULE).files(&format!(
                "//- /k8s/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{name}}-web\n//- /Jenkinsfile\n{command}\n"
            ))
        };
        with("sh(\"sed -i -e 's/{name}/${app}/g' k8s/*.yaml\")").clean();
        with("sh(\"sed -i -e 's/{tag}/${app}/g' k8s/*.yaml\")").loud_by_default();
        with("sh(\"sed -i -e 's/name/{name}/g' k8s/*.yaml\")").loud_by_default();
    }

    #[test]
    fn names_between_percent_signs_are_filled_in() {
        let with = |image: &str| {
            on(&RULE).manifest(&format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n    - image: {image}\n      name: a\n"
            ))
        };
        with("%IMAGE%").clean();
        with("%%THE_IMAGE%%").clean();
        with("%IMAGE").loud_by_default();
    }
}
