//! What the user says counts, and what it does not fit is refused.

use plimsoll_scaffold::detect::{Told, ToldService, survey};
use plimsoll_scaffold::model::{Certainty, Evidence, Known, Survey};
use plimsoll_testkit::fixture::{Fixture, tree};

fn said(text: &str, folder: &str, more: ToldService) -> Survey {
    let folder = (!folder.is_empty()).then(|| folder.to_owned());
    let services = vec![ToldService { folder, ..more }];
    let told = Told { services };
    survey(&tree(&Fixture::parse("x", text)), "", &told)
}

fn program(name: &str) -> ToldService {
    ToldService {
        program: Some(Known::told(name.to_owned(), Evidence::table("said"))),
        ..ToldService::default()
    }
}

#[test]
fn one_of_several_programs_is_named() {
    let go = "//- /go.mod\nmodule a.example/x\n\ngo 1.25\n//- /cmd/one/main.go\npackage main\nimport \"net/http\"\nfunc main() { http.ListenAndServe(\":8081\", nil) }\n//- /cmd/two/main.go\npackage main\nimport \"net/http\"\nfunc main() { http.ListenAndServe(\":8082\", nil) }\n";
    let rust = "//- /Cargo.toml\n[package]\nname = \"x\"\n//- /src/bin/one.rs\nfn main() {}\n//- /src/bin/two.rs\nfn main() {}\n";
    let python = "//- /requirements.txt\nflask\ngunicorn\n//- /one.py\nfrom flask import Flask\napp = Flask(__name__)\n//- /two.py\nfrom flask import Flask\napp = Flask(__name__)\n";
    for (text, name, start) in [
        (go, "cmd/two", "two"),
        (go, "two", "two"),
        (rust, "two", "two"),
        (python, "two.py", " two:app"),
        (python, "two:app", " two:app"),
    ] {
        let survey = said(text, "", program(name));
        let [service] = &survey.services[..] else {
            panic!("{name}: {survey:?}");
        };
        let found = service.start.as_ref().expect("it starts").value.join(" ");
        assert!(found.ends_with(start), "{name}: {found}");
    }
    for text in [go, rust, python] {
        let survey = said(text, "", program("twoo"));
        assert!(survey.services.is_empty(), "{survey:?}");
        assert_eq!(survey.refusals[0].why, "no program here is called `twoo`");
        let help = &survey.refusals[0].help;
        assert!(help.contains("two"), "{help}");
    }
}

#[test]
fn what_is_said_to_start_is_a_service() {
    let start = |words: &str| ToldService {
        start: Some(Known::told(
            words.split(' ').map(str::to_owned).collect(),
            Evidence::table("said"),
        )),
        ..ToldService::default()
    };
    for (text, words) in [
        (
            "//- /requirements.txt\nrequests\n//- /x.py\nimport y\n",
            "python x.py",
        ),
        (
            "//- /package.json\n{\"name\":\"x\"}\n//- /lib/x.js\nx\n",
            "node lib/x.js",
        ),
        ("//- /Gemfile\ngem 'x'\n//- /x.rb\nputs 1\n", "ruby x.rb"),
        (
            "//- /deno.json\n{}\n//- /serve/x.ts\nx\n",
            "deno run serve/x.ts",
        ),
    ] {
        let survey = said(text, "", start(words));
        let [service] = &survey.services[..] else {
            panic!("{words}: {survey:?}");
        };
        let found = service.start.as_ref().expect("it starts");
        assert_eq!(
            (found.value.join(" ").as_str(), found.certainty),
            (words, Certainty::Told)
        );
    }
}
