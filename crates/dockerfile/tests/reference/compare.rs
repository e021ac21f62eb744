//! Compares the parser with what BuildKit answered (`tests/oracles/dockerfile`).

use plimsoll_dockerfile::words::expand;
use plimsoll_dockerfile::{
    Body, Build, Command, Dockerfile, Healthcheck, Heredoc, Instruction, Transfer, Word, parse,
};
use plimsoll_source::{LineIndex, TextRange};
use serde_json::Value;

/// The differences, one text each; `cases` and `answers` are the oracle's input and output.
pub(crate) fn compare(cases: &Value, answers: &Value) -> Vec<String> {
    let mut differences = Vec::new();
    let list = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
    for (case, answer) in list(cases, "files").iter().zip(list(answers, "files")) {
        let name = case["name"].as_str().unwrap_or("");
        let text = case["text"].as_str().unwrap_or("");
        let found = std::panic::catch_unwind(|| file(text, &answer))
            .unwrap_or_else(|_| Err("panic".to_owned()));
        if let Err(difference) = found {
            differences.push(format!("file {name}: {difference}"));
        }
    }
    for (case, answer) in list(cases, "words").iter().zip(list(answers, "words")) {
        if let Err(difference) = word(case, &cases["env"], &answer) {
            differences.push(format!("word {case}: {difference}"));
        }
    }
    differences
}

fn file(text: &str, answer: &Value) -> Result<(), String> {
    let build = Build::new(parse(text));
    let file = &build.file;
    let refused = answer["refused"] == true;
    let told: Vec<String> = file
        .errors
        .iter()
        .map(|e| format!("{:?} {}", e.range, e.message))
        .collect();
    let step = answer["step"].as_str().unwrap_or("");
    let error = &answer["error"];
    if file.errors.is_empty() && refused {
        return Err(format!("accepted, refused in `{step}` with {error}"));
    }
    if !file.errors.is_empty() && !refused {
        return Err(format!("refused with {told:?}, accepted ({step} {error})"));
    }
    let line = answer["line"].as_u64().unwrap_or(0) as u32;
    // The reference counts the lines of directives from 0, and puts "no instructions" at the end.
    let inexact = [
        "directive",
        "escape token",
        "no instructions",
        "max allowed size",
    ];
    let inexact = error
        .as_str()
        .is_some_and(|e| inexact.iter().any(|part| e.contains(part)));
    if refused && line > 0 && !inexact && step != "convert" && !at_line(file, line) {
        return Err(format!("no error at line {line} ({error}), but {told:?}"));
    }
    let Some(nodes) = answer["nodes"].as_array() else {
        return Ok(());
    };
    if nodes.len() != file.instructions.len() {
        return Err(format!(
            "{} instructions, not {}",
            file.instructions.len(),
            nodes.len()
        ));
    }
    let lines = LineIndex::new(text);
    for (node, instruction) in nodes.iter().zip(&file.instructions) {
        let line = lines.line(instruction.range.start);
        if node["line"] != line {
            return Err(format!(
                "an instruction at line {line}, not {}",
                node["line"]
            ));
        }
        same(file, node, instruction).map_err(|e| format!("line {line}: {e}"))?;
        let count = node["heredocs"].as_array().map_or(0, Vec::len);
        if count != instruction.heredocs.len() {
            return Err(format!(
                "line {line}: {} heredocs",
                instruction.heredocs.len()
            ));
        }
    }
    Ok(())
}

/// Whether one of the errors belongs to the instruction that begins at `line`.
fn at_line(file: &Dockerfile, line: u32) -> bool {
    let lines = LineIndex::new(&file.text);
    file.errors.iter().any(|error| {
        let at = lines.line(error.range.start);
        let holder = file
            .instructions
            .iter()
            .find(|i| i.range.covers(error.range));
        at == line || holder.is_some_and(|i| lines.line(i.range.start) == line)
    })
}

fn same(file: &Dockerfile, node: &Value, instruction: &Instruction) -> Result<(), String> {
    let keyword = file.joined(instruction.keyword_range).to_lowercase();
    if node["command"] != keyword && keyword.is_ascii() {
        return Err(format!(
            "the instruction {keyword}, not {}",
            node["command"]
        ));
    }
    let flags: Vec<String> = instruction
        .flags
        .iter()
        .map(|flag| {
            let value = flag
                .value
                .as_ref()
                .map_or(String::new(), |v| format!("={}", v.value));
            format!("--{}{value}", flag.name.value)
        })
        .collect();
    let want = strings(&node["flags"]);
    // The reference reads flags byte by byte.
    let bytes: Vec<String> = flags
        .iter()
        .map(|flag| flag.bytes().map(|byte| byte as char).collect())
        .collect();
    // A byte that counts as white space ends a flag inside a letter.
    let cut: Vec<&str> = bytes
        .iter()
        .map(|flag| flag.trim_end_matches(['\u{85}', '\u{a0}']))
        .collect();
    if flags != want && bytes != want && cut != want {
        return Err(format!("flags {flags:?}, not {want:?}"));
    }
    if node["child"].is_object() {
        let Body::Onbuild(inner) = &instruction.body else {
            return if matches!(instruction.body, Body::Invalid) {
                Ok(())
            } else {
                Err("no ONBUILD".to_owned())
            };
        };
        same(file, &node["child"], inner)?;
        return heredocs(file, node, &instruction.heredocs);
    }
    arguments(file, node, instruction)?;
    // What an ONBUILD holds has the heredocs too; the reference has them outside only.
    if node["heredocs"].is_array() {
        heredocs(file, node, &instruction.heredocs)
    } else {
        Ok(())
    }
}

