//! # What it does
//! Finds what `nindent` and `indent` put elsewhere than the layout of the template suggests: a
//! key that stays empty, because what should be in it is not indented deeper; entries that land
//! in another mapping than those that they stand among; a first line that is further in than the
//! others, because `indent` comes after blanks.
//!
//! # Why it matters
//! The result is often valid YAML: Helm installs it, the API server drops or ignores fields that
//! it does not expect there, and the limits, labels or volumes of the values are without effect.
//!
//! # Example
//! ```yaml bad
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! labels: {team: payments}
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: payments
//!   labels:
//!     {{- toYaml .Values.labels | nindent 2 }}
//! ```
//! ```yaml good
//! //- /chart/Chart.yaml
//! apiVersion: v2
//! name: payments
//! version: 1.0.0
//! //- /chart/values.yaml
//! labels: {team: payments}
//! //- /chart/templates/configmap.yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata:
//!   name: payments
//!   labels:
//!     {{- toYaml .Values.labels | nindent 4 }}
//! ```
//!
//! # References
//! - <https://helm.sh/docs/chart_template_guide/function_list/#indent>
//! - <https://helm.sh/docs/howto/charts_tips_and_tricks/>

use plimsoll_project::ManifestUnit;
use plimsoll_source::{Confidence, Severity, SourceFile, TextRange};
use plimsoll_yaml::{Entry, Kind, Node, Tree};

use crate::{Check, Cx, FixKind, Rule, Strictness};

pub(crate) static RULE: Rule = Rule {
    id: "toyaml-indent",
    summary: "indented text lands elsewhere than the layout of the template suggests",
    since: "0.1.0",
    severity: Severity::Error,
    confidence: Confidence::High,
    strictness: Strictness::Default,
    fix: FixKind::None,
    aliases: &[],
    checks: &[Check::Manifest(check)],
};

/// What one line of the template wrote.
struct Block {
    line: u32,
    range: TextRange,
}

fn check(cx: &mut Cx<'_>, unit: &ManifestUnit) {
    let files = &cx.project.files;
    let source = files.get(unit.file);
    let Some(map) = &source.origins else { return };
    // Rendered text is called after its template.
    let whole = TextRange::at(0, source.text.len());
    let mut template: Option<(plimsoll_source::FileId, bool)> = None;
    let mut is_own = |file| match template {
        Some((known, is_own)) if known == file => is_own,
        _ => {
            let is_own = files.get(file).path == source.path;
            template = Some((file, is_own));
            is_own
        }
    };
    let mut blocks: Vec<(Block, &SourceFile)> = Vec::new();
    let mut open: Option<(Block, &SourceFile)> = None;
    for (part, background) in map.behind(whole) {
        let top = background.chain.last().copied().unwrap_or(part.place);
        let is_text = part.verbatim && background.chain.is_empty();
        if is_text || !is_own(top.file) {
            blocks.extend(open.take());
            continue;
        }
        let file = files.get(top.file);
        let line = file.line_col(top.range.start).line;
        match &mut open {
            Some((block, _)) if block.line == line => block.range.end = part.output.end,
            _ => {
                blocks.extend(open.take());
                let range = part.output;
                open = Some((Block { line, range }, file));
            }
        }
    }
    blocks.extend(open);
    let mut found = Vec::new();
    for (block, file) in blocks {
        found.extend(misplaced(&unit.tree, &block, file));
    }
    for Misplaced {
        range,
        message,
        help,
    } in found
    {
        cx.report(range, message).help(help);
    }
}

struct Misplaced {
    range: TextRange,
    message: String,
    help: String,
}

