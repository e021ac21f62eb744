//! `.dockerignore` against the reference's answers in `tests/oracles/patternmatcher`.

use plimsoll_dockerfile::ignore;
use serde_json::Value;

fn answers() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/oracles/patternmatcher/answers.json"
    );
    let text = std::fs::read_to_string(path).expect("committed");
    serde_json::from_str(&text).expect("written by the oracle")
}

fn texts<'a>(case: &'a Value, key: &str) -> Vec<&'a str> {
    let list = case[key].as_array().map_or(&[][..], Vec::as_slice);
    list.iter().filter_map(Value::as_str).collect()
}

#[test]
fn paths_are_left_out_as_the_reference_leaves_them_out() {
    let answers = answers();
    let cases = answers["ignore"].as_array().expect("a list");
    let mut asked = 0;
    let mut wrong = Vec::new();
    for case in cases {
        let text = case["text"].as_str().expect("given");
        let ours = ignore::parse(text);
        let refused = texts(case, "refused");
        if ours.errors.len() != refused.len() {
            wrong.push(format!(
                "{text:?}: {:?} instead of {refused:?}",
                ours.errors
            ));
        }
        if !refused.is_empty() {
            continue;
        }
        let patterns: Vec<String> = ours
            .patterns
            .iter()
            .map(|pattern| {
                format!(
                    "{}{}",
                    if pattern.negated { "!" } else { "" },
                    pattern.pattern
                )
            })
            .collect();
        if patterns != texts(case, "patterns") {
            wrong.push(format!(
                "{text:?}: {patterns:?} instead of {:?}",
                texts(case, "patterns")
            ));
        }
        for (key, excluded) in [("excluded", true), ("included", false)] {
            for path in texts(case, key) {
                asked += 1;
                if ours.excludes(path) != excluded {
                    wrong.push(format!("{text:?}: {path:?} is {key}"));
                }
                // What is pruned may hold nothing that is taken back in.
                for (slash, _) in path.match_indices('/') {
                    if !excluded && ours.prunes(&path[..slash]) {
                        wrong.push(format!("{text:?}: {:?} is pruned", &path[..slash]));
                    }
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {asked} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(asked >= 3000);
}
