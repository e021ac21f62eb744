//! What would have filled something that a rendered object lacks: the values of the chart that
//! are empty, or that keep a branch from being taken.
//!
//! Where a branch wrote nothing a render keeps a point ([`Gap`]). It is a cause only if the branch
//! writes the missing key, at the column of the keys that it would stand among. Where that cannot
//! be seen nothing is said.

mod branch;

use std::sync::Arc;

use plimsoll_project::ManifestUnit;
use plimsoll_source::files::file_name;
use plimsoll_source::{
    Background, Files, Gap, OriginMap, Place, TextRange, ValueOrigin, ValueRole,
};
use plimsoll_yaml::{Entry, Kind, Node};

use self::branch::{Wanted, column_of, column_of_key, condition, is_action_only, wanted};
use crate::rendered::under;
use crate::{Cx, Draft};

/// The most values that are told; of more nobody could say which one matters.
const MAX_VALUES: usize = 3;

/// The values that would have filled what is missing, and how.
#[derive(Default, Debug)]
pub(crate) struct Fillers {
    values: Vec<Filler>,
    /// What is left out, or what is taken over whole from a value.
    what: String,
    /// What the value has not that is taken over.
    without: Option<String>,
}

#[derive(Debug)]
struct Filler {
    path: Arc<str>,
    /// Where it is to be changed, and what is there.
    place: Option<(Place, String)>,
    state: State,
}

/// What is the matter with a value.
#[derive(Clone, PartialEq, Eq, Debug)]
enum State {
    Unset,
    Empty,
    /// It is `false` or zero.
    Off(String),
    /// It is there, and what it says keeps a branch from being taken.
    Other,
}

impl Fillers {
    /// These, or else what is found in another place.
    pub(crate) fn or(self, other: impl FnOnce() -> Self) -> Self {
        if self.values.is_empty() {
            other()
        } else {
            self
        }
    }

    fn note(&self) -> Option<String> {
        let last = self.values.last()?;
        if let Some(keys) = &self.without {
            let what = match &*self.what {
                "" => "all of it".to_owned(),
                what => format!("`{what}`"),
            };
            return Some(format!(
                "the chart takes {what} from `{}`, which has no `{keys}`",
                last.path
            ));
        }
        let words: Vec<String> = self
            .values
            .iter()
            .map(|value| {
                let path = &value.path;
                match &value.state {
                    State::Unset => format!("`{path}` is not set"),
                    State::Empty => format!("`{path}` is empty"),
                    State::Off(text) => format!("`{path}` is `{text}`"),
                    State::Other => format!("`{path}` is what it is"),
                }
            })
            .collect();
        Some(format!(
            "the chart leaves `{}` out while {}",
            self.what,
            words.join(" and ")
        ))
    }
}

impl Draft {
    /// Names the values that would have filled what is missing.
    pub(crate) fn filled_by(&mut self, fillers: Fillers) -> &mut Self {
        if let Some(note) = fillers.note() {
            self.note(note);
        }
        for Filler { path, place, state } in fillers.values {
            if let Some((place, words)) = place {
                self.related(place, words);
                // What is there for another reason is not to blame alone.
                if state == State::Other && fillers.without.is_none() {
                    continue;
                }
                self.finding.origin.values.push(ValueOrigin {
                    path,
                    place: Some(place),
                    role: ValueRole::Lack,
                });
            }
        }
        self
    }
}

impl Cx<'_> {
    /// The values of the chart that would have given `node` the entry at `path`, which is
    /// missing; none for what is no render.
    pub(crate) fn fillers(&self, unit: &ManifestUnit, node: Node<'_>, path: &[&str]) -> Fillers {
        let file = self.project.files.get(unit.file);
        let Some(map) = &file.origins else {
            return Fillers::default();
        };
        let search = Search {
            cx: self,
            unit,
            map,
            text: &file.text,
        };
        let mut at = node.resolve();
        for (depth, key) in path.iter().enumerate() {
            let Some(entry) = at.entry(key) else {
                let found = search.branches(at, key);
                return found.or(|| search.source(at, &path[..depth], &path[depth..]));
            };
            let value = entry.value.resolve();
            if value.is_null() || value.kind() == Kind::Mapping && value.is_empty() {
                return search.emptied(entry);
            }
            if value.kind() != Kind::Mapping {
                break;
            }
            at = value;
        }
        Fillers::default()
    }
}

