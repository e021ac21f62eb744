//! The formats of those who show findings where code is reviewed.

use plimsoll_report::{
    Compared, Known, RuleInfo, Tool, baseline, github, gitlab, junit, markdown, sarif,
};
use plimsoll_source::{Confidence, Edit, Fingerprint, Fix, Related, Safety, Severity};
use serde_json::Value;

use crate::world::World;

const DOCKERFILE: &str = "FROM a\u{1f433}lpine\n# plimsoll: allow(b) why\nCMD npm {0} start\n";

/// Two findings, one of them with everything, and one that is allowed.
fn world() -> World {
    let mut world = World::default();
    let file = world.file("my app/Dockerfile", DOCKERFILE);
    let other = world.file("compose.yaml", "services: {}\n");
    let base = world.place(file, "lpine", 0);
    let services = world.place(other, "services", 0);
    let command = world.place(file, "npm {0} start", 0);
    let comment = world.place(file, "# plimsoll: allow(b) why", 0);
    let first = world.find("unpinned-base-image", base, "`a|b` has no tag, {0} [x](y)");
    first.severity = Severity::Error;
    first.help = Some("pin it".into());
    first.object = Some("service/web".into());
    first.notes.push("it moves".into());
    first.related.push(Related {
        place: services,
        message: "built, 100%: here".into(),
    });
    first.fix = Some(Box::new(
        Fix::new("pin it", Safety::Safe).edit(file, Edit::insert(base.range.end, ":1")),
    ));
    world.find("a", command, "the second").severity = Severity::Note;
    world.find("b", command, "the third");
    world.allow(comment, Some("why"));
    world
        .unreadable
        .push(("broken.yaml".into(), "not UTF-8 from byte 3 on".into()));
    world
}

fn rules() -> Vec<RuleInfo<'static>> {
    vec![RuleInfo {
        id: "unpinned-base-image",
        summary: "a base image has no tag",
        page: "# unpinned-base-image\n\n## What it does\n\nFinds base images\nwithout a tag.\n\nMore.\n",
        severity: Severity::Warning,
        confidence: Confidence::High,
        by_default: true,
        strictness: "default",
        elsewhere: vec![("hadolint", "DL3006")],
    }]
}

fn as_sarif(world: &World) -> Value {
    let rules = rules();
    let tool = Tool {
        version: "0.1.0",
        rules: &rules,
    };
    let text = world.written(|report, out| sarif(report, &tool, out));
    let value: Value = serde_json::from_str(&text).expect("JSON");
    let schema = include_str!("../../../../tests/sarif/sarif-schema-2.1.0.json");
    let mut schema: Value = serde_json::from_str(schema).expect("the schema is JSON");
    // The one pattern of the schema that is none: a bracket too many.
    for owner in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][owner]["properties"]["language"];
        assert_eq!(
            language["pattern"],
            "^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$"
        );
        language["pattern"] = "^[a-zA-Z]{2}".into();
    }
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .expect("the schema is a schema");
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    value
}

