use super::*;

fn script(text: &str) -> Script {
    parse(&[Piece { start: 0, text }], "/bin/sh", &[])
}

fn names(script: &Script) -> Vec<&str> {
    script
        .commands
        .iter()
        .filter_map(ShellCommand::name)
        .collect()
}

#[test]
fn commands_come_in_the_order_in_which_they_begin() {
    let script = script("a \"$(b)\" | c `d` && if e; then f; fi");
    assert_eq!(names(&script), ["a", "b", "c", "d", "e", "f"]);
    assert_eq!(*script.errors, []);
}

#[test]
fn words_have_a_value_where_nothing_is_expanded() {
    let cases: &[(&str, Option<&str>)] = &[
        ("plain", Some("plain")),
        ("'a b'", Some("a b")),
        ("\"a b\"", Some("a b")),
        ("a' b 'c\"d\"", Some("a b cd")),
        ("a\\ b", Some("a b")),
        ("'a'\\''b'", Some("a'b")),
        ("\"\\$x \\\"q\\\" \\n\"", Some("$x \"q\" \\n")),
        ("\"a\\\nb\"", Some("ab")),
        ("a\\\nb", Some("ab")),
        ("'a\\\nb'", Some("a\\\nb")),
        ("$'a\\tb\\x41\\101\\u00e9\\'\\e'", Some("a\tbAAé'\u{1b}")),
        ("/var/lib/apt/lists/*", Some("/var/lib/apt/lists/*")),
        ("~/x{a,b}?[c]", Some("~/x{a,b}?[c]")),
        ("''", Some("")),
        ("a$", Some("a$")),
        ("\"$\"", Some("$")),
        ("a#b", Some("a#b")),
        ("!(a|b)", Some("!(a|b)")),
        ("$x", None),
        ("\"${x}\"", None),
        ("a$(b)c", None),
        ("`a`", None),
        ("$((1))", None),
        ("$?", None),
        ("<(a)", None),
    ];
    for (text, literal) in cases {
        let script = script(&format!("cmd {text}"));
        assert_eq!(*script.errors, [], "{text}");
        assert_eq!(script.commands[0].words.len(), 2, "{text}");
        assert_eq!(script.commands[0].words[1].literal(), *literal, "{text}");
    }
}

#[test]
fn names_and_arguments() {
    let script = script("FOO=bar /usr/bin/apt-get -y install \"$x\" curl");
    let command = &script.commands[0];
    assert_eq!(command.name(), Some("apt-get"));
    assert_eq!(
        command.args().collect::<Vec<_>>(),
        ["-y", "install", "curl"]
    );
    assert!(command.has_arg("-y") && !command.has_arg("wget"));
    assert_eq!(&*command.assignments[0].0, "FOO");
    assert_eq!(command.assignments[0].1.literal(), Some("bar"));
}

/// Pieces of a Dockerfile, given as the parts of `source` between `‹` and `›`.
fn pieced(source: &str) -> (String, Script) {
    let mut text = String::new();
    let mut pieces = Vec::new();
    for (index, part) in source.split(['‹', '›']).enumerate() {
        if index % 2 == 1 {
            pieces.push((text.len() as u32, part));
        }
        text.push_str(part);
    }
    let pieces: Vec<_> = pieces
        .iter()
        .map(|&(start, text)| Piece { start, text })
        .collect();
    (text, parse(&pieces, "/bin/sh", &[]))
}