struct Search<'s> {
    cx: &'s Cx<'s>,
    unit: &'s ManifestUnit,
    map: &'s OriginMap,
    text: &'s str,
}

impl Search<'_> {
    fn files(&self) -> &Files {
        &self.cx.project.files
    }

    /// A branch that would have written a key into a mapping.
    fn branches(&self, holder: Node<'_>, key: &str) -> Fillers {
        let range = holder.full_range();
        let around = TextRange::new(range.start, self.after_blanks(range.end));
        let inner = |gap: &Gap| {
            let inside = |entry: Entry<'_>| {
                let value = entry.value.full_range();
                value.start < gap.at && gap.at < value.end
            };
            range.start < gap.at && gap.at < range.end && !holder.entries().any(inside)
        };
        for (gap, background) in self.map.gaps(around) {
            let template = &self.files().get(gap.place.file).text;
            let Some(column) = column_of_key(template, gap.place.range, key) else {
                continue;
            };
            // Keys of the mapping that the same call of the same template wrote.
            let beside = holder.entries().find_map(|entry| {
                let place = self.map.verbatim(entry.key.range())?;
                let (_, behind) = self.map.behind(entry.key.range()).next()?;
                let same = place.file == gap.place.file && behind.chain == background.chain;
                same.then(|| column_of(template, place.range.start as usize))
            });
            if beside.map_or_else(|| inner(gap), |beside| beside == column) {
                let found = self.deciding(holder, gap, background);
                if !found.is_empty() {
                    return Fillers {
                        values: found,
                        what: key.to_owned(),
                        without: None,
                    };
                }
            }
        }
        Fillers::default()
    }

    /// What left an entry empty.
    fn emptied(&self, entry: Entry<'_>) -> Fillers {
        let range = entry.value.full_range();
        let found = if range.is_empty() {
            let from = entry.key.range().end;
            let around = TextRange::new(from, self.after_blanks(from + 1));
            let gaps = self.map.gaps(around);
            let mut found = gaps
                .filter(|(gap, _)| {
                    let template = &self.files().get(gap.place.file).text;
                    is_action_only(template, gap.place.range)
                })
                .map(|(gap, background)| self.deciding(entry.key, gap, background));
            found.find(|found| !found.is_empty())
        } else {
            let behind: Vec<_> = self.map.behind(range).collect();
            let values = behind
                .iter()
                .flat_map(|(_, background)| background.values.iter());
            let contents = values.filter(|value| value.role == ValueRole::Content);
            let mut found: Vec<Filler> = Vec::new();
            for value in contents {
                let filler = self.filler(value);
                if filler.state != State::Other && !found.iter().any(|one| one.path == filler.path)
                {
                    found.push(filler);
                }
            }
            (found.len() <= MAX_VALUES).then_some(found)
        };
        Fillers {
            values: found.unwrap_or_default(),
            what: entry.key.text().unwrap_or_default().into_owned(),
            without: None,
        }
    }

    /// The one value that a mapping is a copy of.
    fn source(&self, holder: Node<'_>, above: &[&str], missing: &[&str]) -> Fillers {
        let mut found: Option<(String, Place)> = None;
        for entry in holder.entries() {
            let Some((path, place)) = self.copied_from(entry) else {
                return Fillers::default();
            };
            match &found {
                Some((known, _)) if *known != path => return Fillers::default(),
                Some(_) => {}
                None => found = Some((path, place)),
            }
        }
        let Some((path, leaf)) = found.filter(|(path, _)| !path.is_empty()) else {
            return Fillers::default();
        };
        let key = self.key(&path).filter(|place| place.file == leaf.file);
        let place = key.unwrap_or(leaf);
        let words = self.words(&path, place);
        Fillers {
            values: vec![Filler {
                path: path.into(),
                place: Some((place, words)),
                state: State::Other,
            }],
            what: above.join("."),
            without: Some(missing.join(".")),
        }
    }

    /// The value whose copy holds an entry, if the entry is one of its own under the same keys.
    fn copied_from(&self, entry: Entry<'_>) -> Option<(String, Place)> {
        const MAX_DEPTH: usize = 8;
        if self.map.verbatim(entry.key.range()).is_some() {
            return None;
        }
        let mut below = entry.key.text()?.into_owned();
        let mut leaf = entry.value.resolve();
        for _ in 0..MAX_DEPTH {
            if let Some(entry) = leaf.entries().next() {
                below = format!("{below}.{}", entry.key.text()?);
                leaf = entry.value.resolve();
            } else if let Some(item) = leaf.items().next() {
                below.push_str("[0]");
                leaf = item.resolve();
            } else {
                break;
            }
        }
        let mut parts = self.map.behind(leaf.range()).peekable();
        parts.peek()?;
        let mut value: Option<&ValueOrigin> = None;
        for (part, background) in parts {
            let contents = background.values.iter();
            let mut contents = contents.filter(|value| value.role == ValueRole::Content);
            let one = contents.next().filter(|_| contents.next().is_none())?;
            if part.verbatim || value.is_some_and(|known| known.path != one.path) {
                return None;
            }
            value = Some(one);
        }
        let value = value?;
        let holder = value.path.strip_suffix(&below)?.strip_suffix('.')?;
        Some((holder.to_owned(), value.place?))
    }

    /// What kept a branch from being taken: not what decided over all that is around it as well.
    fn deciding(&self, holder: Node<'_>, gap: &Gap, background: &Background) -> Vec<Filler> {
        let head = holder
            .entries()
            .next()
            .map_or_else(|| holder.range(), |entry| entry.key.range());
        let around: Vec<&str> = self
            .map
            .behind(head)
            .flat_map(|(_, background)| background.values.iter())
            .map(|value| &*value.path)
            .collect();
        let mut found: Vec<Filler> = Vec::new();
        for value in background.values.iter() {
            if around.contains(&&*value.path) {
                continue;
            }
            let filler = self.filler(value);
            match found.iter_mut().find(|one| one.path == filler.path) {
                // What several files bring to one value is there if one of them has it.
                Some(known) if filler.state == State::Other => *known = filler,
                Some(_) => {}
                None => found.push(filler),
            }
        }
        let condition = condition(self.files().text(gap.place));
        let is_cause = |filler: &Filler| {
            let there = filler.state == State::Other;
            match wanted(condition, &filler.path) {
                Some(Wanted::There) => !there,
                Some(Wanted::Away) => there,
                Some(Wanted::Compared) => true,
                // A branch before this one decided, or a named template.
                None => !there,
            }
        };
        if found.iter().any(is_cause) {
            found.retain(is_cause);
        } else {
            found.retain(|filler| wanted(condition, &filler.path).is_none());
        }
        if found.len() > MAX_VALUES {
            found.clear();
        }
        found
    }

    fn filler(&self, value: &ValueOrigin) -> Filler {
        let path = value.path.clone();
        let state = self.state(value);
        // Helm takes a key without a value for one that is not there.
        let place = value.place.or_else(|| self.key(&path));
        let state = match (state, place) {
            (State::Unset, Some(_)) => State::Empty,
            (state, _) => state,
        };
        let place = match place {
            Some(place) => Some((place, self.words(&path, place))),
            // What is not set is to be set where the keys above it are.
            None => path.rsplit_once('.').and_then(|(above, key)| {
                let place = self.key(above)?;
                Some((
                    place,
                    format!("{} has no `{key}`", self.words(above, place)),
                ))
            }),
        };
        Filler { path, place, state }
    }

    fn state(&self, value: &ValueOrigin) -> State {
        let Some(place) = value.place else {
            return State::Unset;
        };
        let text = self.files().text(place);
        let key = value.path.rsplit('.').next().unwrap_or_default();
        let bare = |text: &str| text.trim_matches(['"', '\'']).to_owned();
        if bare(text) == key {
            // It is told at its key, or is a word that its key is, too.
            let whole = &self.files().get(place.file).text;
            let body = under(whole, place.range).map(|range| range.of(whole));
            let is_blank = |line: &str| {
                let line = line.trim();
                line.is_empty() || line.starts_with('#')
            };
            return match body {
                Some(body) if body.lines().all(is_blank) => State::Empty,
                _ => State::Other,
            };
        }
        let text = text.trim();
        match text {
            "" | "{}" | "[]" | "null" | "~" | "\"\"" | "''" => State::Empty,
            "false" | "0" => State::Off(text.to_owned()),
            _ => State::Other,
        }
    }

    fn words(&self, path: &str, place: Place) -> String {
        let name = file_name(&self.files().get(place.file).path);
        format!("`{path}` of {name}")
    }

    /// Where `values.yaml` has a key.
    fn key(&self, path: &str) -> Option<Place> {
        let project = self.cx.project;
        let render = project.generated(self.unit.file)?.render;
        let values = project.values_of(&project.renders[render].folder)?;
        let file = values.file?;
        let key = values.keys.iter().find(|key| key.path == path)?;
        Some(Place::new(file, key.key))
    }

    /// Where the blanks and comments behind a place end.
    fn after_blanks(&self, from: u32) -> u32 {
        let rest = self.text.get(from as usize..).unwrap_or_default();
        let mut at = from as usize;
        for line in rest.split_inclusive('\n') {
            let body = line.trim_start();
            if !(body.is_empty() || body.starts_with('#')) {
                at += line.len() - body.len();
                break;
            }
            at += line.len();
        }
        at as u32
    }
}

