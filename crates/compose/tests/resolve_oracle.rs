//! Projects resolved as docker compose resolves them (`tests/oracles/compose-config`): the same
//! JSON document, the same YAML text, the same lists, the same refusals.

use std::collections::BTreeMap;

use plimsoll_compose::resolve::{Format, MemorySurroundings, Request, resolve};
use serde_json::Value;

fn folder() -> String {
    format!(
        "{}/../../tests/oracles/compose-config",
        env!("CARGO_MANIFEST_DIR")
    )
}

#[derive(Default)]
struct Case {
    name: String,
    files: BTreeMap<String, String>,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    current_dir: String,
    standard_input: String,
    links: BTreeMap<String, String>,
}

/// The cases of a file, see `record.py` for its form.
fn cases(group: &str, text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut path: Option<String> = None;
    for line in text.split('\n') {
        if let Some(name) = line.strip_prefix("== ") {
            cases.push(Case {
                name: format!("{group}/{name}"),
                current_dir: "/project".to_owned(),
                ..Case::default()
            });
            path = None;
            continue;
        }
        let Some(case) = cases.last_mut() else {
            continue;
        };
        if let Some(named) = line.strip_prefix("-- ") {
            let full = if named.starts_with('/') {
                named.to_owned()
            } else {
                format!("/project/{named}")
            };
            case.files.insert(full.clone(), String::new());
            path = Some(full);
        } else if let Some(path) = &path {
            let file = case.files.entry(path.clone()).or_default();
            file.push_str(line);
            file.push('\n');
        } else if let Some(dir) = line.strip_prefix("@ ") {
            case.current_dir = format!("/project/{dir}");
        } else if let Some(pair) = line.strip_prefix("$ ") {
            let (name, value) = pair.split_once('=').expect("NAME=value");
            case.variables
                .push((name.to_owned(), value.replace("%root", "")));
        } else if let Some(arguments) = line.strip_prefix("> ") {
            case.arguments = arguments
                .split(' ')
                .map(|argument| argument.trim_matches('\'').replace("%root", ""))
                .collect();
        } else if let Some(link) = line.strip_prefix("~ ") {
            let (path, target) = link.split_once(' ').expect("a path and a target");
            case.links
                .insert(format!("/project/{path}"), format!("/project/{target}"));
        } else if let Some(line) = line.strip_prefix("< ") {
            case.standard_input.push_str(line);
            case.standard_input.push('\n');
        }
    }
    for case in &mut cases {
        for text in case.files.values_mut() {
            let kept = text.trim_end_matches('\n').to_owned();
            *text = match kept.strip_prefix("%raw ") {
                Some(raw) => serde_json::from_str(raw).expect("a JSON string"),
                None if text.is_empty() => String::new(),
                None => format!("{kept}\n"),
            };
        }
    }
    cases
}

/// The request that the arguments make, and what is to be listed.
fn request(case: &Case) -> (Request, Option<String>) {
    let mut request = Request {
        current_dir: case.current_dir.clone(),
        standard_input: Some(case.standard_input.clone().into_bytes()),
        ..Request::default()
    };
    let mut list = None;
    let mut arguments = case.arguments.iter().cloned();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().expect("a value");
        match argument.as_str() {
            "--" => {}
            "-f" => request.files.push(value()),
            "-p" => request.project_name = Some(value()),
            "--profile" => request.profiles.push(value()),
            "--env-file" => request.env_files.push(value()),
            "--project-directory" => request.project_directory = Some(value()),
            "--all-resources" => request.all_resources = true,
            "--no-interpolate" => {
                request.no_interpolate = true;
                list = list.or(Some("yaml".to_owned()));
            }
            "--no-normalize" => request.no_normalise = true,
            "--no-path-resolution" => request.no_path_resolution = true,
            "--no-consistency" => request.no_consistency = true,
            "--no-env-resolution" => request.no_env_files = true,
            "--format" => list = Some(value()),
            "-q" => list = Some("nothing".to_owned()),
            option if option.starts_with("--") => list = Some(option[2..].to_owned()),
            service => request.services.push(service.to_owned()),
        }
    }
    match list.as_deref() {
        Some("variables") => {
            request.no_interpolate = true;
            request.no_validation = true;
        }
        Some("services" | "volumes" | "networks" | "models") => request.no_env_files = true,
        _ => {}
    }
    if let Some((_, listed)) = case
        .variables
        .iter()
        .find(|(name, _)| name == "COMPOSE_ENV_FILES")
    {
        request.env_files = listed.split(',').map(str::to_owned).collect();
    }
    (request, list)
}

fn surroundings(case: &Case) -> MemorySurroundings {
    let mut surroundings = MemorySurroundings {
        home: Some("/home/user".to_owned()),
        ..MemorySurroundings::default()
    };
    surroundings = surroundings
        .variable("PATH", "/usr/bin:/bin")
        .variable("HOME", "/home/user");
    for (name, value) in &case.variables {
        surroundings = surroundings.variable(name, value);
    }
    surroundings.links.clone_from(&case.links);
    for (path, text) in &case.files {
        surroundings = surroundings.file(path, text.as_str());
    }
    surroundings
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.sort_unstable();
    lines
}

