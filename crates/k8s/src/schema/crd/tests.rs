//! Custom resources against definitions of ours.

use plimsoll_yaml::{Dialect, parse};

use super::*;
use crate::objects::objects;
use crate::schema::KubeVersion;

/// What is said of the spec of an object whose definition has this schema for it.
fn says(schema: &str, spec: &str) -> Vec<String> {
    let problems = problems(schema, spec).into_iter();
    problems.map(|problem| problem.message).collect()
}

fn problems(schema: &str, spec: &str) -> Vec<Problem> {
    let definition = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: as.a.example}}\n\
         spec:\n  group: a.example\n  names: {{kind: A, plural: as}}\n  versions:\n  - name: v1\n    served: true\n    \
         schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n          spec: {schema}\n"
    );
    let object =
        format!("apiVersion: a.example/v1\nkind: A\nmetadata: {{name: a}}\nspec: {spec}\n");
    let (definition, object) = (
        parse(definition, Dialect::GoV2),
        parse(object, Dialect::GoV2),
    );
    assert_eq!(definition.errors(), []);
    let mut definitions = Definitions::default();
    definitions.add(objects(&definition)[0]);
    let settings = Settings {
        version: KubeVersion::NEWEST,
        whole: true,
    };
    definitions.check(objects(&object)[0], settings)
}

#[track_caller]
fn check(schema: &str, good: &[&str], bad: &[(&str, &str)]) {
    for spec in good {
        assert_eq!(says(schema, spec), Vec::<String>::new(), "{spec}");
    }
    for (spec, message) in bad {
        assert_eq!(says(schema, spec), [*message], "{spec}");
    }
}

#[test]
fn types_are_checked() {
    check(
        "{type: object, properties: {s: {type: string}, i: {type: integer}, n: {type: number}, b: {type: boolean}, l: {type: array, items: {type: string}}}}",
        &[
            "{s: a, i: 1, n: 1.5, b: true, l: [a]}",
            "{i: 2.0}",
            "{}",
            "{s: null}",
            "{i: \"${I}\"}",
        ],
        &[
            ("{s: 1}", "`s` must be a string, not a number"),
            ("{i: 1.5}", "`i` must be a whole number, not a number"),
            ("{n: a}", "`n` must be a number, not a string"),
            (
                "{b: \"true\"}",
                "`b` must be `true` or `false`, not a string",
            ),
            ("{l: a}", "`l` must be a list, not a string"),
            ("{l: [1]}", "`l` must be a string, not a number"),
            ("5", "`spec` must be a mapping, not a number"),
        ],
    );
}

#[test]
fn unknown_fields_are_refused_where_they_are_dropped() {
    check(
        "{type: object, properties: {name: {type: string}, open: {type: object, x-kubernetes-preserve-unknown-fields: true}, map: {type: object, additionalProperties: {type: string}}, shut: {type: object}}}",
        &["{open: {a: b}}", "{map: {a: b}}", "{shut: {}}"],
        &[
            ("{nam: a}", "`nam` is no field of `spec`"),
            ("{shut: {a: b}}", "`a` is no field of `spec.shut`"),
            ("{map: {a: 1}}", "`a` must be a string, not a number"),
        ],
    );
}

#[test]
fn a_field_in_the_wrong_place_is_told_its_own() {
    let schema = "{type: object, properties: {\
                  run: {type: object, properties: {account: {type: string}, pod: {type: object, properties: {fsGroup: {type: integer}}}}}, \
                  runs: {type: array, items: {type: object, properties: {account: {type: string}}}}, \
                  a: {type: object, properties: {both: {type: string}}}, b: {type: object, properties: {both: {type: string}}}, \
                  timeout: {type: string}}}";
    let help = |spec: &str| problems(schema, spec)[0].help.clone().unwrap_or_default();
    assert_eq!(help("{account: x}"), "move it into `run`");
    assert_eq!(help("{fsGroup: 1}"), "move it into `run.pod`");
    assert_eq!(
        help("{run: {timeout: x}}"),
        "move it one level up: it is a field of `spec`"
    );
    assert_eq!(
        help("{run: {pod: {timeout: x}}}"),
        "move it 2 levels up: it is a field of `spec`"
    );
    assert_eq!(help("{both: x, b: {}}"), "move it into `b`");
    // Of two that may be meant none is named, nor one of another type, nor one that is there.
    for spec in [
        "{both: x}",
        "{account: {x: y}}",
        "{account: x, run: {account: y}}",
        "{run: {spec: {x: y}}}",
    ] {
        assert!(
            help(spec).starts_with("remove it"),
            "{spec}: {}",
            help(spec)
        );
    }
}

#[test]
fn lists_that_keep_unknown_fields_hand_that_down_to_their_items() {
    check(
        "{type: object, properties: {l: {type: array, x-kubernetes-preserve-unknown-fields: true, items: {type: object, properties: {a: {type: object, properties: {b: {type: string}}}}}}}}",
        &["{l: [{pipeline.id: a}]}", "{l: [{a: {b: c}, x: y}]}"],
        &[("{l: [{a: {x: y}}]}", "`x` is no field of `spec.l[0].a`")],
    );
}

#[test]
fn required_fields_may_have_defaults() {
    check(
        "{type: object, required: [a, b], properties: {a: {type: string}, b: {type: string, default: x}}}",
        &["{a: x}"],
        &[
            ("{}", "`spec` lacks `a`"),
            ("{a: null}", "`spec` lacks `a`"),
        ],
    );
}

