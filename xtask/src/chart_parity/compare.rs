//! Whether two answers are equal, and what of helm's answer is not the same every time.

use super::answers::Answer;

/// How our answer stands to helm's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Verdict {
    /// Every byte.
    Identical,
    /// Every byte but those in which two answers of helm differ.
    IdenticalMasked,
    /// Both refuse, and helm's words are ours.
    RefusedSameWords,
    /// Both refuse because dependencies are missing.
    RefusedMissing,
    /// Both refuse, for the same kind of reason and at the same place of a template.
    RefusedSamePlace,
    /// Both refuse, otherwise.
    RefusedOtherwise,
    /// Both render, and not the same.
    Different,
    /// Helm renders, we refuse.
    OnlyHelmRenders,
    /// We render, helm refuses.
    OnlyWeRender,
    /// We panic, hang, or are ended.
    Failed,
}

impl Verdict {
    /// All of them, in the order of the table.
    pub(crate) const ALL: [Verdict; 10] = [
        Verdict::Identical,
        Verdict::IdenticalMasked,
        Verdict::RefusedSameWords,
        Verdict::RefusedMissing,
        Verdict::RefusedSamePlace,
        Verdict::RefusedOtherwise,
        Verdict::Different,
        Verdict::OnlyHelmRenders,
        Verdict::OnlyWeRender,
        Verdict::Failed,
    ];

    pub(crate) fn is_parity(self) -> bool {
        self <= Verdict::RefusedSamePlace
    }

    pub(crate) fn shown(self) -> &'static str {
        match self {
            Verdict::Identical => "rendered, identical",
            Verdict::IdenticalMasked => "rendered, identical but for what helm varies",
            Verdict::RefusedSameWords => "refused, in helm's words",
            Verdict::RefusedMissing => "refused, dependencies not in charts/",
            Verdict::RefusedSamePlace => "refused, same reason and place",
            Verdict::RefusedOtherwise => "REFUSED OTHERWISE",
            Verdict::Different => "RENDERED, DIFFERENT",
            Verdict::OnlyHelmRenders => "ONLY HELM RENDERS",
            Verdict::OnlyWeRender => "ONLY WE RENDER",
            Verdict::Failed => "WE FAIL (panic, hang, signal)",
        }
    }
}

/// Compares; `helms` are answers of helm to the same case at different times.
pub(crate) fn compare(helms: &[Answer], ours: &Answer) -> (Verdict, String) {
    if !matches!(ours.code, Some(0..=2)) {
        let how = ours.code.map_or_else(
            || "no exit code".to_owned(),
            |code| format!("exit code {code}"),
        );
        return (Verdict::Failed, format!("{how}: {}", brief(&ours.stderr)));
    }
    let helm = &helms[0];
    match (helm.code == Some(0), ours.code == Some(0)) {
        (true, false) => (Verdict::OnlyHelmRenders, brief(&ours.stderr)),
        (false, true) => (Verdict::OnlyWeRender, brief(&helm.stderr)),
        (false, false) => refusals(&helm.stderr, &ours.stderr),
        (true, true) if helm.stdout == ours.stdout => (Verdict::Identical, String::new()),
        (true, true) => {
            let theirs: Vec<&[u8]> = helms
                .iter()
                .map(|answer| answer.stdout.as_slice())
                .collect();
            match masked_difference(&theirs, &ours.stdout) {
                None => (Verdict::IdenticalMasked, String::new()),
                Some(difference) => (Verdict::Different, difference),
            }
        }
    }
}

fn refusals(helm: &str, ours: &str) -> (Verdict, String) {
    if helm.contains("panic: ") {
        // Helm breaks down over such a chart; that we refuse it is the best answer.
        return (Verdict::RefusedSamePlace, String::new());
    }
    let (theirs, ours) = (message(helm), message(ours));
    if ours.starts_with(theirs) {
        let missing = theirs.contains("missing in charts/ directory");
        let verdict = if missing {
            Verdict::RefusedMissing
        } else {
            Verdict::RefusedSameWords
        };
        return (verdict, String::new());
    }
    let kind = category(theirs);
    let same = kind != "other" && kind == category(ours) && place(theirs) == place(ours);
    let verdict = if same {
        Verdict::RefusedSamePlace
    } else {
        Verdict::RefusedOtherwise
    };
    (
        verdict,
        format!("helm: {}\n    ours: {}", brief(theirs), brief(ours)),
    )
}