fn misplaced(tree: &Tree, block: &Block, template: &SourceFile) -> Option<Misplaced> {
    let line = template.lines().line_range(&template.text, block.line)?;
    let (before, line) = (line.start, line.of(&template.text));
    let action = line.trim();
    let is_alone =
        action.starts_with("{{") && action.ends_with("}}") && action.matches("{{").count() == 1;
    if !is_alone || !action.contains("indent ") {
        return None;
    }
    let text = tree.text();
    let out = block.range.of(text);
    let blank = out.len() - out.trim_start().len();
    let start = block.range.start as usize + blank;
    if blank == out.len() {
        return None;
    }
    let end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let range = TextRange::at(start, start + text[start..end].trim_end().len());
    let column = column_of(text, start);
    if let Some(found) = uneven(line, out, range) {
        return Some(found);
    }
    // The line of the template before it that gives text, and the one of the output.
    let is_text = |line: &&str| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with("{{") && !line.starts_with('#')
    };
    let before = &template.text[..before as usize];
    let above = before.rsplit('\n').find(is_text)?;
    let shown = text[..block.range.start as usize].trim_end();
    let from = shown.rfind('\n').map_or(0, |at| at + 1);
    let (key, at) = key_of(&shown[from..])?;
    let (wanted, template_at) = key_of(above)?;
    if key != wanted {
        return None;
    }
    let entry = entry_at(tree, (from + at) as u32)?;
    let action_at = line.len() - line.trim_start().len();
    let opens = above.trim_end().ends_with(':') && shown.ends_with(':');
    let inner = entry_at(tree, start as u32);
    let lands = || match inner.as_ref().and_then(|inner| inner.holder.key()?.text()) {
        Some(other) => format!("lands in `{other}`"),
        None => "lands outside of it".to_owned(),
    };
    if opens {
        // A list may stand at the column of its key.
        // What brings its key along needs no other one.
        let again = key_of(text[range.start as usize..range.end as usize].trim_start());
        if again.is_some_and(|(again, _)| again == key) {
            return None;
        }
        let is_empty = entry.entry.value.is_null() && entry.entry.value.range().is_empty();
        let after =
            (start as u32) > entry.entry.key.range().end && column <= column_of(text, from + at);
        return (is_empty && after && inner.is_some()).then(|| Misplaced {
            range,
            message: format!("`{key}` stays empty: what should be in it {}", lands()),
            help: format!("indent it by more than {}", column_of(text, from + at)),
        });
    }
    // Only a line at the column of the one above it says that it belongs beside that.
    if action_at != template_at {
        return None;
    }
    let depth = column_of(text, from + at);
    match &inner {
        Some(inner)
            if inner.holder != entry.holder
                && column < depth
                && !is_meant(action, inner.holder) =>
        {
            Some(Misplaced {
                range,
                message: format!("this stands below `{key}` in the template and {}", lands()),
                help: format!("indent it by {depth}, as `{key}` is"),
            })
        }
        None if entry.entry.value.kind() == Kind::Scalar
            && !entry
                .entry
                .value
                .source()
                .starts_with(['|', '>', '"', '\''])
            && entry.entry.value.full_range().covers(range)
            && entry.entry.value.range().start < range.start =>
        {
            Some(Misplaced {
                range,
                message: format!("this becomes part of the text of `{key}`"),
                help: format!("indent it by {depth}, as `{key}` is"),
            })
        }
        _ => None,
    }
}

/// Whether an action names what it lands in: `.Values.service.spec` in `spec`.
fn is_meant(action: &str, holder: Node<'_>) -> bool {
    let key = holder.key().and_then(Node::text).unwrap_or_default();
    let words = action.split(|c: char| !c.is_ascii_alphanumeric());
    let mut words = words.map(str::to_lowercase);
    !key.is_empty() && words.any(|word| word.contains(&key.to_lowercase()))
}

/// `indent` after blanks: they are in front of the first line only.
fn uneven(line: &str, out: &str, range: TextRange) -> Option<Misplaced> {
    let action = line.trim_start();
    let blanks = line.len() - action.len();
    // What begins with a line break leaves the blanks alone on a line.
    if out
        .split_once('\n')
        .is_some_and(|(first, _)| first.trim().is_empty())
    {
        return None;
    }
    let is_indent = action.contains(" indent ") && !action.starts_with("{{-");
    let mut lines = out.lines().filter(|line| !line.trim().is_empty());
    let depth = |line: &str| line.len() - line.trim_start().len();
    // What is in front of the first line is text of the template, and no part of the block.
    let (first, second) = (lines.next()?, lines.next()?);
    let goes_on = first.trim_end().ends_with([':', '|', '>', '-']);
    // What is trimmed afterwards begins where the blanks end.
    let is_even = blanks + depth(first) == depth(second);
    let is_uneven = depth(first) <= depth(second) && !goes_on && !is_even;
    (is_indent && blanks > 0 && is_uneven).then(|| Misplaced {
        range,
        message: format!(
            "the first line is indented by {} and the others by {}",
            blanks + depth(first),
            depth(second)
        ),
        help: "write `{{- … | nindent N }}`, or begin the line with the action".to_owned(),
    })
}

/// How many characters of its line are before an offset.
fn column_of(text: &str, at: usize) -> usize {
    at - text[..at].rfind('\n').map_or(0, |at| at + 1)
}

/// The key of a line, and where in the line it stands.
fn key_of(line: &str) -> Option<(&str, usize)> {
    let mut at = line.len() - line.trim_start().len();
    while let Some(rest) = line[at..].strip_prefix("- ") {
        at = line.len() - rest.trim_start().len();
    }
    let rest = &line[at..];
    let end = rest
        .find(": ")
        .or_else(|| rest.trim_end().strip_suffix(':').map(str::len))?;
    Some((&rest[..end], at))
}

/// An entry with the mapping that holds it.
struct Found<'t> {
    holder: Node<'t>,
    entry: Entry<'t>,
}

