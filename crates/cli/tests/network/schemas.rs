//! Documents elsewhere that a `values.schema.json` refers to.

use crate::world::{Said, Server, World};

/// A chart whose schema refers to a document.
fn chart(world: &World, reference: &str) {
    world.write("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
    world.write("c/values.yaml", "port: 80\n");
    world.write("c/templates/a.yaml", "port: {{ .Values.port }}\n");
    let schema = format!("{{\"properties\": {{\"port\": {{\"$ref\": \"{reference}\"}}}}}}");
    world.write("c/values.schema.json", schema);
}

fn served(world: &World) -> Server {
    for (name, text) in [
        // A relative reference is one from where the document lies.
        (
            "more.json",
            r#"{"definitions": {"port": {"$ref": "deep/defs.json#/$defs/port"}}}"#,
        ),
        (
            "deep/defs.json",
            r#"{"$defs": {"port": {"type": "integer", "maximum": 100}}}"#,
        ),
        ("bad.json", "{\"type\": integer}"),
        ("wrong.json", r#"{"type": "number of a port"}"#),
    ] {
        world.write(&format!("served/{name}"), text);
    }
    world.server(&["files"])
}

/// What comes after `Error: `, without what only we add.
fn words(said: &Said) -> String {
    let at = ["Error: ", "error: "]
        .iter()
        .find_map(|word| Some(said.err.find(word)? + word.len()));
    let text = &said.err[at.unwrap_or(0)..];
    let text = text.split("\n  help: ").next().unwrap_or_default();
    text.trim_end().to_owned()
}

/// Both refuse to render, in the same words, and say the same when they lint.
fn same_refusal(world: &World, values: &[&str], reason: &str) {
    let template = [&["template", "rel", "c"], values].concat();
    let ours = world.plimsoll(&[&template[..], &["--online"]].concat());
    let ours = ours.bad(reason);
    assert_eq!(words(&ours), words(&world.helm(&template).bad(reason)));
    same_lint(world, values);
}

fn same_lint(world: &World, values: &[&str]) {
    let lint = [&["lint", "c"], values].concat();
    let ours = world.plimsoll(&[&lint[..], &["--online", "--format", "helm"]].concat());
    assert_eq!(ours.out, world.helm(&lint).out, "{values:?}");
}

#[test]
fn schemas_elsewhere_are_fetched_where_that_is_wanted() {
    let world = World::new();
    let server = served(&world);
    let at = |name: &str| format!("http://{}/{name}", server.address);
    chart(&world, &at("more.json#/definitions/port"));

    for command in [&["template", "rel", "c"][..], &["lint", "c"]] {
        let refused = world.plimsoll(command);
        assert!(!refused.out.contains("port: 80"), "{}", refused.out);
        let said = format!("{}{}", refused.out, refused.err);
        assert!(said.contains(&format!("failing loading \"{}\"", at("more.json"))));
        assert!(said.contains("`--online`"), "{said}");
    }
    let log = std::fs::read_to_string(world.path("log")).unwrap_or_default();
    assert_eq!(log, "", "nothing is asked for without the flag");

    let template = ["template", "rel", "c"];
    let ours = world.plimsoll(&["template", "rel", "c", "--online"]).good();
    assert_eq!(ours.out, world.helm(&template).good().out);
    same_lint(&world, &[]);
    same_refusal(
        &world,
        &["--set", "port=eighty"],
        "got string, want integer",
    );
    same_refusal(&world, &["--set", "port=101"], "maximum");

    // Each is fetched once, however many renders there are.
    world.write("log", "");
    world.write("v.yaml", "port: 81\n");
    let each = [
        "template", "c", "--online", "--each", "v.yaml", "--each", "v.yaml",
    ];
    world.plimsoll(&each).good();
    assert_eq!(
        world.read("log"),
        "GET /more.json []\nGET /deep/defs.json []\n"
    );
}

#[test]
fn schemas_that_cannot_be_had_are_refused_as_helm_refuses_them() {
    let world = World::new();
    let server = served(&world);
    let at = |name: &str| format!("http://{}/{name}", server.address);
    for (name, reason) in [
        ("none.json", "returned status 404 (Not Found)"),
        (
            "bad.json",
            "invalid character 'i' looking for beginning of value",
        ),
        ("wrong.json", "is not valid against metaschema"),
        ("more.json#/definitions/none", "not found"),
    ] {
        chart(&world, &at(name));
        same_refusal(&world, &[], reason);
    }
    // How the network failed is told in other words.
    let nowhere = "http://127.0.0.1:1/a.json";
    chart(&world, nowhere);
    let reason = format!("failing loading \"{nowhere}\": HTTP request failed for {nowhere}: ");
    world.plimsoll(&["template", "c", "--online"]).bad(&reason);
    world.helm(&["template", "c"]).bad(&reason);
    // A chart of somebody else does not choose what is read here.
    world.write("secret.json", r#"{"type": "integer"}"#);
    let secret = world.path("secret.json");
    chart(&world, &format!("file://{}", secret.display()));
    let refused = world.plimsoll(&["template", "c", "--online"]);
    refused.bad("schemas are not read from the disk");
}

#[test]
fn a_chain_of_schemas_ends() {
    let world = World::new();
    let server = world.server(&["files"]);
    for number in 0..=150 {
        let text = format!("{{\"$ref\": \"d{}.json\"}}", number + 1);
        world.write(&format!("served/d{number}.json"), text);
    }
    chart(&world, &format!("http://{}/d0.json", server.address));
    let refused = world.plimsoll(&["template", "c", "--online"]);
    refused.bad("schemas refer to more than 100 others");
    assert_eq!(world.read("log").lines().count(), 100);
}
