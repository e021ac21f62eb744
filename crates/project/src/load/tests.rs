use std::sync::Arc;

use plimsoll_source::MemoryTree;
use plimsoll_testkit::{Fixture, tree};

use crate::snapshot::{Options, Project, ReadError, Reason};

fn load(fixture: &str) -> Project {
    load_paths(fixture, &[])
}

fn load_paths(fixture: &str, paths: &[&str]) -> Project {
    let tree = tree(&Fixture::parse("unnamed", fixture));
    let paths = paths.iter().map(|&path| path.to_owned()).collect();
    Project::load(
        Arc::new(tree),
        &Options {
            paths,
            ..Options::default()
        },
    )
}

/// All that was recognised, one word and path each.
fn kinds(project: &Project) -> Vec<String> {
    let mut all = Vec::new();
    let mut add = |what: &str, path: &str| all.push(format!("{what} {path}"));
    for unit in &project.dockerfiles {
        add("dockerfile", project.path(unit.file));
    }
    for unit in &project.ignores {
        add("ignore", project.path(unit.file));
    }
    for unit in &project.composes {
        add("compose", project.path(unit.file));
    }
    for unit in &project.manifests {
        add("manifest", project.path(unit.file));
    }
    for unit in &project.unreadable {
        add("unreadable", project.path(unit.file));
    }
    for file in &project.not_reviewed {
        add(&format!("{:?}", file.reason), &file.path);
    }
    all
}

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n";

#[test]
fn files_are_what_their_names_and_contents_say() {
    let project = load(&format!(
        "//- /.dockerignore\n*\n\
         //- /Dockerfile\nFROM alpine\n\
         //- /Dockerfile.py\nfrom x import y\n\
         //- /Dockerfile.rs\nFROM rust\n\
         //- /Dockerfile.j2\nFROM {{{{ x }}}}\n\
         //- /api/Dockerfile\nFROM {{{{ base }}}}\n\
         //- /compose.yaml\nservices:\n  a:\n    image: b\n\
         //- /stack.yml\nservices:\n  a:\n    image: b\n\
         //- /k8s/web.yaml\n{DEPLOYMENT}\
         //- /k8s/list.json\n{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": []}}\n\
         //- /k8s/late.yml\n# only a comment\n---\n---\n{DEPLOYMENT}\
         //- /k8s/broken.yaml\n{DEPLOYMENT}  labels: [a\nspec: }}\n\
         //- /package.json\n{{\"name\": \"x\"}}\n\
         //- /openapi.yaml\nopenapi: 3.1.0\ninfo:\n  title: kind\n\
         //- /.gitlab-ci.yml\nservices:\n  - postgres\n\
         //- /.github/workflows/ci.yaml\nname: x\non: push\n\
         //- /skaffold.yaml\napiVersion: skaffold/v4beta11\nkind: Config\n\
         //- /values.yaml\nkind: Deployment\nimage: x\n\
         //- /app.jsonnet\n{{}}\n"
    ));
    assert_eq!(
        kinds(&project),
        [
            "dockerfile Dockerfile",
            "dockerfile Dockerfile.rs",
            "ignore .dockerignore",
            "compose compose.yaml",
            "compose stack.yml",
            "manifest k8s/broken.yaml",
            "manifest k8s/late.yml",
            "manifest k8s/list.json",
            "manifest k8s/web.yaml",
            "Template Dockerfile.j2",
            "Template api/Dockerfile",
            "Jsonnet app.jsonnet",
        ]
    );
}