#[cfg(test)]
mod tests {
    use super::{Wanted, wanted};
    use crate::chart::given::tests::{chart, deployment};
    use crate::testing::{Case, on};
    use crate::workload::missing_memory_limit::RULE as LIMIT;
    use crate::workload::missing_readiness_probe::RULE as READINESS;
    use crate::workload::run_as_root::RULE as ROOT;

    /// What the findings of a case say of values: notes, and the places with their words.
    fn told(case: &Case) -> Vec<String> {
        let mut told = Vec::new();
        for finding in &case.findings {
            let notes = finding
                .notes
                .iter()
                .filter(|note| note.contains("the chart"));
            told.extend(notes.map(ToString::to_string));
            let related = finding.related.iter();
            told.extend(
                related
                    .filter(|one| one.message.contains("values.yaml"))
                    .map(|one| {
                        let text = case.project.files.text(one.place);
                        format!("{text}: {}", one.message)
                    }),
            );
        }
        told
    }

    const PORTS: &str = "          image: a:1\n          ports: [{containerPort: 80}]\n";

    #[test]
    fn a_branch_that_was_not_taken_names_what_decided() {
        let probe = format!(
            "{PORTS}          {{{{- with .Values.web.readinessProbe }}}}\n          readinessProbe:\n            {{{{- toYaml . | nindent 12 }}}}\n          {{{{- end }}}}\n"
        );
        for (values, note, place) in [
            (
                "web:\n  readinessProbe: {}",
                "the chart leaves `readinessProbe` out while `web.readinessProbe` is empty",
                "{}: `web.readinessProbe` of values.yaml",
            ),
            (
                "web:\n  readinessProbe:\n    # httpGet: {path: /}\nother: 1",
                "the chart leaves `readinessProbe` out while `web.readinessProbe` is empty",
                "readinessProbe: `web.readinessProbe` of values.yaml",
            ),
            (
                "web: {}",
                "the chart leaves `readinessProbe` out while `web.readinessProbe` is not set",
                "web: `web` of values.yaml has no `readinessProbe`",
            ),
        ] {
            let case = on(&READINESS).files(&deployment(values, "", &probe));
            assert_eq!(told(&case), [note, place], "{values}");
        }
    }