#[test]
fn bounds_enums_and_patterns_are_checked() {
    check(
        "{type: object, properties: {e: {type: string, enum: [One, Two]}, p: {type: string, pattern: '^[a-z]+\\d$'}, i: {type: integer, minimum: 1, maximum: 5, exclusiveMaximum: true}, m: {type: integer, multipleOf: 5}, s: {type: string, minLength: 2, maxLength: 3}, l: {type: array, maxItems: 1, minItems: 1, items: {type: string}}, o: {type: object, maxProperties: 1, additionalProperties: true}, q: {x-kubernetes-int-or-string: true, pattern: '^\\d+%?$', anyOf: [{type: integer}, {type: string}]}}}",
        &[
            "{e: One, p: abc1, i: 4, m: 10, s: ab, l: [a], q: 5}",
            "{q: 50%}",
        ],
        &[
            ("{e: one}", "`e` cannot be `one`"),
            (
                "{p: abc}",
                "`p` does not match the pattern of its definition",
            ),
            ("{i: 5}", "`i` is more than 5"),
            ("{i: 0}", "`i` is less than 1"),
            ("{m: 7}", "`m` is no multiple of 5"),
            ("{s: a}", "`s` is too short"),
            ("{s: abcd}", "`s` is too long: 4 characters"),
            ("{l: [a, b]}", "`l` has too many items"),
            ("{l: []}", "`l` has too few items"),
            ("{o: {a: 1, b: 2}}", "`o` has too many entries"),
            ("{q: [a]}", "`q` must be a number or a string, not a list"),
            (
                "{q: abc}",
                "`q` does not match the pattern of its definition",
            ),
        ],
    );
}

#[test]
fn sets_maps_and_conditions_are_checked() {
    check(
        "{type: object, properties: {s: {type: array, x-kubernetes-list-type: set, items: {type: string}}, m: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name], items: {type: object, properties: {name: {type: string}}}}, one: {type: object, properties: {a: {type: string}, b: {type: string}}, oneOf: [{required: [a]}, {required: [b]}]}, no: {type: object, properties: {a: {type: string}}, not: {required: [a]}}}}",
        &["{s: [a, b], m: [{name: a}, {name: b}], one: {a: x}, no: {}}"],
        &[
            ("{s: [a, a]}", "two items of `s` are `a`"),
            ("{m: [{name: a}, {name: a}]}", "two items of `m` are `a`"),
            ("{one: {}}", "`one` has none of the forms that it can have"),
            (
                "{one: {a: x, b: z}}",
                "`one` has several forms at once that exclude each other",
            ),
            ("{no: {a: x}}", "`no` breaks a condition of its definition"),
        ],
    );
}

#[test]
fn conditions_are_asked_of_what_the_server_has_filled_in() {
    check(
        "{type: object, properties: {a: {type: array, items: {type: object, properties: {type: {type: string, default: IP}, value: {type: string}}, oneOf: [{properties: {type: {enum: [IP]}, value: {anyOf: [{format: ipv4}, {format: ipv6}]}}}, {properties: {type: {not: {enum: [IP]}}}}]}}, b: {type: object, properties: {c: {type: string, default: x}, d: {type: string}}, oneOf: [{required: [c]}, {required: [d]}]}}}",
        &[
            "{a: [{value: 192.0.2.1}, {type: IP, value: \"2001:db8::1\"}, {type: Name, value: example.com}]}",
            "{b: {}}",
        ],
        &[
            (
                "{a: [{value: example.com}]}",
                "`a` has none of the forms that it can have",
            ),
            (
                "{b: {d: z}}",
                "`b` has several forms at once that exclude each other",
            ),
        ],
    );
}

#[test]
fn an_embedded_object_has_the_fields_of_one() {
    check(
        "{type: object, properties: {t: {type: object, x-kubernetes-embedded-resource: true, properties: {data: {type: string}}}}}",
        &["{t: {apiVersion: v1, kind: A, metadata: {name: a}, data: b}}"],
        &[],
    );
}

#[test]
fn a_pattern_that_cannot_be_compiled_fits_everything() {
    check(
        "{type: object, properties: {p: {type: string, pattern: '(?!a)b'}}}",
        &["{p: a}"],
        &[],
    );
}

#[test]
fn versions_that_no_definition_has_are_refused() {
    let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.a.example}\nspec:\n  group: a.example\n  names: {kind: A, plural: as}\n  versions: [{name: v1, served: true}, {name: v1beta1, served: false}]\n";
    let object = "apiVersion: a.example/v1beta1\nkind: A\nmetadata: {name: a}\n";
    let (definition, object) = (
        parse(definition, Dialect::GoV2),
        parse(object, Dialect::GoV2),
    );
    let mut definitions = Definitions::default();
    definitions.add(objects(&definition)[0]);
    let settings = Settings {
        version: KubeVersion::NEWEST,
        whole: true,
    };
    let problems = definitions.check(objects(&object)[0], settings);
    assert_eq!(
        problems[0].message,
        "the definition of `A` has no version `v1beta1`"
    );
    assert_eq!(
        problems[0].help.as_deref(),
        Some("use `v1`, or bring a definition that has `v1beta1`")
    );
}