#[test]
fn charts_secrets_and_templates_are_left_alone() {
    let project = load(&format!(
        "//- /chart/Chart.yaml\napiVersion: v2\nname: x\nversion: 1.0.0\n\
         //- /chart/values.yaml\nimage: x\n\
         //- /chart/templates/web.yaml\n{DEPLOYMENT}\
         //- /chart/templates/deep/api.yaml\n{{{{ if .x }}}}\n\
         //- /chart/templates/NOTES.txt\nhello\n\
         //- /chart/crds/crd.yaml\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n\
         //- /templates/web.yaml\n{DEPLOYMENT}\
         //- /secret.yaml\napiVersion: v1\nkind: Secret\nsops:\n  mac: x\n  lastmodified: x\n\
         //- /values.enc.yaml\na: ENC[x]\nsops:\n  mac: x\n\
         //- /jinja.yaml\n{DEPLOYMENT}{{% if x %}}\nspec: 1\n{{% endif %}}\n\
         //- /bare.yaml\n{DEPLOYMENT}spec:\n  replicas: {{{{ n }}}}\n\
         //- /erb.yaml\n{DEPLOYMENT}spec:\n  replicas: <%= n %>\n\
         //- /quoted.yaml\n{DEPLOYMENT}  annotations:\n    a: \"{{{{ $labels.x }}}}\"\n\
         //- /block.yaml\napiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    {{{{ x }}}}\n    {{% if %}}\n\
         //- /web.yaml.j2\n{DEPLOYMENT}\
         //- /motd.yaml.j2\na: b\n\
         //- /{{{{cookiecutter.name}}}}/Dockerfile\nFROM x\n"
    ));
    assert_eq!(
        kinds(&project),
        [
            "manifest block.yaml",
            "manifest chart/crds/crd.yaml",
            "manifest quoted.yaml",
            "manifest templates/web.yaml",
            "Template bare.yaml",
            "ChartTemplate chart/templates/deep/api.yaml",
            "ChartTemplate chart/templates/web.yaml",
            "Template erb.yaml",
            "Template jinja.yaml",
            "Sops secret.yaml",
            "Sops values.enc.yaml",
            "Template web.yaml.j2",
            "Template {{cookiecutter.name}}/Dockerfile",
        ]
    );
}

#[test]
fn properties_of_maven_and_code_of_ytt_make_templates() {
    let project = load(&format!(
        "//- /a/Dockerfile\nFROM ${{docker.base.image}}\nCOPY ${{pkg.name}}.deb /tmp/\n\
         //- /b/Dockerfile\nFROM a:1\nUSER ${{pkg.user}}\n\
         //- /c/Dockerfile\nFROM a:1\nRUN node -e 'f(`${{a.b}} ${{c.d}}`)'\n\
         //- /ytt.yaml\n#@ def web():\n{DEPLOYMENT}#@ end\n\
         //- /note.yaml\n{DEPLOYMENT}  annotations:\n    a: b #@mention\n"
    ));
    assert_eq!(
        kinds(&project),
        [
            "dockerfile b/Dockerfile",
            "dockerfile c/Dockerfile",
            "manifest note.yaml",
            "Template a/Dockerfile",
            "Template ytt.yaml",
        ]
    );
}

#[test]
fn a_syntax_error_beside_a_template_language_is_still_one() {
    let project = load(&format!(
        "//- /a.yaml\n{DEPLOYMENT}  annotations:\n    a: \"{{{{ x }}}}\"\n    b: [1\nspec: 2\n"
    ));
    assert_eq!(kinds(&project), ["manifest a.yaml"]);
}

#[test]
fn walks_respect_gitignore_and_stay_out_of_dependencies() {
    let fixture = "//- /.gitignore\n/out\n*.gen.yaml\n!keep.gen.yaml\n\
         //- /.git/info/exclude\nprivate\n\
         //- /out/Dockerfile\nFROM a\n\
         //- /sub/out/Dockerfile\nFROM a\n\
         //- /sub/.gitignore\nDockerfile.old\n\
         //- /sub/Dockerfile.old\nFROM a\n\
         //- /private/Dockerfile\nFROM a\n\
         //- /node_modules/x/Dockerfile\nFROM a\n\
         //- /vendor/x/Dockerfile\nFROM a\n\
         //- /.devcontainer/Dockerfile\nFROM a\n\
         //- /x.gen.yaml\napiVersion: v1\nkind: Pod\n\
         //- /keep.gen.yaml\napiVersion: v1\nkind: Pod\n";
    assert_eq!(
        kinds(&load(fixture)),
        [
            "dockerfile .devcontainer/Dockerfile",
            "dockerfile sub/out/Dockerfile",
            "manifest keep.gen.yaml"
        ]
    );
    // What is named is reviewed all the same.
    let named = ["out/Dockerfile", "x.gen.yaml", "node_modules/x"];
    assert_eq!(
        kinds(&load_paths(fixture, &named)),
        [
            "dockerfile node_modules/x/Dockerfile",
            "dockerfile out/Dockerfile",
            "manifest x.gen.yaml"
        ]
    );
}