    #[test]
    fn of_several_conditions_those_that_are_off_are_named() {
        let probe = format!(
            "{PORTS}          {{{{- if and .Values.web.enabled .Values.web.readiness.enabled }}}}\n          readinessProbe:\n            tcpSocket: {{port: 80}}\n          {{{{- end }}}}\n"
        );
        let values = "web:\n  enabled: true\n  readiness:\n    enabled: false";
        let case = on(&READINESS).files(&deployment(values, "", &probe));
        assert_eq!(
            told(&case),
            [
                "the chart leaves `readinessProbe` out while `web.readiness.enabled` is `false`",
                "false: `web.readiness.enabled` of values.yaml"
            ]
        );
        let not = format!(
            "{PORTS}          {{{{- if not .Values.debug }}}}\n          readinessProbe:\n            tcpSocket: {{port: 80}}\n          {{{{- end }}}}\n"
        );
        let case = on(&READINESS).files(&deployment("debug: true", "", &not));
        assert_eq!(
            told(&case)[0],
            "the chart leaves `readinessProbe` out while `debug` is what it is"
        );
    }

    #[test]
    fn conditions_want_values_there_away_or_compared() {
        for (condition, path, expected) in [
            ("if .Values.a", "a", Some(Wanted::There)),
            ("if and .Values.b (not .Values.a)", "a", Some(Wanted::Away)),
            ("if and .Values.b (not .Values.a)", "b", Some(Wanted::There)),
            ("if not (or .Values.a .Values.b)", "b", Some(Wanted::Away)),
            ("if not (not $.Values.a)", "a", Some(Wanted::There)),
            ("if .Values.a | empty", "a", Some(Wanted::Away)),
            ("else if eq .Values.a \"x\"", "a", Some(Wanted::Compared)),
            ("if and .b (ne .a \"x\")", "a", Some(Wanted::Compared)),
            ("with (default .a .Values.ab)", "a", Some(Wanted::There)),
            ("with .Values.ab", "a", None),
            ("if .Values.web.on", "web.on", Some(Wanted::There)),
            ("if .Values.web.on", "api.on", None),
            ("if not .on", "web.on", Some(Wanted::Away)),
            ("if .Values.on", "sub.on", Some(Wanted::There)),
            (
                "if index .Values \"a-b\" \"on\"",
                "a-b.on",
                Some(Wanted::There),
            ),
        ] {
            assert_eq!(wanted(condition, path), expected, "{condition} {path}");
        }
        let case = on(&READINESS).files(&deployment(
            "own: {}\nfiles: []\nconfig:\n  a: b",
            "",
            &format!("{PORTS}          {{{{- if .Values.own }}}}\n          readinessProbe: {{{{ toJson .Values.own }}}}\n          {{{{- else if and (not .Values.files) (not .Values.config) }}}}\n          readinessProbe: {{httpGet: {{path: /}}}}\n          {{{{- end }}}}\n"),
        ));
        assert_eq!(
            told(&case)[0],
            "the chart leaves `readinessProbe` out while `own` is empty and `config` is what it is"
        );
    }