#[test]
fn places_lead_through_continuations_and_comments() {
    let (text, script) = pieced(
        "RUN ‹apt-get update \u{20}›\\\n# note\n‹  && apt-get in›\\\n‹stall -y cu›\\\n\n‹rl \"$(which x)\" `a \\`b\\``›\n",
    );
    assert_eq!(*script.errors, []);
    let texts: Vec<_> = script.commands.iter().map(|c| c.range.of(&text)).collect();
    assert_eq!(texts[0], "apt-get update");
    assert!(texts[1].starts_with("apt-get in\\\nstall") && texts[1].ends_with("`a \\`b\\``"));
    assert_eq!(texts[2..], ["which x", "a \\`b\\`", "b"]);
    let install = &script.commands[1].words;
    assert_eq!(install[1].text(), "install");
    assert_eq!(install[1].range.of(&text), "in\\\nstall");
    assert_eq!(install[3].range.of(&text), "cu\\\n\nrl");
    assert_eq!(install[3].literal(), Some("curl"));
}

#[test]
fn ranges_end_with_their_last_byte() {
    let (text, script) = pieced("CMD [\"sh\", \"-c\", \"‹echo ›\\\"‹a b›\\\"‹ | c›\"]");
    // The pieces between stand for an escaped quote, which is one byte to the shell; here it is
    // left out, so that two words remain.
    assert_eq!(script.commands[0].words[2].range.of(&text), "b");
    assert_eq!(script.commands[1].range.of(&text), "c");
}

#[test]
fn pipes_are_seen_through_groups() {
    let script = script("curl x | (cd /y && tar x $(z)) | { wc; } ; w");
    let seen: Vec<_> = script
        .commands
        .iter()
        .map(|c| (c.name().unwrap_or(""), c.reads_pipe, c.writes_pipe))
        .collect();
    assert_eq!(
        seen,
        [
            ("curl", false, true),
            ("cd", true, true),
            ("tar", true, true),
            ("z", true, false),
            ("wc", true, false),
            ("w", false, false)
        ]
    );
    let one = parse(
        &[Piece {
            start: 0,
            text: "! a | b && ! ! c",
        }],
        "bash",
        &[],
    );
    let negated: Vec<_> = one.commands.iter().map(|c| c.negated).collect();
    assert_eq!(negated, [true, true, false]);
}

#[test]
fn conditions_and_what_hangs_on_them() {
    let script = script(
        "if a; then b; elif c; then d; else e; fi; while f; do g; done; h || i | j && k; case l in m) n;; esac",
    );
    let is = |name: &str| {
        let found = script
            .commands
            .iter()
            .find(|c| c.name() == Some(name))
            .expect(name);
        (found.test, found.conditional)
    };
    assert_eq!([is("a"), is("f")], [(true, false); 2]);
    assert_eq!(is("c"), (true, true));
    assert_eq!(
        [
            is("b"),
            is("d"),
            is("e"),
            is("g"),
            is("i"),
            is("j"),
            is("n")
        ],
        [(false, true); 7]
    );
    assert_eq!([is("h"), is("k")], [(false, false); 2]);
}

#[test]
fn here_documents_belong_to_their_redirection() {
    let text = "cat <<-EOF > f && sh <<'X'\n\ta $(b)\n\tEOF\n$(c)\nX\nd";
    let script = script(text);
    assert_eq!(names(&script), ["cat", "sh", "b", "d"]);
    let body = |command: usize| {
        script.commands[command].redirects[0]
            .body
            .map(|r| r.of(text))
    };
    assert_eq!(body(0), Some("\ta $(b)\n"));
    assert_eq!(body(1), Some("$(c)\n"));
    assert_eq!(script.commands[0].redirects[1].body, None);
    assert_eq!(
        script.commands[0].redirects[0].target.literal(),
        Some("EOF")
    );
    // What is wrong in a body is nobody's syntax error.
    let script = super::tests::script("cat <<EOF\n$( `\nEOF\na");
    assert_eq!((names(&script), script.errors.len()), (vec!["cat", "a"], 0));
}

