//! Shell scripts against the reference's answers in `tests/oracles/shell`.

use plimsoll_dockerfile::shell::{self, Joint, Piece, Script};
use serde_json::{Value, json};

/// Where we differ from the reference on purpose, and why.
const DIFFERENT: &[(&str, &str)] = &[
    (
        "arr=(a b \"c d\" $(e)) cmd",
        "bash reads an array before a command",
    ),
    (
        "echo \"${x:-it's}\"",
        "dash reads it, and bash when it is called `sh`",
    ),
    (
        "echo $((a); (b))",
        "shells fall back to a substitution that begins with a subshell",
    ),
    (
        "echo `a \\`b\\` c`",
        "our words are what the inner shell sees, without the backslashes",
    ),
    ("echo \"`a \"b\" \\\"c\\\"`\"", "the same"),
    (
        "cat <<EOF\nunterminated",
        "shells end the body with the script",
    ),
    (
        "a\r\nb\r\n",
        "a carriage return at the end of a line is part of the line break",
    ),
    ("a[ b", "dash reads two words"),
    ("a[b c]d", "shells read two words"),
    ("in then", "bash and dash refuse `in` here"),
    ("else", "bash and dash refuse it"),
    ("f () () a", "bash and dash refuse an empty subshell"),
    (
        "[[ a && ]]",
        "operands of `[[` are not checked: in `sh` it is an ordinary command",
    ),
    ("[[ ]]", "the same"),
    ("[[ -f ]]", "the same"),
    ("[[ a b ]]", "the same"),
    ("!", "bash reads it"),
    ("! !", "bash reads it"),
    ("${}", "shells refuse it only when they run it"),
    (
        "${ a; }",
        "a substitution of bash 5.3 that the shells of images do not know",
    ),
];

fn answers() -> Vec<Value> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/oracles/shell/answers.json"
    );
    let text = std::fs::read_to_string(path).expect("committed");
    serde_json::from_str(&text).expect("written by the oracle")
}

fn joint(joint: Joint) -> &'static str {
    match joint {
        Joint::Start => "start",
        Joint::Then => "then",
        Joint::And => "and",
        Joint::Or => "or",
        Joint::Pipe => "pipe",
        Joint::Background => "background",
    }
}

/// Our commands in the form of the answers.
fn commands(script: &Script) -> Vec<Value> {
    let mut pipelines = Vec::new();
    let mut found = Vec::new();
    for command in &script.commands {
        let number = pipelines
            .iter()
            .position(|known| *known == command.pipeline);
        let number = number.unwrap_or_else(|| {
            pipelines.push(command.pipeline);
            pipelines.len() - 1
        });
        let words: Vec<&str> = command.words.iter().map(|word| word.text()).collect();
        let is_condition = words.first() == Some(&"[[");
        let mut value = json!({
            "words": if is_condition { &words[..1] } else { &words[..] },
            "range": [command.range.start, command.range.end],
            "joint": joint(command.joint),
            "pipeline": number,
            "depth": command.depth,
        });
        if !command.assignments.is_empty() {
            let names: Vec<&str> = command
                .assignments
                .iter()
                .map(|(name, _)| &**name)
                .collect();
            value["assignments"] = json!(names);
        }
        if !command.redirects.is_empty() {
            let redirects: Vec<String> = command
                .redirects
                .iter()
                .map(|redirect| format!("{} {}", redirect.operator, redirect.target.text()))
                .collect();
            value["redirects"] = json!(redirects);
        }
        for (key, set) in [("conditional", command.conditional), ("test", command.test)] {
            if set {
                value[key] = json!(true);
            }
        }
        if command.substitutions > 0 {
            value["substituted"] = json!(command.substitutions);
        }
        found.push(value);
    }
    found
}

/// The reference gives words as they stand in the source, we without the breaks in them.
fn joined(commands: &Value) -> Vec<Value> {
    let mut commands = commands.as_array().cloned().unwrap_or_default();
    for command in &mut commands {
        for word in command["words"].as_array_mut().into_iter().flatten() {
            let text = word.as_str().expect("a word");
            *word = json!(text.replace("\\\n", ""));
        }
    }
    commands
}

#[test]
fn scripts_are_read_as_the_reference_reads_them() {
    let answers = answers();
    let mut accepted = 0;
    let mut differing = 0;
    let mut wrong = Vec::new();
    for case in &answers {
        let text = case["script"].as_str().expect("given");
        let known = DIFFERENT.iter().any(|(known, _)| *known == text);
        let script = shell::parse(&[Piece { start: 0, text }], "/bin/bash", &[]);
        let error = case["error"].as_str();
        if script.errors.is_empty() != error.is_none() {
            let ours = &script.errors;
            differing += 1;
            if known {
                continue;
            }
            wrong.push(format!("{text:?}:\n  ours   {ours:?}\n  theirs {error:?}"));
            continue;
        }
        if error.is_some() {
            continue;
        }
        accepted += 1;
        let (ours, theirs) = (commands(&script), joined(&case["commands"]));
        if ours != theirs {
            differing += 1;
            if known {
                continue;
            }
            let differing = ours.iter().zip(&theirs).find(|(a, b)| a != b);
            let (a, b) = match differing {
                Some((a, b)) => (a.to_string(), b.to_string()),
                None => (ours.len().to_string(), theirs.len().to_string()),
            };
            wrong.push(format!("{text:?}:\n  ours   {a}\n  theirs {b}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(accepted >= 200, "{accepted}");
    assert_eq!(
        differing,
        DIFFERENT.len(),
        "a difference that is explained is gone"
    );
}