#[test]
fn named_files_are_what_they_contain() {
    let fixture = format!(
        "//- /build.docker\n# syntax=x\nFROM alpine\n\
         //- /odd\n{DEPLOYMENT}\
         //- /stack\nservices:\n  a:\n    image: b\n\
         //- /values.yaml\na: b\n\
         //- /README.md\n# x\nkind: of\n\
         //- /chart/Chart.yaml\napiVersion: v2\nname: x\nversion: 1\n\
         //- /chart/templates/x.yaml\na: {{{{ b }}}}\n"
    );
    let named = [
        "build.docker",
        "./odd",
        "stack",
        "values.yaml",
        "chart/templates/x.yaml",
    ];
    assert_eq!(
        kinds(&load_paths(&fixture, &named)),
        [
            "dockerfile build.docker",
            "compose stack",
            "manifest odd",
            "manifest values.yaml",
            "ChartTemplate chart/templates/x.yaml",
        ]
    );
    let nothing = load_paths(&fixture, &["README.md"]);
    assert_eq!(kinds(&nothing), Vec::<String>::new());
    assert_eq!(nothing.unrecognised, ["README.md"]);
    let missing = load_paths(&fixture, &["nowhere", "../out"]);
    assert_eq!(kinds(&missing), ["unreadable ../out", "unreadable nowhere"]);
}

#[test]
fn text_that_is_not_utf8_is_said_with_its_offset() {
    let mut tree = MemoryTree::new();
    tree.insert("Dockerfile", b"FROM \xff".as_slice());
    tree.insert("a.yaml", b"kind: Pod\napiVersion: \xc3\n".as_slice());
    tree.insert("b.yaml", b"name: \xe9\n".as_slice());
    tree.insert("c/Dockerfile", b"\xef\xbb\xbfFROM alpine\n".as_slice());
    tree.insert(
        "c/d.yaml",
        b"\xef\xbb\xbfapiVersion: v1\r\nkind: Pod\r\n".as_slice(),
    );
    let project = Project::load(Arc::new(tree), &Options::default());
    assert_eq!(
        kinds(&project),
        [
            "dockerfile c/Dockerfile",
            "manifest c/d.yaml",
            "unreadable Dockerfile",
            "unreadable a.yaml"
        ]
    );
    let offsets: Vec<u64> = project
        .unreadable
        .iter()
        .map(|unit| match unit.error {
            ReadError::NotUtf8(offset) => offset,
            ReadError::Tree(_) => u64::MAX,
        })
        .collect();
    assert_eq!(offsets, [5, 22]);
    assert_eq!(project.dockerfiles[0].build.stages.len(), 1);
    assert_eq!(plimsoll_k8s::objects(&project.manifests[0].tree).len(), 1);
}

#[test]
fn one_text_alone_has_no_surroundings() {
    let project = Project::from_text("api/Dockerfile", "FROM alpine\nCOPY . /app\n");
    assert_eq!(kinds(&project), ["dockerfile api/Dockerfile"]);
    assert_eq!(project.dockerfiles[0].context, None);
    let project = Project::from_text("/dev/stdin", DEPLOYMENT);
    assert_eq!(kinds(&project), ["manifest dev/stdin"]);
    let project = Project::from_text("chart/templates/x.yaml", DEPLOYMENT);
    assert_eq!(
        project.not_reviewed.first().map(|file| file.reason),
        None::<Reason>
    );
}

/// Context folder, evidence and `.dockerignore` of each Dockerfile.
fn contexts(project: &Project) -> Vec<String> {
    project
        .dockerfiles
        .iter()
        .map(|unit| {
            let path = project.path(unit.file);
            let Some(context) = project.context_of(unit) else {
                return format!("{path}: none");
            };
            let ignore = context
                .ignore
                .map_or("none", |n| project.path(project.ignores[n].file));
            format!("{path}: `{}` {:?} {ignore}", context.dir, context.evidence)
        })
        .collect()
}

