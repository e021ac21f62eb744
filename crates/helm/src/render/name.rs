//! The name of a release from a template: `--name-template`.

use std::sync::Arc;

use plimsoll_gotmpl::{
    Arguments, CallError, Function, Functions, Options, Session, Signature, Templates, Tree, Type,
    Value,
};

use crate::functions::{Context, Random};

const NAME: &str = "name-template";

/// What a template gives that sees no values (`TemplateName`). The error is what Helm prints.
/// `variable` gives the variables of the environment.
pub fn template_name(
    text: &str,
    variable: fn(&str) -> String,
    now: (i64, u32),
    random: Box<dyn Random>,
) -> Result<String, String> {
    let mut functions = Functions::new();
    crate::functions::register(&mut functions);
    let fail = Function::new(Signature::new([Type::String]), |_, arguments| {
        Err(CallError::new(arguments.str(0)?.text().into_owned()))
    });
    let env = Function::new(Signature::new([Type::String]), move |_, arguments| {
        Ok(Value::from(variable(&arguments.str(0)?.text()).as_str()).into())
    });
    let expand = Function::new(Signature::new([Type::String]), move |_, arguments| {
        Ok(Value::from(expanded(&arguments.str(0)?.text(), variable)).into())
    });
    functions
        .add("fail", fail)
        .add("env", env)
        .add("expandenv", expand);
    let functions = Arc::new(functions);
    let tree = Tree::parse(NAME, text.as_bytes(), &*functions);
    if let Some(error) = tree.errors().first() {
        return Err(error.to_string());
    }
    let mut templates = Templates::new(NAME, functions);
    templates.add(tree);
    let context = Context::new(now, random, Box::new(()));
    let mut session = Session::new(
        Arc::new(templates),
        Options {
            state: Some(Box::new(context)),
            ..Options::default()
        },
    );
    let output = session.render(NAME, Value::Nil.into());
    let output = output.map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(output.bytes()).into_owned())
}

/// A text with `$NAME` and `${NAME}` replaced (Go's `os.Expand`).
fn expanded(text: &str, variable: fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, width) = match after.as_bytes() {
            [] => (None, 0),
            [b'{', ..] => braced(after),
            [first, ..] if is_special(*first) => (Some(&after[..1]), 1),
            bytes => {
                let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
                let width = bytes.iter().take_while(|byte| is_word(byte)).count();
                ((width > 0).then(|| &after[..width]), width)
            }
        };
        match name {
            Some(name) => out.push_str(&variable(name)),
            // What is written wrongly is left out, a lone dollar is not.
            None if width > 0 => {}
            None => out.push('$'),
        }
        rest = &after[width..];
    }
    out.push_str(rest);
    out
}

/// The name in braces at the start of a text, and how much of the text it takes.
fn braced(text: &str) -> (Option<&str>, usize) {
    match text.as_bytes() {
        [_, byte, b'}', ..] if is_special(*byte) => (Some(&text[1..2]), 3),
        _ => match text.find('}') {
            Some(1) => (None, 2),
            Some(end) => (Some(&text[1..end]), end + 1),
            None => (None, 1),
        },
    }
}

fn is_special(byte: u8) -> bool {
    matches!(byte, b'*' | b'#' | b'$' | b'@' | b'!' | b'?' | b'-') || byte.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::expanded;

    #[test]
    fn variables_are_put_in_as_go_does_it() {
        let variable = |name: &str| format!("<{name}>");
        for (text, wanted) in [
            ("", ""),
            ("plain", "plain"),
            ("$a", "<a>"),
            ("x-${a_1}-$b.c", "x-<a_1>-<b>.c"),
            ("$", "$"),
            ("$$", "<$>"),
            ("a$ b", "a$ b"),
            ("$1x ${2}", "<1>x <2>"),
            ("${}x", "x"),
            ("${ab", "ab"),
            ("${a b}", "<a b>"),
            ("$\u{e4}", "$\u{e4}"),
            ("${-}${--}", "<-><-->"),
        ] {
            assert_eq!(expanded(text, variable), wanted, "{text:?}");
        }
    }
}
