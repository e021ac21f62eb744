use std::sync::Arc;

use plimsoll_testkit::{Fixture, tree};

use super::{Reason, path_in_tree};
use crate::snapshot::{Options, Project};

fn project(text: &str) -> Project {
    let fixture = Fixture::parse("missing-path-line", text);
    Project::load(Arc::new(tree(&fixture)), &Options::default())
}

/// Each set by the paths of its files, those that are only parts behind a `+`.
fn sets(project: &Project) -> Vec<String> {
    let path = |index: &usize| project.path(project.composes[*index].file).to_owned();
    let of_set = |set: &super::ComposeProject| {
        let mut words: Vec<String> = set.units.iter().map(path).collect();
        let parts = set.members.iter().filter(|unit| !set.units.contains(unit));
        words.extend(parts.map(|unit| format!("+{}", path(unit))));
        words.join(" ")
    };
    project.compose_projects().iter().map(of_set).collect()
}

const WEB: &str = "services: {web: {image: 'a:1'}}\n";

#[test]
fn a_folder_is_one_project_with_its_override() {
    let found = project(&format!(
        "//- /compose.yaml\n{WEB}//- /compose.override.yaml\nservices: {{web: {{ports: ['80:80']}}}}\n\
         //- /other/docker-compose.yml\n{WEB}"
    ));
    assert_eq!(
        sets(&found),
        [
            "compose.yaml compose.override.yaml",
            "other/docker-compose.yml"
        ]
    );
    let resolved = found.compose_projects()[0].resolved().expect("it resolves");
    let web = resolved.service("web").expect("the service");
    let port = web.ports().next().expect("the port");
    let spot = port.trace().spot().expect("somebody wrote it");
    let set = &found.compose_projects()[0];
    let place = set.place(&found, spot).expect("the file is under review");
    assert_eq!(found.path(place.file), "compose.override.yaml");
    assert_eq!(found.files.text(place), "'80:80'");
}

#[test]
fn the_first_name_wins_and_the_other_stands_by_itself() {
    let found = project(&format!(
        "//- /compose.yaml\n{WEB}//- /docker-compose.yml\n{WEB}//- /docker-compose.override.yml\n{WEB}"
    ));
    assert_eq!(
        sets(&found),
        [
            "compose.yaml docker-compose.override.yml",
            "docker-compose.yml"
        ]
    );
}

#[test]
fn variants_stand_alone_or_over_the_main_file() {
    let found = project(&format!(
        "//- /compose.yaml\n{WEB}\
         //- /compose.ci.yaml\nservices: {{test: {{image: 'b:1'}}}}\n\
         //- /compose.dev.yaml\nservices: {{web: {{ports: ['80:80']}}}}\n\
         //- /compose.tools.yaml\nservices: {{shell: {{image: 'c:1', depends_on: [web]}}}}\n\
         //- /alone/compose.part.yaml\nservices: {{web: {{ports: ['80:80']}}}}\n"
    ));
    assert_eq!(
        sets(&found),
        [
            "compose.ci.yaml",
            "compose.yaml",
            "compose.yaml compose.dev.yaml",
            "compose.yaml compose.tools.yaml",
        ]
    );
}

#[test]
fn files_of_an_env_file_are_one_project() {
    let found = project(&format!(
        "//- /.env\nCOMPOSE_FILE=compose.yaml:compose.dev.yaml\n//- /compose.yaml\n{WEB}\
         //- /compose.dev.yaml\nservices: {{db: {{image: 'b:1'}}}}\n"
    ));
    assert_eq!(sets(&found), ["compose.yaml compose.dev.yaml"]);
}

#[test]
fn included_and_extended_files_are_parts() {
    let found = project(
        "//- /compose.yaml\ninclude: [db/stack.compose.yaml, sub/compose.yaml]\n\
         services: {web: {extends: {file: base.compose.yaml, service: base}}}\n\
         //- /base.compose.yaml\nservices: {base: {image: 'a:1'}}\n\
         //- /db/stack.compose.yaml\nservices: {db: {image: 'b:1'}}\n\
         //- /sub/compose.yaml\nservices: {sub: {image: 'c:1'}}\n",
    );
    assert_eq!(
        sets(&found),
        [
            "compose.yaml +base.compose.yaml +db/stack.compose.yaml +sub/compose.yaml",
            "sub/compose.yaml"
        ]
    );
    let base = &found.composes[0];
    assert_eq!(found.path(base.file), "base.compose.yaml");
    assert_eq!(found.compose_projects_with(base).count(), 1);
}

#[test]
fn what_a_clone_lacks_is_tolerated_and_profiles_are_on() {
    let found = project(
        "//- /compose.yaml\nservices:\n  web: {image: 'a:${TAG:?set it}', env_file: secret.env, \
         networks: [front]}\n  db: {image: 'b:1', profiles: [x]}\n",
    );
    let set = &found.compose_projects()[0];
    let resolved = set.resolved().expect("it resolves");
    assert!(resolved.service("db").is_some());
    let reasons: Vec<&Reason> = resolved.tolerated().iter().map(|r| &r.reason).collect();
    assert!(
        matches!(
            reasons[..],
            [
                Reason::Required { .. },
                Reason::Undefined { .. },
                Reason::EnvFileMissing { .. }
            ]
        ),
        "{reasons:?}"
    );
}

#[test]
fn nothing_outside_the_tree_is_read_and_env_files_have_no_place() {
    let found = project(
        "//- /compose.yaml\nservices:\n  web: {image: a:1, env_file: [a.env, {path: ../../etc/x, \
         required: false}]}\n//- /a.env\nKEY=value\n",
    );
    let set = &found.compose_projects()[0];
    let resolved = set.resolved().expect("it resolves");
    let web = resolved.service("web").expect("the service");
    let variable = web.environment().next().expect("the variable");
    let spot = variable.env_file().expect("it comes from the file");
    let (path, at) = resolved.records().place(spot);
    assert_eq!(path_in_tree(path), Some("a.env"));
    assert_eq!(at.line, 1);
    assert_eq!(set.place(&found, spot), None);
    let sources = resolved.records().sources();
    assert!(
        sources
            .into_iter()
            .all(|(_, source)| path_in_tree(&source.path).is_some())
    );

    let outside = project("//- /compose.yaml\ninclude: [../other/compose.yaml]\nservices: {}\n");
    let resolved = outside.compose_projects()[0]
        .resolved()
        .expect("it goes on");
    let [refusal] = resolved.tolerated() else {
        panic!("{:?}", resolved.tolerated());
    };
    assert!(matches!(refusal.reason, Reason::Unreadable { .. }));
}

#[test]
fn values_that_variables_decide_are_unknown() {
    let found = project(
        "//- /compose.yaml\nservices:\n  web: {image: 'a:${TAG:?}', cpus: '${CPUS}', scale: \
         '${N}', ports: ['${PORT}:80', '90:90']}\n",
    );
    let set = &found.compose_projects()[0];
    let resolved = set.resolved().expect("it resolves");
    let web = resolved.service("web").expect("the service");
    let image = web.image().expect("the image");
    assert_eq!(image.text, "a:");
    assert!(resolved.records().is_unknown(image.trace));
    assert!(web.item().get("cpus").is_none() && web.item().get("scale").is_none());
    assert_eq!(web.ports().count(), 2);
    assert_eq!(resolved.tolerated().len(), 1, "{:?}", resolved.tolerated());
}