/// What comes after `Error: `; warnings stand before it.
fn message(stderr: &str) -> &str {
    let at = ["Error: ", "error: "].iter().find_map(|word| {
        let at = stderr.find(word)?;
        (at == 0 || stderr[..at].ends_with('\n')).then_some(at + word.len())
    });
    stderr[at.unwrap_or(0)..].trim_end()
}

/// The kind of a refusal, told by the words that all of its kind have.
fn category(message: &str) -> &'static str {
    const KINDS: [(&str, &str); 14] = [
        ("missing in charts/ directory", "dependencies"),
        ("values don't meet the specifications", "schema"),
        ("incompatible with Kubernetes", "kubeVersion"),
        ("YAML parse error", "yaml"),
        ("parse error", "parse"),
        ("error calling include", "execution"),
        ("executing \"", "execution"),
        ("execution error at", "fail"),
        ("cannot unmarshal", "yaml"),
        ("error converting YAML", "yaml"),
        ("not installable", "library"),
        ("validation:", "chart"),
        ("Chart.yaml file is missing", "chart"),
        ("failed parsing", "set"),
    ];
    let found = KINDS.iter().find(|(words, _)| message.contains(words));
    found.map_or("other", |(_, kind)| kind)
}

/// The first `path:line` or `path:line:column` of a message.
fn place(message: &str) -> Option<&str> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '\'' | ',');
    message.split(ends).find_map(|word| {
        let word = word.trim_end_matches(':');
        let (path, number) = word.rsplit_once(':')?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        (is_number && path.contains('/')).then_some(word)
    })
}

/// The first difference that is not one between helm's own answers.
pub(crate) fn masked_difference(helms: &[&[u8]], ours: &[u8]) -> Option<String> {
    let difference = first_difference(helms, ours, false)?;
    if helms.iter().all(|text| text == &helms[0]) {
        return Some(difference);
    }
    // Certificates that are made anew may have a line more or less, and what is the same in all
    // of them may stand elsewhere in a line.
    first_difference(helms, ours, true)
}

fn first_difference(helms: &[&[u8]], ours: &[u8], collapse: bool) -> Option<String> {
    let theirs: Vec<Vec<Vec<u8>>> = helms.iter().map(|text| lines(text, collapse)).collect();
    let mine = lines(ours, collapse);
    let first = &theirs[0];
    for number in 0..first.len().max(mine.len()) {
        let reference = first.get(number);
        let line = mine.get(number);
        let (Some(reference), Some(line)) = (reference, line) else {
            return Some(difference(number, reference, line));
        };
        let others = theirs[1..].iter().filter_map(|text| text.get(number));
        let others: Vec<&[u8]> = others.map(Vec::as_slice).collect();
        if !fits(reference, &others, line) {
            return Some(difference(number, Some(reference), Some(line)));
        }
    }
    None
}

fn difference(number: usize, helm: Option<&Vec<u8>>, ours: Option<&Vec<u8>>) -> String {
    let shown = |line: Option<&Vec<u8>>| match line {
        Some(line) => {
            let text = String::from_utf8_lossy(line);
            let at = helm
                .zip(ours)
                .map_or(0, |(helm, ours)| shared_prefix(helm, ours));
            let start = text
                .char_indices()
                .map(|(at, _)| at)
                .take_while(|&start| start + 60 <= at)
                .last()
                .unwrap_or(0);
            let cut: String = text[start..].chars().take(160).collect();
            format!("{}{cut:?}", if start > 0 { "…" } else { "" })
        }
        None => "(the end)".to_owned(),
    };
    format!(
        "line {}\n    helm: {}\n    ours: {}",
        number + 1,
        shown(helm),
        shown(ours)
    )
}

/// Lines; with `collapse`, PEM blocks (in any indentation) are one line.
fn lines(text: &[u8], collapse: bool) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut in_block = false;
    for line in text.split(|byte| *byte == b'\n') {
        let trimmed = line.trim_ascii();
        if collapse && in_block {
            in_block = !trimmed.starts_with(b"-----END");
            continue;
        }
        in_block = trimmed.starts_with(b"-----BEGIN") && trimmed.ends_with(b"-----");
        lines.push(line.to_vec());
    }
    lines
}