#[test]
fn sarif_is_valid_and_says_everything() {
    let value = as_sarif(&world());
    let run = &value["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(
        run["originalUriBaseIds"]["%SRCROOT%"]["uri"],
        "file:///repository/"
    );
    let rule = &run["tool"]["driver"]["rules"][0];
    assert_eq!(
        rule["fullDescription"]["text"],
        "Finds base images without a tag."
    );
    assert_eq!(rule["properties"]["tags"][2], "hadolint/DL3006");
    let results = run["results"].as_array().expect("a list");
    assert_eq!(
        results.len(),
        2,
        "what is allowed is not shown unless wanted"
    );
    let first = &results[0];
    assert_eq!(
        (&first["ruleIndex"], &first["level"]),
        (&0.into(), &"error".into())
    );
    assert_eq!(
        first["message"]["text"],
        "`a|b` has no tag, {{0}} [x] (y). Pin it."
    );
    let place = &first["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "my%20app/Dockerfile");
    // A character outside the basic plane is one column.
    assert_eq!(place["region"]["startColumn"], 8);
    assert_eq!(place["region"]["endColumn"], 13);
    let object = &first["locations"][0]["logicalLocations"][0];
    assert_eq!(object["fullyQualifiedName"], "service/web");
    assert_eq!(first["relatedLocations"][0]["id"], 1);
    assert_eq!(
        first["partialFingerprints"]["plimsoll/v1"],
        "00000000deadbeef"
    );
    let change = &first["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["replacements"][0]["insertedContent"]["text"], ":1");
    assert_eq!(
        change["replacements"][0]["deletedRegion"]["startColumn"],
        13
    );
    let told = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(told["message"]["text"], "not UTF-8 from byte 3 on");
}

#[test]
fn sarif_shows_suppressions_when_they_are_wanted() {
    let mut world = world();
    world.shows_suppressed = true;
    let value = as_sarif(&world);
    let last = &value["runs"][0]["results"][2];
    assert_eq!(last["ruleId"], "b");
    let suppression = &last["suppressions"][0];
    assert_eq!(
        (&suppression["kind"], &suppression["justification"]),
        (&"inSource".into(), &"why".into())
    );
    let region = &suppression["location"]["physicalLocation"]["region"];
    assert_eq!(region["startLine"], 2);
}

#[test]
fn sarif_without_findings_is_valid() {
    let value = as_sarif(&World::default());
    assert_eq!(value["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn sarif_leaves_out_fixes_that_make_files() {
    let mut world = world();
    let fix = world.findings[0].fix.take().expect("it has one");
    world.findings[0].fix = Some(Box::new(fix.create(".dockerignore", ".git\n")));
    let value = as_sarif(&world);
    assert_eq!(value["runs"][0]["results"][0]["fixes"], Value::Null);
}

#[test]
fn github_gets_commands() {
    let text = world().written(github);
    insta::assert_snapshot!(text, @r"
    ::error file=my app/Dockerfile,line=1,endLine=1,col=8,endColumn=13,title=unpinned-base-image::`a|b` has no tag, {0} [x](y)%0Ait moves%0Ahelp: pin it
    ::notice file=my app/Dockerfile,line=3,endLine=3,col=5,endColumn=18,title=a::the second
    1 error, 1 note in 2 files; 1 suppressed
    ");
}

#[test]
fn github_gets_ten_annotations_of_a_level() {
    let mut world = World::default();
    let file = world.file("::error::x", "FROM a\n");
    let place = world.place(file, "FROM", 0);
    for number in 0..12 {
        world.find("a", place, &format!("number {number} ##[error]x"));
    }
    let text = world.written(github);
    let commands = text.lines().filter(|line| line.starts_with("::warning "));
    assert_eq!(commands.count(), 10);
    let rest: Vec<&str> = text.lines().skip(10).collect();
    assert_eq!(
        rest,
        [
            "::group::2 further findings",
            "./::error::x:1:1: warning[a]: number 10 # #[error]x",
            "./::error::x:1:1: warning[a]: number 11 # #[error]x",
            "::endgroup::",
            "12 warnings in 1 file",
        ]
    );
}

#[test]
fn gitlab_gets_issues_with_one_fingerprint_each() {
    let text = world().written(gitlab);
    let issues: Value = serde_json::from_str(&text).expect("JSON");
    let first = &issues[0];
    assert_eq!(first["check_name"], "unpinned-base-image");
    assert_eq!(first["severity"], "critical");
    assert_eq!(first["location"]["path"], "my app/Dockerfile");
    assert_eq!(first["location"]["lines"]["begin"], 1);
    assert_eq!(first["fingerprint"], "00000000deadbeef");
    assert_eq!(issues[1]["fingerprint"], "00000000deadbeef-2");
    assert_eq!(issues[1]["severity"], "info");
    assert_eq!(World::default().written(gitlab), "[]\n");
}

#[test]
fn junit_gets_a_suite_for_each_file() {
    let text = world().written(junit);
    insta::assert_snapshot!(text, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="plimsoll" tests="2" failures="2">
      <testsuite name="my app/Dockerfile" tests="2" failures="2">
        <testcase classname="my app/Dockerfile" name="unpinned-base-image at 1:8" file="my app/Dockerfile" line="1">
          <failure type="error" message="`a|b` has no tag, {0} [x](y)">my app/Dockerfile:1:8
    it moves
    help: pin it</failure>
        </testcase>
        <testcase classname="my app/Dockerfile" name="a at 3:5" file="my app/Dockerfile" line="3">
          <failure type="note" message="the second">my app/Dockerfile:3:5</failure>
        </testcase>
      </testsuite>
    </testsuites>
    "#);
    let none = World::default().written(junit);
    assert!(none.contains("<testcase classname=\"plimsoll\" name=\"no findings\"/>"));
}

#[test]
fn markdown_gets_a_table() {
    let mut world = world();
    world.shows_suppressed = true;
    let text = world.written(markdown);
    insta::assert_snapshot!(text, @r"
    ### Plimsoll: 1 error, 1 note in 2 files; 1 suppressed

    | | where | what | rule |
    | --- | --- | --- | --- |
    | **error** | `my app/Dockerfile:1` | `a\|b` has no tag, \{0\} \[x\]\(y\)<br>help: pin it | `unpinned-base-image` |
    | note | `my app/Dockerfile:3` | the second | `a` |
    | warning | `my app/Dockerfile:3` | the third<br>allowed: why | `b` |
    ");
}

#[test]
fn markdown_ends_before_the_limit_of_a_comment() {
    let mut world = World::default();
    let file = world.file("Dockerfile", "FROM a\n");
    let place = world.place(file, "FROM", 0);
    for number in 0..2000 {
        world.find("a", place, &format!("the finding with the number {number}"));
    }
    let text = world.written(markdown);
    assert!(text.len() < 65_536, "{}", text.len());
    assert!(text.ends_with(" findings are not listed here.\n"), "{text}");
}

#[test]
fn a_baseline_knows_its_findings_again() {
    let mut world = world();
    world.findings[1].fingerprint = Fingerprint(0xa);
    let text = world.written(|report, out| baseline::write(report.files, report.findings, out));
    insta::assert_snapshot!(text, @r#"
    {
      "version": 1,
      "findings": [
        {"file":"my app/Dockerfile","rule":"a","message":"the second","fingerprint":"000000000000000a"},
        {"file":"my app/Dockerfile","rule":"unpinned-base-image","message":"`a|b` has no tag, {0} [x](y)","fingerprint":"00000000deadbeef"}
      ]
    }
    "#);
    let file = plimsoll_source::SourceFile::written("b.json", text);
    let known = baseline::Baseline::parse(&file).expect("it is one");
    let mut findings = world.findings.clone();
    findings[1].fingerprint = Fingerprint(0xb);
    let outcome = known.part(&mut findings, [], |_, _| true);
    assert_eq!(outcome, Known { known: 1, gone: 1 });
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].rule, "a");
    let outcome = known.part(&mut findings, &world.findings, |_, _| true);
    assert_eq!(outcome, Known { known: 0, gone: 0 });
    let outcome = known.part(&mut findings, [], |rule, _| rule == "a");
    assert_eq!(outcome, Known { known: 0, gone: 1 });
}

#[test]
fn what_was_compared_with_is_said() {
    let mut world = world();
    world.compared = Compared {
        baseline: Some(Known { known: 3, gone: 2 }),
        since: Some(("main", 5)),
    };
    let text = world.text(None);
    let last = text.lines().last().expect("a line");
    assert_eq!(
        last,
        "new: 1 error, 1 note in 2 files; 5 there since before main; 3 known from the baseline; 2 of the baseline gone; 1 suppressed"
    );
    world.findings.clear();
    assert!(world.text(None).starts_with("no new findings in 2 files; "));
}

#[test]
fn allowed_findings_are_shown_with_what_allows_them() {
    let mut world = world();
    world.findings.clear();
    world.shows_suppressed = true;
    insta::assert_snapshot!(world.text(None), @r"
    allowed warning[b]: the third
     --> my app/Dockerfile:3:5
      |
    2 | # plimsoll: allow(b) why
      | ------------------------ allowed here: why
    3 | CMD npm {0} start
      |     ^^^^^^^^^^^^^

    no findings in 2 files; 1 suppressed
    ");
}
