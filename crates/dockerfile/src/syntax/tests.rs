//! Tests of the parser; agreement with the reference on many cases is tested in `tests/`.

use super::*;

fn errors(text: &str) -> Vec<String> {
    crate::Build::new(parse(text))
        .file
        .errors
        .into_iter()
        .map(|error| error.message)
        .collect()
}

#[test]
fn instructions_have_their_words() {
    let text = "# syntax=docker/dockerfile:1\n# note\nFROM --platform=$P a:1 AS build\n\
                COPY --chown=1:1 a \\\n  # inner\n  b /c/\nENV A=1 B='x y' C=\nENV D old form\n";
    let file = parse(text);
    assert!(file.errors.is_empty(), "{:?}", file.errors);
    assert_eq!(&*file.directives[0].value.value, "docker/dockerfile:1");
    assert_eq!(file.comments.len(), 2);
    let [from, copy, env, old] = file.instructions.as_slice() else {
        panic!("four")
    };
    assert_eq!(from.range.of(text), "FROM --platform=$P a:1 AS build");
    assert_eq!(
        &*from
            .flag("platform")
            .and_then(|f| f.value.clone())
            .expect("a value")
            .value,
        "$P"
    );
    let Body::From(line) = &from.body else {
        panic!("FROM")
    };
    assert_eq!(
        (
            line.image.range.of(text),
            line.name.as_ref().map(|n| &*n.value)
        ),
        ("a:1", Some("build"))
    );
    let Body::Copy(transfer) = &copy.body else {
        panic!("COPY")
    };
    let sources: Vec<_> = transfer.sources.iter().map(|w| w.range.of(text)).collect();
    assert_eq!(
        (sources, transfer.dest.range.of(text)),
        (vec!["a", "b"], "/c/")
    );
    let Body::Env(pairs) = &env.body else {
        panic!("ENV")
    };
    let told: Vec<_> = pairs
        .iter()
        .map(|p| (&*p.key.value, p.value.range.of(text)))
        .collect();
    assert_eq!(told, [("A", "1"), ("B", "'x y'"), ("C", "")]);
    let Body::Env(pairs) = &old.body else {
        panic!("ENV")
    };
    assert_eq!(
        (
            &*pairs[0].key.value,
            &*pairs[0].value.value,
            pairs[0].legacy
        ),
        ("D", "old form", true)
    );
}

#[test]
fn heredocs_keep_their_bodies() {
    let text =
        "FROM a\nRUN <<EOF cat\nx\nEOF\nCOPY <<A <<-'B' /d/\n1\nA\n\t2\n\tB\nRUN <<E\ny\nE\n";
    let file = parse(text);
    assert!(file.errors.is_empty(), "{:?}", file.errors);
    let bodies = |n: usize| -> Vec<&str> {
        file.instructions[n]
            .heredocs
            .iter()
            .map(|h| h.body.of(text))
            .collect()
    };
    assert_eq!(bodies(1), ["x\n"]);
    assert_eq!(bodies(2), ["1\n", "\t2\n"]);
    assert!(!file.instructions[2].heredocs[1].expand);
    assert!(matches!(
        file.instructions[3].body,
        Body::Run(Command::Heredoc(0))
    ));
    assert_eq!(file.instructions[3].range.of(text), "RUN <<E\ny\nE");
}

#[test]
fn what_the_builder_refuses_is_told() {
    for (text, want) in [
        ("", "the file has no instructions"),
        ("RUN a", "`RUN` stands before the first `FROM`"),
        ("FROM a\nRNU b", "`RNU` is no instruction"),
        ("FROM a\ndocker build .", "`docker` is no instruction"),
        ("FROM a b", "`FROM` takes an image, and `AS` with a name"),
        ("FROM a AS 1b", "`1b` is no name for a stage"),
        ("FROM a\nCOPY b", "`COPY` lacks its destination"),
        ("FROM a\nCOPY --form=b c d", "`COPY` has no flag `--form`"),
        (
            "FROM a\nCOPY --link=maybe c d",
            "the flag `--link` is `true` or `false`, not `maybe`",
        ),
        ("FROM a\nENV A", "`ENV A` lacks its value"),
        ("FROM a\nENV A=1 B", "`B` is not `name=value`"),
        (
            "FROM a\nCMD [1]",
            "the JSON array holds something that is no string",
        ),
        ("FROM a\nSHELL bash", "`SHELL` takes a JSON array"),
        ("FROM a\nRUN <<X\nb", "the heredoc `X` does not end"),
        (
            "FROM a\nHEALTHCHECK --interval=5 CMD b",
            "`5` is no duration",
        ),
        (
            "FROM a\nHEALTHCHECK EXEC b",
            "`HEALTHCHECK EXEC` is neither `CMD` nor `NONE`",
        ),
        (
            "FROM a\nRUN --mount=type=bnd,target=/a b",
            "`bnd` is no type of mount",
        ),
        ("FROM a\nONBUILD FROM b", "`ONBUILD` cannot hold `FROM`"),
        ("# escape=x\nFROM a", "`x` cannot be the escape character"),
        (
            "# escape=\\\n# escape=`\nFROM a",
            "the directive `escape` is given twice",
        ),
        ("FROM a\nEXPOSE http", "`http` is no port"),
        (
            "FROM a\nEXPOSE 80 # the port of the web",
            "a comment cannot stand behind `EXPOSE`: it is taken as arguments",
        ),
        (
            "FROM a\nSTOPSIGNAL SIGINT # as nginx",
            "a comment cannot stand behind `STOPSIGNAL`: it is taken as arguments",
        ),
        (
            "FROM a AS b # first",
            "a comment cannot stand behind `FROM`: it is taken as arguments",
        ),
        (
            "FROM a\nENV A=1 # one",
            "a comment cannot stand behind `ENV`: it is taken as arguments",
        ),
        // Not behind a blank, so nobody means a comment.
        ("FROM a\nEXPOSE 80#", "`80#` is no port"),
        ("FROM a\nSTOPSIGNAL a#b", "`a#b` is no signal"),
    ] {
        assert_eq!(errors(text), [want], "{text}");
    }
}

#[test]
fn misspelt_names_get_their_mend() {
    let file = parse("FROM a\nENTRIPOINT [\"b\"]\nCOPY --chwon=1 c d\n");
    let mends: Vec<_> = file
        .errors
        .iter()
        .map(|e| e.replacement.as_deref())
        .collect();
    assert_eq!(mends, [Some("ENTRYPOINT"), Some("--chown")]);
}

#[test]
fn windows_line_ends_backticks_and_marks_are_understood() {
    let text = "\u{feff}# escape=`\r\nFROM a\r\nRUN one `\r\n  two\r\nCOPY C:\\x\\ D:\\y\r\n";
    let file = parse(text);
    assert!(file.errors.is_empty(), "{:?}", file.errors);
    assert_eq!(file.escape, '`');
    assert_eq!(file.instructions.len(), 3);
    let Body::Copy(transfer) = &file.instructions[2].body else {
        panic!("COPY")
    };
    assert_eq!(transfer.dest.range.of(text), "D:\\y");
}