fn strings(value: &Value) -> Vec<String> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .map(|v| v.as_str().unwrap_or("").to_owned())
        .collect()
}

fn values(words: &[Word]) -> Vec<String> {
    words.iter().map(|word| word.value.to_string()).collect()
}

fn shell(file: &Dockerfile, range: TextRange) -> Vec<String> {
    let text = file.joined(range);
    if text.is_empty() {
        Vec::new()
    } else {
        vec![text.into_owned()]
    }
}

fn command(file: &Dockerfile, instruction: &Instruction, command: &Command) -> (Vec<String>, bool) {
    match command {
        Command::Exec(words) => (values(words), true),
        Command::Shell(range) => (shell(file, *range), false),
        Command::Heredoc(_) => (shell(file, instruction.args), false),
    }
}

fn arguments(file: &Dockerfile, node: &Value, instruction: &Instruction) -> Result<(), String> {
    let want = strings(&node["args"]);
    let one = |word: &Word| (vec![word.value.to_string()], false);
    let mut json = node["json"] == true;
    let (found, found_json) = match &instruction.body {
        Body::Invalid => return Ok(()),
        Body::From(from) => {
            let mut words = vec![from.image.value.to_string()];
            if let Some(name) = &from.name {
                words.extend([
                    want.get(1).cloned().unwrap_or_default(),
                    name.value.to_string(),
                ]);
            }
            (words, false)
        }
        Body::Run(c) | Body::Cmd(c) | Body::Entrypoint(c) => command(file, instruction, c),
        Body::Copy(t) | Body::Add(t) => return transfer(&want, json, t),
        Body::Env(pairs) | Body::Label(pairs) => {
            let words = pairs.iter().flat_map(|pair| {
                let joint = if pair.legacy { "" } else { "=" };
                [
                    pair.key.value.to_string(),
                    pair.value.value.to_string(),
                    joint.to_owned(),
                ]
            });
            (words.collect(), false)
        }
        Body::Arg(decls) => {
            let words = decls.iter().map(|decl| match &decl.default {
                Some(default) => format!("{}={}", decl.name.value, default.value),
                None => decl.name.value.to_string(),
            });
            (words.collect(), false)
        }
        Body::Expose(words) => (values(words), false),
        // Whether a list was JSON is not kept.
        Body::Volume(words) => {
            json = false;
            (values(words), false)
        }
        Body::Shell(words) => (values(words), true),
        Body::User(word)
        | Body::Workdir(word)
        | Body::StopSignal(word)
        | Body::Maintainer(word) => one(word),
        Body::Healthcheck(Healthcheck::None) => {
            json = false;
            (vec![want.first().cloned().unwrap_or_default()], false)
        }
        Body::Healthcheck(Healthcheck::Cmd(c)) => {
            let (mut words, json) = command(file, instruction, c);
            words.insert(0, want.first().cloned().unwrap_or_default());
            (words, json)
        }
        Body::Onbuild(_) => return Err("an ONBUILD".to_owned()),
    };
    if (&found, found_json) != (&want, json) {
        return Err(format!(
            "arguments {found:?} (json {found_json}), not {want:?} (json {json})"
        ));
    }
    Ok(())
}

fn transfer(want: &[String], json: bool, transfer: &Transfer) -> Result<(), String> {
    let mut found: Vec<String> = values(&transfer.sources);
    found.push(transfer.dest.value.to_string());
    // Heredocs are kept apart.
    let mut rest = found.iter();
    let mut next = rest.next();
    for word in want {
        if next == Some(word) {
            next = rest.next();
        } else if !word.contains("<<") {
            return Err(format!("paths {found:?}, not {want:?}"));
        }
    }
    if next.is_some() || json != transfer.json {
        return Err(format!(
            "paths {found:?} (json {}), not {want:?} (json {json})",
            transfer.json
        ));
    }
    Ok(())
}

fn heredocs(file: &Dockerfile, node: &Value, heredocs: &[Heredoc]) -> Result<(), String> {
    let want = node["heredocs"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if want.len() != heredocs.len() {
        return Err(format!("{} heredocs, not {}", heredocs.len(), want.len()));
    }
    for (want, heredoc) in want.iter().zip(heredocs) {
        let body = heredoc.body.of(&file.text);
        if want["name"] != *heredoc.name
            || (want["expand"] == true) != heredoc.expand
            || (want["chomp"] == true) != heredoc.strip_tabs
            || want["content"] != body
        {
            return Err(format!("the heredoc {heredoc:?} {body:?}, not {want}"));
        }
    }
    Ok(())
}

fn word(case: &Value, env: &Value, answer: &Value) -> Result<(), String> {
    let text = case["word"].as_str().unwrap_or("");
    let escape = case["escape"]
        .as_str()
        .and_then(|e| e.chars().next())
        .unwrap_or('\\');
    let word = Word {
        range: TextRange::at(0, text.len()),
        value: text.into(),
    };
    let lookup = |name: &str| env[name].as_str().map(str::to_owned);
    let found = expand(&word, text, escape, &lookup);
    match (found, answer["error"].as_str()) {
        (Err(_), Some(_)) => Ok(()),
        (Err(error), None) => Err(format!("{error:?}, not {answer}")),
        (Ok(found), Some(error)) => Err(format!("{found:?}, not the error {error}")),
        (Ok(found), None) => {
            let mut names: Vec<String> = found
                .unset
                .iter()
                .chain(&found.defaulted)
                .map(ToString::to_string)
                .collect();
            names.sort();
            names.dedup();
            if answer["result"] != found.text || strings(&answer["unmatched"]) != names {
                return Err(format!("{found:?}, not {answer}"));
            }
            Ok(())
        }
    }
}