/// The innermost entry whose key starts at an offset.
fn entry_at(tree: &Tree, at: u32) -> Option<Found<'_>> {
    let mut documents = tree.documents().filter_map(|document| document.root());
    let mut node =
        documents.find(|root| root.full_range().start <= at && at < root.full_range().end)?;
    'down: loop {
        for entry in node.entries() {
            if entry.key.range().start == at {
                return Some(Found {
                    holder: node,
                    entry,
                });
            }
            let inside = entry.value.full_range();
            if inside.start <= at && at < inside.end {
                node = entry.value;
                continue 'down;
            }
        }
        for item in node.items() {
            let inside = item.full_range();
            if inside.start <= at && at < inside.end {
                node = item;
                continue 'down;
            }
        }
        return None;
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::chart::given::tests::{chart, deployment};
    use crate::testing::on;

    const VALUES: &str = "labels: {team: web, tier: front}\nmetadata: {namespace: x}\nargs: [a, b]";

    fn config(lines: &str) -> String {
        chart(
            VALUES,
            &format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels:\n{lines}"),
        )
    }

    #[test]
    fn keys_that_stay_empty_are_found() {
        on(&RULE)
            .files(&config("    {{- toYaml .Values.labels | nindent 2 }}\n"))
            .flags(&["c/templates/a.yaml:6: toYaml .Values.labels"])
            .says(&["`labels` stays empty: what should be in it lands in `metadata`"])
            .loud_by_default();
        on(&RULE)
            .files(&config(
                "    {{- with .Values.labels }}\n    {{- toYaml . | nindent 2 }}\n    {{- end }}\n",
            ))
            .says(&["`labels` stays empty: what should be in it lands in `metadata`"]);
        on(&RULE)
            .files(&deployment(
                "resources: {limits: {memory: 1Gi}}",
                "",
                "          image: a:1\n          resources:\n            {{- toYaml .Values.resources | nindent 8 }}\n",
            ))
            .flags(&[]);
    }

    #[test]
    fn entries_that_land_elsewhere_are_found() {
        on(&RULE)
            .files(&config(
                "    app: a\n    {{- toYaml .Values.labels | nindent 2 }}\n",
            ))
            .says(&["this stands below `app` in the template and lands in `metadata`"]);
        on(&RULE)
            .files(&config("    app: a\n    {{- include \"c.labels\" . | nindent 2 }}\n//- /c/templates/_h.tpl\n{{- define \"c.labels\" -}}\nteam: web\n{{- end -}}\n"))
            .says(&["this stands below `app` in the template and lands in `metadata`"]);
    }

    #[test]
    fn a_first_line_that_is_further_in_is_found() {
        on(&RULE)
            .files(&config("    {{ toYaml .Values.labels | indent 4 }}\n"))
            .says(&["the first line is indented by 8 and the others by 4"]);
    }

    #[test]
    fn what_becomes_part_of_a_text_is_found() {
        let values = VALUES.replace("args", "word: b\nargs");
        let lines = "    app: a\n    {{- .Values.word | nindent 8 }}\n";
        on(&RULE)
            .files(&config(lines).replace(VALUES, &values))
            .says(&["this becomes part of the text of `app`"]);
    }

    #[test]
    fn block_texts_hold_what_is_indented_in_them() {
        on(&RULE)
            .files(&chart(
                VALUES,
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a.yaml: |\n  {{- toYaml .Values.labels | nindent 4 }}\n",
            ))
            .clean();
    }

    #[test]
    fn what_stands_where_it_should_is_clean() {
        for lines in [
            "    {{- toYaml .Values.labels | nindent 4 }}\n",
            "    {{- toYaml .Values.labels | nindent 8 }}\n",
            "{{ toYaml .Values.labels | indent 4 }}\n",
            "    app: a\n    {{- toYaml .Values.labels | nindent 4 }}\n",
            "    {{ toYaml .Values.labels | indent 4 | trim }}\n",
            "    app: a\n    {{- toYaml .Values.metadata | nindent 2 }}\n",
            "    app: a\n  {{- with .Values.labels }}\n  annotations:\n    {{- toYaml . | nindent 4 }}\n  {{- end }}\n",
        ] {
            on(&RULE).files(&config(lines)).clean();
        }
        on(&RULE)
            .files(&deployment(
                VALUES,
                "",
                "          image: a:1\n          args:\n          {{- toYaml .Values.args | nindent 10 }}\n",
            ))
            .clean();
    }

    #[test]
    fn an_empty_first_line_and_a_key_that_is_printed_again_are_left_alone() {
        let helper = |name: &str, text: &str| {
            format!(
                "//- /c/templates/_h.tpl\n{{{{- define \"c.{name}\" }}}}\n{text}{{{{- end }}}}\n"
            )
        };
        let labels = "    {{ include \"c.labels\" . | indent 4 }}\n";
        on(&RULE)
            .files(&config(&format!(
                "{labels}{}",
                helper("labels", "team: web\ntier: a\n")
            )))
            .clean();
        let again = "    {{- include \"c.labels\" . | nindent 2 }}\n";
        on(&RULE)
            .files(&config(&format!(
                "{again}{}",
                helper("labels", "labels:\n  team: web\n")
            )))
            .clean();
    }
}