#[test]
fn redirections_have_descriptor_operator_and_target() {
    let script = script("a 2>&1 >> out < in &> both 3<> rw {fd}> x");
    let seen: Vec<_> = script.commands[0]
        .redirects
        .iter()
        .map(|r| (r.fd, r.operator, r.target.text()))
        .collect();
    assert_eq!(
        seen,
        [
            (Some(2), ">&", "1"),
            (None, ">>", "out"),
            (None, "<", "in"),
            (None, "&>", "both"),
            (Some(3), "<>", "rw"),
            (None, ">", "x")
        ]
    );
}

#[test]
fn errors_name_what_is_wrong_where() {
    let cases = [
        ("a && ", "&&", "no command follows `&&`"),
        ("a |", "|", "no command follows `|`"),
        ("if a; then b", "if", "this `if` has no `fi`"),
        ("while a; b; done", "done", "unexpected `done`"),
        ("for x in a; do b", "for", "this `for` has no `done`"),
        ("case x in a) b", "case", "this `case` has no `esac`"),
        ("echo 'a", "'", "this `'` is never closed"),
        ("echo \"a", "\"", "this `\"` is never closed"),
        ("echo $(a", "(", "this `(` is never closed"),
        ("echo ${a", "${", "this `${` is never closed"),
        ("echo `a", "`", "this backtick is never closed"),
        ("(a", "(", "this `(` is never closed"),
        ("{ a", "{", "this `{` has no `}`"),
        ("a >", ">", "`>` needs a word after it"),
        ("a; fi", "fi", "unexpected `fi`"),
        ("a;; b", ";;", "unexpected `;;`"),
        ("; a", ";", "unexpected `;`"),
        ("a )", ")", "unexpected `)`"),
        ("a (b)", "(", "unexpected `(`"),
    ];
    for (text, place, message) in cases {
        let errors = script(text).errors;
        assert_eq!(errors.len(), 1, "{text}");
        assert_eq!(
            (errors[0].0.of(text), errors[0].1.as_str()),
            (place, message),
            "{text}"
        );
    }
    assert_eq!(names(&script("a && b; fi; c")), ["a", "b"]);
}

#[test]
fn other_shells_are_not_parsed() {
    for shell in [
        "/bin/sh",
        "bash",
        "/usr/bin/env bash",
        "/usr/bin/env -S ash -e",
        "bash.exe",
        "zsh",
    ] {
        assert!(is_sh_family(shell), "{shell}");
    }
    for shell in [
        "",
        "pwsh",
        "cmd",
        "/usr/bin/python3",
        "powershell.exe",
        "fish",
        "/usr/bin/env node",
    ] {
        assert!(!is_sh_family(shell), "{shell}");
    }
    let script = parse(
        &[Piece {
            start: 0,
            text: "if (",
        }],
        "pwsh",
        &["-Command"],
    );
    assert!(script.commands.is_empty() && script.errors.is_empty());
    assert_eq!((&*script.interpreter, script.shell_args.len()), ("pwsh", 1));
}

#[test]
fn nesting_is_bounded_and_time_is_linear() {
    let deep = [
        "$(",
        "`",
        "${a:-",
        "(",
        "{ ",
        "if ",
        "$((",
        "((",
        "\"$(",
        "<(",
        "while ",
        "case $(",
        "x=(",
        "a[",
        "$[",
        "[[ ",
        "[[ =~ (",
        "@(",
        "f() ",
        "coproc ",
        "! ",
        "a <<E\n",
        "`\\`",
        "$((a) ",
        "$((a #((((\n)) ",
        "((a #((((\n))\n",
        "\"${x#\"",
        "a | ",
        "a && ",
        "{fd}>",
        "\\\n",
        "function f ",
        "time ",
        "case x in a) ",
    ];
    for part in deep {
        let text = part.repeat(300_000 / part.len());
        let start = std::time::Instant::now();
        let script = script(&text);
        // Generous: a debug build on a busy machine; quadratic time would take minutes.
        assert!(
            start.elapsed().as_secs() < 20,
            "{part}: {:?}",
            start.elapsed()
        );
        assert!(script.errors.len() <= 1, "{part}");
    }
}