    #[test]
    fn an_empty_value_that_was_printed_is_named() {
        let container = "          image: a:1\n          resources:\n            {{- toYaml .Values.resources | nindent 12 }}\n";
        let case = on(&LIMIT).files(&deployment("resources: {}", "", container));
        assert_eq!(
            told(&case),
            [
                "the chart leaves `resources` out while `resources` is empty",
                "{}: `resources` of values.yaml"
            ]
        );
        let with = "          image: a:1\n          resources:\n            {{- with .Values.resources }}\n            {{- toYaml . | nindent 12 }}\n            {{- end }}\n          {{- with .Values.env }}\n          env:\n            {{- toYaml . | nindent 12 }}\n          {{- end }}\n";
        let case = on(&LIMIT).files(&deployment("resources: {}", "", with));
        assert_eq!(
            told(&case)[0],
            "the chart leaves `resources` out while `resources` is empty"
        );
    }

    #[test]
    fn a_value_that_has_less_than_is_wanted_is_named() {
        let container = "          image: a:1\n          resources:\n            {{- toYaml .Values.web.resources | nindent 12 }}\n";
        let values = "web:\n  resources:\n    requests: {cpu: 1, memory: 1Gi}";
        let case = on(&LIMIT).files(&deployment(values, "", container));
        assert_eq!(
            told(&case),
            [
                "the chart takes `resources` from `web.resources`, which has no `limits.memory`",
                "resources: `web.resources` of values.yaml"
            ]
        );
        // The keys are the template's: another value brings nothing more.
        let own = "          image: a:1\n          resources:\n            requests:\n              cpu: {{ .Values.web.resources.requests.cpu }}\n";
        let case = on(&LIMIT).files(&deployment(values, "", own));
        assert!(
            told(&case)
                .iter()
                .all(|line| !line.starts_with("the chart"))
        );
    }