/// Whether our line is helm's but for the words in which helm's own answers differ.
fn fits(reference: &[u8], others: &[&[u8]], ours: &[u8]) -> bool {
    if reference == ours {
        return true;
    }
    let mut prefix = reference.len();
    let mut suffix = reference.len();
    let mut varies = false;
    for other in others.iter().filter(|other| **other != reference) {
        varies = true;
        prefix = prefix.min(shared_prefix(reference, other));
        suffix = suffix.min(shared_suffix(reference, other));
    }
    if !varies {
        return false;
    }
    // A random word may begin or end like another one by chance: the whole word varies.
    let wordy = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_.-\\\"'$!@#%^&*|:".contains(&byte);
    while prefix > 0 && wordy(reference[prefix - 1]) {
        prefix -= 1;
    }
    while suffix > 0 && wordy(reference[reference.len() - suffix]) {
        suffix -= 1;
    }
    ours.starts_with(&reference[..prefix]) && ours.ends_with(&reference[reference.len() - suffix..])
}

fn shared_prefix(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

fn shared_suffix(one: &[u8], other: &[u8]) -> usize {
    let pairs = one.iter().rev().zip(other.iter().rev());
    pairs.take_while(|(a, b)| a == b).count()
}

fn brief(text: &str) -> String {
    let text = message(text);
    let mut cut: String = text.chars().take(400).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut.replace('\n', "\n      ")
}

#[cfg(test)]
mod tests {
    use super::{Verdict, compare, masked_difference, place};
    use crate::chart_parity::answers::Answer;

    fn refusal(words: &str) -> Answer {
        Answer {
            code: Some(1),
            stdout: Vec::new(),
            stderr: words.to_owned(),
        }
    }

    #[test]
    fn words_that_vary_are_masked_whole() {
        let helm: [&[u8]; 2] = [b"a: 1\npassword: \"qXbz\"\n", b"a: 1\npassword: \"qYbz\"\n"];
        assert_eq!(
            masked_difference(&helm, b"a: 1\npassword: \"1234\"\n"),
            None
        );
        assert!(masked_difference(&helm, b"a: 2\npassword: \"1234\"\n").is_some());
        assert!(masked_difference(&helm, b"a: 1\nsecret: \"1234\"\n").is_some());
        assert!(masked_difference(&helm, b"a: 1\npassword: \"1234\"\nb: 1\n").is_some());
    }

    #[test]
    fn certificates_may_have_another_length() {
        let pem = |lines: &str| {
            format!("k: |\n  -----BEGIN KEY-----\n{lines}  -----END KEY-----\nz: 1\n")
        };
        let (one, two) = (pem("  a\n"), pem("  b\n  c\n"));
        let helm: [&[u8]; 2] = [one.as_bytes(), two.as_bytes()];
        assert_eq!(
            masked_difference(&helm, pem("  d\n  e\n  f\n").as_bytes()),
            None
        );
    }

    #[test]
    fn refusals_are_compared_by_words_and_then_by_place() {
        let helm = [refusal(
            "level=WARN msg=x\nError: parse error at (a/t/x.yaml:3): unclosed\n",
        )];
        let verdict = |words: &str| compare(&helm, &refusal(words)).0;
        assert_eq!(
            verdict("error: parse error at (a/t/x.yaml:3): unclosed\n  more\n"),
            Verdict::RefusedSameWords
        );
        assert_eq!(
            verdict("error: parse error at (a/t/x.yaml:3): other\n"),
            Verdict::RefusedSamePlace
        );
        assert_eq!(
            verdict("error: parse error at (a/t/x.yaml:4): unclosed\n"),
            Verdict::RefusedOtherwise
        );
    }

    #[test]
    fn places_are_found() {
        assert_eq!(
            place("execution error at (a/templates/x.yaml:1:3): no"),
            Some("a/templates/x.yaml:1:3")
        );
        assert_eq!(
            place("a/templates/x.yaml:1:3\n  executing"),
            Some("a/templates/x.yaml:1:3")
        );
        assert_eq!(place("nothing: 3"), None);
    }
}