/// In what ours differs.
fn difference(case: &Case, answer: &Value) -> Option<String> {
    let (request, list) = request(case);
    let outcome = resolve(&request, &surroundings(case));
    let refused = answer["refused"].as_str();
    let resolved = match (outcome, refused) {
        (Ok(_), Some(category)) => {
            let message = &answer["message"];
            return Some(format!("not refused as {category}: {message}"));
        }
        (Err(unresolved), Some(category)) => {
            let ours: Vec<&str> = unresolved
                .refusals
                .iter()
                .map(|refusal| refusal.reason.category().name())
                .collect();
            let same = ours.contains(&category);
            let message = &answer["message"];
            return (!same).then(|| format!("{unresolved} {ours:?}, theirs {category}: {message}"));
        }
        (Err(unresolved), None) => return Some(format!("refused: {unresolved}")),
        (Ok(resolved), None) => resolved,
    };
    if let Some(theirs) = answer["text"].as_str() {
        let lines = |names: Vec<&str>| names.join("\n");
        let ours = match list.as_deref() {
            Some("services") => lines(resolved.service_names()),
            Some("images") => resolved.images().join("\n"),
            Some("profiles") => lines(resolved.all_profiles()),
            Some("models") => lines(resolved.model_references()),
            Some(section @ ("volumes" | "networks")) => lines(resolved.resource_names(section)),
            Some("environment") => resolved
                .environment()
                .iter()
                .map(|(name, variable)| format!("{name}={}\n", variable.value))
                .collect(),
            Some("variables") => {
                let names = theirs.lines().skip(1).map(|line| {
                    let cells: Vec<&str> = line.split_whitespace().collect();
                    format!("{} {}", cells[0], cells[1])
                });
                let mut theirs: Vec<String> = names.collect();
                theirs.sort();
                let ours: Vec<String> = resolved
                    .variables()
                    .iter()
                    .map(|variable| format!("{} {}", variable.name, variable.required))
                    .collect();
                return (ours != theirs).then(|| format!("{ours:?}, theirs {theirs:?}"));
            }
            Some("nothing") => String::new(),
            Some("json") => resolved.print(Format::Json),
            _ => resolved.print(Format::Yaml),
        };
        // The reference lists names in any order.
        return (sorted(&ours) != sorted(theirs)).then(|| format!("{ours}\n--- theirs\n{theirs}"));
    }
    let json = resolved.print(Format::Json);
    let ours: Value = serde_json::from_str(&json).expect("JSON");
    if ours != answer["json"] {
        let theirs = serde_json::to_string_pretty(&answer["json"]).expect("JSON");
        return Some(format!("{json}\n--- theirs\n{theirs}"));
    }
    let yaml = resolved.print(Format::Yaml);
    let theirs = answer["yaml"].as_str().expect("YAML");
    (yaml != theirs).then(|| format!("{yaml}\n--- theirs\n{theirs}"))
}

#[test]
fn projects_resolve_as_the_reference_resolves_them() {
    let text = std::fs::read_to_string(format!("{}/answers.json", folder()));
    let answers: Value = serde_json::from_str(&text.expect("committed")).expect("JSON");
    let answers = answers.as_object().expect("an object");
    let mut compared = 0;
    let mut differences = Vec::new();
    let entries = std::fs::read_dir(format!("{}/cases", folder())).expect("committed");
    for entry in entries {
        let path = entry.expect("an entry").path();
        let group = path.file_stem().expect("a name").to_string_lossy();
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        for case in cases(&group, &text) {
            let answer = answers.get(&case.name);
            let answer = answer.unwrap_or_else(|| panic!("{} has no answer", case.name));
            compared += 1;
            if let Some(difference) = difference(&case, answer) {
                differences.push(format!("=== {}\n{difference}", case.name));
            }
        }
    }
    assert_eq!(compared, answers.len(), "answers without a case");
    assert!(
        differences.is_empty(),
        "{} of {compared} differ\n{}",
        differences.len(),
        differences.join("\n")
    );
}

/// Projects that are printed in a way that means something else, by the reference's own choice.
const CHANGED_AGAIN: [&str; 17] = [
    // What the options leave out or leave alone is added and checked without them.
    "consistency/no consistency",
    "environment/no env resolution",
    "options/no normalisation",
    "options/no path resolution",
    // A service is named that is off and not printed.
    "consistency/a service that is off for an additional context",
    "profiles/a dependency that is off and not required",
    // The paths of files that are not there are printed.
    "environment/label files",
    "fields/pre_start",
    "merge/label files",
    // `$` of keys is doubled, and keys are not read as templates.
    "fields/labels with dots and dollars",
    "interpolation/keys are left alone",
    // Names that a Compose file cannot have.
    "dotenv/a name alone at the end",
    "environment/empty names",
    // Jobs are printed with names that are no key of a job.
    "fields/jobs",
    // An empty context is left out, which is the project's folder when it is read.
    "fields/build, short",
    // Ports that become equal only when they are canonical.
    "merge/ports in both forms",
    // A tab at the beginning of a block text, which the reference does not read again.
    "yaml/texts of several lines",
];

/// What is printed is a project that comes to the same.
#[test]
fn what_is_printed_resolves_to_itself() {
    let text = std::fs::read_to_string(format!("{}/answers.json", folder()));
    let answers: Value = serde_json::from_str(&text.expect("committed")).expect("JSON");
    let mut compared = 0;
    let mut changed = Vec::new();
    for (name, answer) in answers.as_object().expect("an object") {
        let Some(printed) = answer["yaml"].as_str() else {
            continue;
        };
        let surroundings = MemorySurroundings::default().file("/project/compose.yaml", printed);
        let request = Request {
            current_dir: "/project".to_owned(),
            all_resources: true,
            profiles: vec!["*".to_owned()],
            ..Request::default()
        };
        let outcome = resolve(&request, &surroundings);
        let again = outcome.map_or_else(|r| r.to_string(), |again| again.print(Format::Yaml));
        if again != printed && !CHANGED_AGAIN.contains(&name.as_str()) {
            changed.push(format!("=== {name}\n{printed}\n--- again\n{again}"));
        }
        compared += 1;
    }
    assert!(compared > 300, "{compared}");
    assert!(
        changed.is_empty(),
        "{} of {compared}\n{}",
        changed.len(),
        changed.join("\n")
    );
}