    #[test]
    fn the_security_context_of_the_pod_counts_as_well() {
        let container = "          image: a:1\n      {{- with .Values.podSecurityContext }}\n      securityContext:\n        {{- toYaml . | nindent 8 }}\n      {{- end }}\n";
        let case = on(&ROOT).files(&deployment("podSecurityContext: {}", "", container));
        assert_eq!(
            told(&case)[0],
            "the chart leaves `securityContext` out while `podSecurityContext` is empty"
        );
    }

    #[test]
    fn a_branch_of_something_else_is_no_cause() {
        // One of the pod, one of another container, one of a list in the container.
        for container in [
            "          image: a:1\n      {{- with .Values.empty }}\n      resources:\n        {{- toYaml . | nindent 8 }}\n      {{- end }}\n",
            "          image: a:1\n        {{- if .Values.empty }}\n        - name: b\n          resources: {}\n        {{- end }}\n",
            "          image: a:1\n          volumeMounts:\n            {{- if .Values.empty }}\n            - name: b\n              resources: {}\n            {{- end }}\n            - {name: a, mountPath: /a}\n",
            "          image: a:1\n          {{- if .Values.empty }}\n          env:\n            resources: {}\n          {{- end }}\n",
        ] {
            let case = on(&LIMIT).files(&deployment("empty: {}", "", container));
            assert_eq!(case.findings.len(), 1, "{container}");
            assert!(told(&case).is_empty(), "{container}: {:?}", told(&case));
        }
    }

    #[test]
    fn what_decides_over_the_whole_object_is_no_cause() {
        let template = "{{- if .Values.active }}\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      image: a:1\n      {{- if and .Values.active .Values.limited }}\n      resources: {limits: {memory: 1Gi}}\n      {{- end }}\n{{- end }}\n";
        let case = on(&LIMIT).files(&chart("active: true\nlimited: false", template));
        assert_eq!(
            told(&case)[0],
            "the chart leaves `resources` out while `limited` is `false`"
        );
    }

    #[test]
    fn a_comment_at_the_value_allows_the_finding() {
        let container = "          image: a:1\n          resources:\n            {{- toYaml .Values.resources | nindent 12 }}\n";
        let values = "# plimsoll: allow(missing-memory-limit) it is set where it is installed\nresources: {}";
        on(&LIMIT).files(&deployment(values, "", container)).clean();
    }
}