#[test]
fn contexts_are_where_the_sources_are() {
    let project = load(
        "//- /package.json\n{}\n\
         //- /src/x\n1\n\
         //- /requirements-dev.txt\n\n\
         //- /.dockerignore\n.git\n\
         //- /own/Dockerfile\nFROM a\nCOPY main.go .\n\
         //- /own/main.go\n1\n\
         //- /docker/Dockerfile\nFROM a\nCOPY package.json dist/ ./\nCOPY --from=b /x /y\nADD https://x.y/z /\n\
         //- /docker/Dockerfile.dockerignore\n*\n\
         //- /docker/py.Dockerfile\nFROM a\nCOPY requirements*.txt .\n\
         //- /docker/none.Dockerfile\nFROM a\nCOPY dist/app.jar .\n\
         //- /docker/whole.Dockerfile\nFROM a\nCOPY . .\n\
         //- /svc/whole.Dockerfile\nFROM a\nCOPY . .\n\
         //- /svc/main.py\n1\n\
         //- /docker/bare.Dockerfile\nFROM a\nRUN b\n\
         //- /docker/mount.Dockerfile\nFROM a\nRUN --mount=type=bind,source=package.json,target=/p x\n\
         //- /docker/arg.Dockerfile\nFROM a\nARG D=src\nARG E\nCOPY $D/x $E /\n",
    );
    assert_eq!(
        contexts(&project),
        [
            "docker/Dockerfile: `` Sources docker/Dockerfile.dockerignore",
            "docker/arg.Dockerfile: `` Sources .dockerignore",
            "docker/bare.Dockerfile: `docker` OwnFolder none",
            "docker/mount.Dockerfile: `` Sources .dockerignore",
            "docker/none.Dockerfile: none",
            "docker/py.Dockerfile: `` Sources .dockerignore",
            "docker/whole.Dockerfile: none",
            "own/Dockerfile: `own` OwnFolder none",
            "svc/whole.Dockerfile: `svc` OwnFolder none",
        ]
    );
}

#[test]
fn a_context_taken_as_a_whole_is_where_steps_find_what_they_need() {
    let project = load(
        "//- /go.mod\nmodule a\n//- /cmd/b/main.go\n1\n//- /docker/note.txt\n1\n\
         //- /docker/go.Dockerfile\nFROM a\nCOPY . .\nRUN go build -o /b ./cmd/b\n\
         //- /docker/path.Dockerfile\nFROM a\nARG P=b\nCOPY . .\nRUN x \"cmd/${P}/main.go\"\n\
         //- /docker/early.Dockerfile\nFROM a\nRUN go version\nCOPY . .\n\
         //- /docker/none.Dockerfile\nFROM a\nCOPY . .\nRUN npm ci\n\
         //- /docker/package.Dockerfile\nFROM a\nCOPY . .\nRUN apk add go\n\
         //- /own/go.mod\nmodule b\n//- /own/Dockerfile\nFROM a\nCOPY . .\nRUN go build ./cmd/b\n",
    );
    assert_eq!(
        contexts(&project),
        [
            "docker/early.Dockerfile: `docker` OwnFolder none",
            "docker/go.Dockerfile: `` Sources none",
            "docker/none.Dockerfile: `docker` OwnFolder none",
            "docker/package.Dockerfile: `docker` OwnFolder none",
            "docker/path.Dockerfile: `` Sources none",
            "own/Dockerfile: `own` OwnFolder none",
        ]
    );
}

