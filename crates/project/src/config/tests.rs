use super::{Base, Config, FailOn, Level, Problem, Strictness, parse};
use plimsoll_source::{Severity, TextRange};

const WHOLE: &str = r#"
[check]
strictness = "pedantic"
fail-on = "never"
kube-version = "1.34"
select = ["DL3006"]
ignore = []

[[check.override]]
paths = ["examples/", "*.dev.yaml"]
strictness = "default"
ignore = ["missing-healthcheck"]
rules.syntax.severity = "note"

[[check.override]]
paths = ["/x"]

[rules.single-replica]
severity = "error"
level = "off"

[[image]]
name = "shop/cart"
dockerfile = "cart/Dockerfile"
stage = "run"

[[world]]
name = "production"
paths = ["clusters/production"]

[init]
registry = "ghcr.io/example"
secrets = "sealed"
manifests = "kustomize"

[[init.service]]
folder = "services/cart"
start = ["node", "server.js"]
port = 8_000
"#;

fn read(text: &str) -> Config {
    parse(text, &Base::default()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// `text at the place: message (help)` of each problem.
fn problems(text: &str) -> Vec<String> {
    let problems = parse(text, &Base::default()).expect_err("it has problems");
    let shown = |problem: &Problem| {
        let help = problem.help.as_deref().unwrap_or("-");
        let place = problem.range.of(text).lines().next().unwrap_or_default();
        format!("{place}: {} ({help})", problem.message)
    };
    problems.iter().map(shown).collect()
}

#[test]
fn a_whole_file_is_read() {
    let config = read(WHOLE);
    assert_eq!(config.check.strictness, Some(Strictness::Pedantic));
    assert_eq!(config.check.fail_on, Some(FailOn::Never));
    let version = config.check.kube_version.map(|version| version.to_string());
    assert_eq!(version.as_deref(), Some("1.34"));
    assert_eq!(config.check.select.as_ref().map(Vec::len), Some(1));
    assert_eq!(config.check.ignore.as_ref().map(Vec::len), Some(0));
    assert_eq!(config.overrides.len(), 2);
    let first = &config.overrides[0];
    assert_eq!(first.strictness, Some(Strictness::Default));
    assert_eq!(first.rules[0].severity, Some(Severity::Note));
    assert!(first.paths.covers("examples/a/Dockerfile"));
    assert!(first.paths.covers("k8s/web.dev.yaml"));
    assert!(!first.paths.covers("k8s/web.yaml"));
    assert!(!config.overrides[1].paths.covers("a/x"));
    assert_eq!(config.rules[0].name.text, "single-replica");
    assert_eq!(config.rules[0].level, Some(Level::Off));
    assert_eq!(config.images[0].dockerfile.text, "cart/Dockerfile");
    assert!(config.worlds[0].paths.covers("clusters/production/a.yaml"));
    assert_eq!(config.init.kustomize, Some(true));
    let service = &config.init.services[0];
    assert_eq!(service.folder.text, "services/cart");
    assert_eq!(service.port.map(|(port, _)| port), Some(8000));
    assert_eq!(service.start.as_ref().map(Vec::len), Some(2));
}

#[test]
fn ports_are_numbers_that_a_port_can_have() {
    let text = "[[init.service]]\nfolder = \".\"\nport = 70000\n";
    assert_eq!(
        problems(text),
        [
            "70000: `init.service.port` is no port: 70000 (write a number up to 65535, or 0 for none)"
        ]
    );
    let text = "[[init.service]]\nfolder = \".\"\nport = \"80\"\n";
    let told = problems(text);
    assert!(
        told[0].contains("wants an integer from 0 to 65535, not a string"),
        "{told:?}"
    );
}

#[test]
fn an_empty_file_says_nothing() {
    for text in ["", "\u{feff}", "# nothing\r\n", "[check]\n[rules]\n"] {
        let config = read(text);
        assert!(config.rules.is_empty() && config.check.strictness.is_none());
    }
}

#[test]
fn unknown_keys_are_answered_with_the_nearest_name() {
    assert_eq!(
        problems("[check]\nstrictnes = \"pedantic\"\n"),
        ["strictnes: unknown key `strictnes` in `check` (did you mean `strictness`?)"]
    );
    assert_eq!(
        problems("[check]\nfail_on = \"error\"\n"),
        ["fail_on: unknown key `fail_on` in `check` (did you mean `fail-on`?)"]
    );
    assert_eq!(
        problems("colour = 1\n"),
        [
            "colour: unknown key `colour` (the keys here are `check`, `rules`, `image`, `world`, `chart`, `init` and `secrets`)"
        ]
    );
    assert_eq!(
        problems("[rules.syntax]\nlevl = \"off\"\n"),
        ["levl: unknown key `levl` in `rules.syntax` (did you mean `level`?)"]
    );
    assert_eq!(
        problems("[[chart]]\nvalues = []\n"),
        [
            "[[chart]]: `chart` needs `folder` (add a line such as `folder = \"deploy/cart\"`)",
            "[]: `chart.values` is empty (-)"
        ]
    );
}

#[test]
fn wrong_types_and_words_are_named() {
    assert_eq!(
        problems("[check]\nstrictness = 3\nselect = \"x\"\nignore = [1]\n"),
        [
            "3: `check.strictness` wants a string, not an integer (-)",
            "\"x\": `check.select` wants an array of strings, not a string (put it in brackets)",
            "1: `check.ignore` wants strings, not an integer (-)",
        ]
    );
    assert_eq!(
        problems("[check]\nstrictness = \"pedantik\"\nfail-on = \"sometimes\"\n"),
        [
            "\"pedantik\": `check.strictness` is `pedantik`, which is none of its words (did you mean `pedantic`?)",
            "\"sometimes\": `check.fail-on` is `sometimes`, which is none of its words (write one of `error`, `warning`, `note` and `never`)",
        ]
    );
    assert_eq!(
        problems("[image]\nname = \"a\"\n"),
        ["[image]: `image` wants an array of tables, not a table (write `[[image]]`)"]
    );
    assert_eq!(
        problems("[rules]\nsyntax = \"off\"\n"),
        ["\"off\": `rules.syntax` wants a table, not a string (-)"]
    );
}

#[test]
fn versions_of_kubernetes_are_read() {
    let bad = problems("[check]\nkube-version = \"newest\"\n");
    assert_eq!(
        bad,
        [
            "\"newest\": `check.kube-version`: `newest` is no version of Kubernetes (write a minor version, such as `\"1.34\"`)"
        ]
    );
    let old = problems("[check]\nkube-version = \"1.2\"\n");
    assert!(
        old[0].starts_with("\"1.2\": `check.kube-version`: "),
        "{old:?}"
    );
    assert_eq!(
        problems("[check]\nkube-version = 1.34\n"),
        ["1.34: `check.kube-version` wants a string, not a float (-)"]
    );
}

#[test]
fn what_a_table_needs_is_asked_for() {
    assert_eq!(
        problems("[[image]]\nname = \"a\"\n"),
        [
            "[[image]]: `image` needs `dockerfile` (add a line such as `dockerfile = \"services/cart/Dockerfile\"`)"
        ]
    );
    assert_eq!(
        problems("[[check.override]]\npaths = []\n"),
        [
            "[]: `check.override.paths` is empty (name at least one pattern, such as `\"examples/\"`)"
        ]
    );
    let bad = problems("[[world]]\npaths = [\"ok\", \"[z-a]\"]\n");
    assert!(
        bad[0].starts_with("\"[z-a]\": `[z-a]` is no pattern: "),
        "{bad:?}"
    );
}

#[test]
fn errors_of_toml_have_their_place() {
    for (text, at) in [
        ("[check\n", 6),
        ("a = \n", 4),
        ("\u{feff}a = \n", 7),
        ("[check]\nstrictness = \"a\"\nstrictness = \"b\"\n", 25),
    ] {
        let found = parse(text, &Base::default()).expect_err("not TOML");
        assert!(
            found[0].message.starts_with("not valid TOML: "),
            "{found:?}"
        );
        assert!(!found[0].message.contains('\n'));
        let TextRange { start, .. } = found[0].range;
        assert_eq!(start, at, "{text:?}: {found:?}");
    }
    let deep = format!("a = {}", "[".repeat(5000));
    assert!(parse(&deep, &Base::default()).is_err());
}

#[test]
fn patterns_are_relative_to_the_folder_of_the_file() {
    let text = "[[world]]\npaths = [\"/api\"]\n";
    let path = |root: &str, folder: &str, path: &str| {
        let base = Base {
            root: root.into(),
            folder: folder.into(),
        };
        parse("", &base).expect("fine").path(path)
    };
    assert_eq!(
        path("", "shop", "api/Dockerfile").as_deref(),
        Some("shop/api/Dockerfile")
    );
    assert_eq!(
        path("api", "", "./api/Dockerfile").as_deref(),
        Some("Dockerfile")
    );
    assert_eq!(path("api", "", "web/Dockerfile"), None);
    assert_eq!(path("", "", "../Dockerfile"), None);
    let covers = |base: Base, path: &str| {
        let config = parse(text, &base).expect("fine");
        config.worlds[0].paths.covers(path)
    };
    let above = Base {
        root: "api".into(),
        folder: String::new(),
    };
    assert!(covers(above, "Dockerfile"));
    let below = |path| {
        let base = Base {
            root: String::new(),
            folder: "shop".into(),
        };
        covers(base, path)
    };
    assert!(below("shop/api/Dockerfile"));
    assert!(!below("api/Dockerfile"));
    assert!(!below("shopping/api/Dockerfile"));
    assert!(!covers(Base::default(), "../api/x"));
}

#[test]
fn any_text_is_read_without_panic_and_with_places() {
    for at in 0..WHOLE.len() {
        for with in ["", "[", "\"", "=", "\u{e9}", "\n", "#", "'''"] {
            let text = format!("{}{with}{}", &WHOLE[..at], &WHOLE[at + 1..]);
            let problems = parse(&text, &Base::default()).err().unwrap_or_default();
            for problem in problems {
                let range = problem.range.as_usize();
                assert!(text.get(range).is_some(), "{text}: {problem:?}");
            }
        }
    }
}