#[test]
fn compose_files_name_contexts_targets_and_dockerfiles() {
    let fixture = "//- /deploy/compose.yaml\n\
         services:\n\
         \x20 web:\n    build:\n      context: ..\n      dockerfile: ./api/Dockerfile\n      target: prod\n\
         \x20 job:\n    build:\n      context: ..\n      dockerfile: api/Dockerfile\n      target: prod\n\
         \x20 odd:\n    build:\n      context: ../odd\n      dockerfile: image.docker\n\
         \x20 two:\n    build: ../two\n\
         \x20 two-dev:\n    build:\n      context: ../two\n      target: dev\n\
         \x20 far:\n    build: https://example.org/x.git\n\
         \x20 var:\n    build: ${DIR}\n\
         \x20 def:\n    build: ${DIR:-../def}\n\
         //- /prod.compose.yaml\nservices:\n  two:\n    build:\n      context: .\n      dockerfile: two/Dockerfile\n\
         //- /api/Dockerfile\nFROM a AS prod\nCOPY main.py .\n\
         //- /api/main.py\n1\n\
         //- /odd/image.docker\nFROM a\n\
         //- /two/Dockerfile\nFROM a\n\
         //- /def/Dockerfile\nFROM a\n";
    let project = load(fixture);
    assert_eq!(
        contexts(&project),
        [
            "api/Dockerfile: `` Compose none",
            "def/Dockerfile: `def` Compose none",
            "odd/image.docker: `odd` Compose none",
            "two/Dockerfile: `two` Compose none",
        ]
    );
    let targets: Vec<Option<&str>> = project
        .dockerfiles
        .iter()
        .map(|unit| unit.target.as_deref())
        .collect();
    assert_eq!(targets, [Some("prod"), None, None, None]);
    let others: Vec<&str> = project.dockerfiles[3]
        .other_contexts
        .iter()
        .map(|n| project.contexts[*n].dir.as_str())
        .collect();
    assert_eq!(others, [""]);
    // A Compose file that is not under review says it too.
    let project = load_paths(fixture, &["api/Dockerfile"]);
    assert_eq!(contexts(&project), ["api/Dockerfile: `` Compose none"]);
    assert_eq!(kinds(&project), ["dockerfile api/Dockerfile"]);
}

#[test]
fn contexts_are_walked_on_demand() {
    let project = load(
        "//- /Dockerfile\nFROM a\nCOPY . .\n//- /.dockerignore\n*.log\n//- /a.log\n123\n//- /b\n12\n\
         //- /sub/Dockerfile\nFROM a\nCOPY b .\n//- /sub/.gitignore\nb\n//- /sub/b\n1\n",
    );
    let paths = |context: &plimsoll_dockerfile::ignore::Context| -> Vec<String> {
        context.files.iter().map(|file| file.path.clone()).collect()
    };
    let context = project
        .context_of(&project.dockerfiles[0])
        .expect("it has one");
    let visible = paths(context.visible(&project));
    assert!(visible.contains(&"b".to_owned()) && !visible.contains(&"a.log".to_owned()));
    assert!(paths(context.everything(&project)).contains(&"a.log".to_owned()));
    let context = project
        .context_of(&project.dockerfiles[1])
        .expect("it has one");
    assert_eq!(
        paths(context.visible(&project)),
        [".gitignore", "Dockerfile", "b"]
    );
    assert_eq!(context.read(&*project.tree, "b").as_deref(), Some("1\n"));
    assert_eq!(context.read(&*project.tree, "../../b"), None);
}

#[test]
fn a_dockerignore_outside_the_paths_counts() {
    let project = load_paths(
        "//- /docker/Dockerfile\nFROM a\nCOPY main.py .\n//- /main.py\n1\n//- /.dockerignore\n*.md\n",
        &["docker"],
    );
    assert_eq!(
        contexts(&project),
        ["docker/Dockerfile: `` Sources .dockerignore"]
    );
}

#[test]
fn what_git_tracks_is_found_though_a_pattern_ignores_it() {
    let mut tree = MemoryTree::new();
    tree.insert(".gitignore", "k8s\n*.local.yaml\n");
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    for path in ["k8s/a.yaml", "k8s/b.yaml", "c.local.yaml", "d.local.yaml"] {
        tree.insert(path, object);
    }
    let index = crate::vcs::index::write(["k8s/a.yaml", "c.local.yaml"]);
    tree.insert(".git/index", index);
    let project = Project::load(Arc::new(tree), &Options::default());
    let found: Vec<&str> = project
        .manifests
        .iter()
        .map(|unit| project.path(unit.file))
        .collect();
    // The folder is entered for the sake of one file; the other in it is still ignored.
    assert_eq!(found, ["c.local.yaml", "k8s/a.yaml"]);
}
