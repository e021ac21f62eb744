//! Where code reads environment variables, in each language's own ways.

use std::ops::Range;

use super::code::{Code, Kind, Language};
use super::names::is_variable;

/// One read of an environment variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Read {
    /// The variable.
    pub(crate) name: String,
    /// What is taken when it is unset, as written in the code.
    pub(crate) default: Option<String>,
    /// Whether the program fails without it.
    pub(crate) required: bool,
    /// The index of the token after the read and its default.
    pub(crate) end: usize,
}

/// The read that begins at a token.
pub(crate) fn at(code: Code<'_>, index: usize) -> Option<Read> {
    // Nothing begins inside of a longer name.
    if code.kind(index) != Some(Kind::Word) {
        return None;
    }
    match code.language {
        Language::Python => python(code, index),
        Language::Script => script(code, index),
        Language::Go => go(code, index),
        Language::Rust => rust(code, index),
        Language::Java => java(code, index),
        Language::Csharp => csharp(code, index),
        Language::Php => php(code, index),
        Language::Ruby => ruby(code, index),
        Language::Elixir => elixir(code, index),
    }
    .or_else(|| helper(code, index))
}

/// All reads of a file, with the token that each begins at.
pub(crate) fn all(code: Code<'_>) -> Vec<(usize, Read)> {
    let mut found = Vec::new();
    let mut index = 0;
    while index < code.len() {
        match at(code, index) {
            Some(read) => {
                let end = read.end.max(index + 1);
                found.push((index, read));
                index = end;
            }
            None => index += 1,
        }
    }
    found
}

/// A literal value: a string, number or boolean, perhaps with a sign or in a call of one argument.
pub(crate) fn literal(code: Code<'_>, range: Range<usize>) -> Option<String> {
    let tokens = range.len();
    let first = range.start;
    match code.kind(first)? {
        Kind::Text if tokens == 1 => Some(code.at(first).to_owned()),
        Kind::Number if tokens == 1 => Some(code.at(first).replace('_', "")),
        Kind::Word if tokens == 1 => match code.at(first) {
            word @ ("true" | "false" | "True" | "False") => Some(word.to_ascii_lowercase()),
            _ => None,
        },
        // `"8080".to_string()`, `"8080".into()`
        Kind::Text if code.is(first + 1, &["."]) => Some(code.at(first).to_owned()),
        _ => None,
    }
}

/// A read by call: `open` is the index of the bracket, the name is the first argument and the
/// default the second or the one passed by a name.
fn call(code: Code<'_>, open: usize, required: bool) -> Option<Read> {
    let name = code.string(open + 1)?;
    if !is_variable(name) {
        return None;
    }
    let arguments = code.arguments(open);
    let close = code.close(open);
    let second = arguments.get(1).cloned();
    let named = ["default", "default_value", "fallback"]
        .iter()
        .find_map(|name| code.named(open, name));
    let has_default = named.is_some() || second.is_some();
    let default = named.or(second).and_then(|range| literal(code, range));
    Some(Read {
        name: name.to_owned(),
        default,
        required: required && !has_default,
        end: close + 1,
    })
}

/// A read by index: `open` is the index of the bracket.
fn index_of(code: Code<'_>, open: usize, required: bool) -> Option<Read> {
    let name = code.string(open + 1)?;
    (is_variable(name) && code.is(open + 2, &["]"])).then(|| Read {
        name: name.to_owned(),
        default: None,
        required,
        end: open + 3,
    })
}

/// The same with what stands after `||`, `??` or `or` as default.
fn or_else(code: Code<'_>, mut read: Read) -> Read {
    let mut at = read.end;
    // `(process.env.X) || 1`, `Number(process.env.X) || 1`
    while code.is(at, &[")"]) {
        at += 1;
    }
    let signs = [["|", "|"], ["?", "?"], ["?", ":"]];
    let after = if signs.iter().any(|sign| code.is(at, sign)) {
        at + 2
    } else if code.is(at, &["or"]) {
        at + 1
    } else {
        return read;
    };
    // A throw in place of a default makes it required.
    if matches!(
        code.at(after),
        "throw" | "raise" | "die" | "abort" | "error" | "panic"
    ) {
        read.required = true;
        return read;
    }
    read.required = false;
    if read.default.is_none() {
        read.default = literal(code, after..after + 1);
        read.end = after + 1;
    }
    read
}

/// Calls of functions that a project wrote for itself: `getEnv("PORT", "8080")`.
fn helper(code: Code<'_>, index: usize) -> Option<Read> {
    let word = code.word(index)?;
    if !code.is(index + 1, &["("]) || code.kind(index + 2) != Some(Kind::Text) {
        return None;
    }
    let lower: String = word.to_ascii_lowercase().replace('_', "");
    let required = lower.starts_with("must") || lower.starts_with("require");
    let stem = [
        "mustget", "must", "require", "required", "get", "lookup", "read", "load", "fetch",
    ]
    .iter()
    .find_map(|verb| lower.strip_prefix(verb))
    .unwrap_or(&lower);
    let known = [
        "env",
        "envvar",
        "envvariable",
        "environment",
        "environmentvariable",
        "envor",
        "envordefault",
        "envwithdefault",
        "envdefault",
        "envstring",
        "envstr",
        "envint",
        "envbool",
        "envasint",
        "envasstring",
        "envasbool",
        "envfallback",
        "envwithfallback",
        "stringenv",
        "intenv",
        "boolenv",
        "orenv",
        "stringfromenv",
        "fromenv",
        "mapenv",
    ];
    if !known.contains(&stem) {
        return None;
    }
    call(code, index + 1, required)
}

fn python(code: Code<'_>, index: usize) -> Option<Read> {
    let word = code.at(index);
    match word {
        "environ" if code.is(index + 1, &["["]) => index_of(code, index + 1, true),
        "environ" if code.is(index + 1, &[".", "get", "("]) => {
            call(code, index + 3, false).map(|read| or_else(code, read))
        }
        "getenv" if code.is(index + 1, &["("]) => {
            call(code, index + 1, false).map(|read| or_else(code, read))
        }
        // django-environ and environs.
        "env" if code.is(index + 1, &["("]) => call(code, index + 1, true),
        "env" if code.is(index + 1, &["."]) && code.is(index + 3, &["("]) => {
            let typed = matches!(
                code.at(index + 2),
                "str"
                    | "int"
                    | "bool"
                    | "float"
                    | "list"
                    | "tuple"
                    | "dict"
                    | "json"
                    | "url"
                    | "path"
                    | "db"
                    | "db_url"
                    | "cache"
                    | "cache_url"
                    | "email"
                    | "email_url"
                    | "decimal"
                    | "get_value"
                    | "log_level"
                    | "timedelta"
                    | "date"
                    | "datetime"
                    | "uuid"
                    | "enum"
            );
            typed.then(|| call(code, index + 3, true)).flatten()
        }
        // decouple and Starlette's `Config`.
        "config" if code.is(index + 1, &["("]) && code.at(index.wrapping_sub(1)) != "." => {
            call(code, index + 1, true)
        }
        _ => None,
    }
}

fn script(code: Code<'_>, index: usize) -> Option<Read> {
    let holder = code.is(index, &["process", ".", "env"]) || code.is(index, &["Bun", ".", "env"]);
    if holder {
        let at = index + 3;
        if code.is(at, &["."]) {
            let name = code.word(at + 1)?;
            let read = Read {
                name: name.to_owned(),
                default: None,
                required: code.is(at + 2, &["!"]) && !code.is(at + 2, &["!", "="]),
                end: at + 2,
            };
            return is_variable(name).then(|| or_else(code, read));
        }
        if code.is(at, &["["]) {
            return index_of(code, at, false).map(|read| or_else(code, read));
        }
    }
    if code.is(index, &["Deno", ".", "env", ".", "get", "("]) {
        return call(code, index + 5, false).map(|read| or_else(code, read));
    }
    // Nest's ConfigService and its like.
    let config = code.at(index).to_ascii_lowercase();
    if matches!(
        config.as_str(),
        "config" | "configservice" | "_configservice"
    ) && code.is(index + 1, &["."])
    {
        let required = code.at(index + 2) == "getOrThrow";
        if required || code.at(index + 2) == "get" {
            let mut open = index + 3;
            if code.is(open, &["<"]) {
                let end = open + 8;
                while open < end && !code.is(open, &["("]) {
                    open += 1;
                }
            }
            if code.is(open, &["("]) {
                return call(code, open, required).map(|read| or_else(code, read));
            }
        }
    }
    None
}

fn go(code: Code<'_>, index: usize) -> Option<Read> {
    let names = ["Getenv", "LookupEnv"];
    (names.contains(&code.at(index)) && code.is(index + 1, &["("]))
        .then(|| call(code, index + 1, false))
        .flatten()
}

fn rust(code: Code<'_>, index: usize) -> Option<Read> {
    let open = match code.at(index) {
        "var" | "var_os" if code.is(index.wrapping_sub(3), &["env", ":", ":"]) => index + 1,
        "dotenv" | "dotenvy" => return None,
        _ => return None,
    };
    if !code.is(open, &["("]) {
        return None;
    }
    let mut read = call(code, open, false)?;
    let mut at = read.end;
    // What follows in the chain says what happens without it.
    for _ in 0..6 {
        if code.is(at, &["?"]) {
            read.required = true;
            break;
        }
        if !code.is(at, &["."]) {
            break;
        }
        let method = code.at(at + 1);
        let open = at + 2;
        match method {
            "expect" | "unwrap" => {
                read.required = true;
                break;
            }
            "unwrap_or" | "unwrap_or_else" | "map_or" => {
                let close = code.close(open);
                read.default = (open..close).find_map(|n| {
                    let value = matches!(code.kind(n)?, Kind::Text | Kind::Number);
                    value.then(|| code.at(n).to_owned())
                });
                read.end = close + 1;
                break;
            }
            _ if code.is(open, &["("]) => at = code.close(open) + 1,
            _ => break,
        }
    }
    Some(read)
}

fn java(code: Code<'_>, index: usize) -> Option<Read> {
    if !code.is(index, &["getenv", "("]) {
        return None;
    }
    if code.is(index + 2, &[")", ".", "getOrDefault", "("]) {
        return call(code, index + 5, false);
    }
    // Kotlin's `System.getenv()["X"]`
    if code.is(index + 2, &[")", "["]) {
        return index_of(code, index + 3, false).map(|read| or_else(code, read));
    }
    call(code, index + 1, false).map(|read| or_else(code, read))
}

fn csharp(code: Code<'_>, index: usize) -> Option<Read> {
    if code.is(index, &["GetEnvironmentVariable", "("]) {
        return call(code, index + 1, false).map(|read| or_else(code, read));
    }
    let holder = matches!(code.at(index), "Configuration" | "configuration" | "config");
    if holder && code.is(index + 1, &["["]) {
        return index_of(code, index + 1, false).map(|read| or_else(code, read));
    }
    None
}

fn php(code: Code<'_>, index: usize) -> Option<Read> {
    match code.at(index) {
        "getenv" if code.is(index + 1, &["("]) => {
            call(code, index + 1, false).map(|read| or_else(code, read))
        }
        "env" if code.is(index + 1, &["("]) => call(code, index + 1, false),
        "$_ENV" if code.is(index + 1, &["["]) => {
            index_of(code, index + 1, false).map(|read| or_else(code, read))
        }
        _ => None,
    }
}

fn ruby(code: Code<'_>, index: usize) -> Option<Read> {
    if code.at(index) != "ENV" {
        return None;
    }
    if code.is(index + 1, &["["]) {
        return index_of(code, index + 1, false).map(|read| or_else(code, read));
    }
    if !code.is(index + 1, &[".", "fetch"]) {
        return None;
    }
    let read = if code.is(index + 3, &["("]) {
        call(code, index + 3, true)?
    } else {
        let name = code.string(index + 3).filter(|name| is_variable(name))?;
        Read {
            name: name.to_owned(),
            default: None,
            required: true,
            end: index + 4,
        }
    };
    // `ENV.fetch("X") { 3000 }`
    if code.is(read.end, &["{"]) {
        let close = code.close(read.end);
        return Some(Read {
            default: literal(code, read.end + 1..close),
            required: false,
            end: close + 1,
            ..read
        });
    }
    Some(read)
}

fn elixir(code: Code<'_>, index: usize) -> Option<Read> {
    match code.at(index) {
        "get_env" if code.is(index + 1, &["("]) => {
            call(code, index + 1, false).map(|read| or_else(code, read))
        }
        "fetch_env!" if code.is(index + 1, &["("]) => call(code, index + 1, true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::code::tokens;
    use super::*;

    fn reads(path: &str, text: &str) -> Vec<String> {
        let language = Language::of(path).expect("a language");
        let tokens = tokens(text, language);
        let code = Code {
            path,
            text,
            tokens: &tokens,
            language,
        };
        all(code)
            .into_iter()
            .map(|(_, read)| {
                let default = read
                    .default
                    .map(|value| format!("={value}"))
                    .unwrap_or_default();
                format!(
                    "{}{default}{}",
                    read.name,
                    if read.required { "!" } else { "" }
                )
            })
            .collect()
    }

    #[test]
    fn each_language_has_its_ways() {
        let cases: &[(&str, &str, &[&str])] = &[
            (
                "a.py",
                "os.environ['A']; os.environ.get('B', 'b'); os.getenv(\"C\") or 'c'; env.int('D', default=1)\n# os.environ['X']\n",
                &["A!", "B=b", "C=c", "D=1"],
            ),
            (
                "a.ts",
                "process.env.A || 3000; Number(process.env['B'] ?? '1'); process.env.C!; config.get<string>('D_E'); '${process.env.X}'",
                &["A=3000", "B=1", "C!", "D_E"],
            ),
            (
                "a.go",
                "os.Getenv(\"A\"); getEnv(\"B\", \"8080\"); mustEnv(`C`)",
                &["A", "B=8080", "C!"],
            ),
            (
                "a.rs",
                "env::var(\"A\").unwrap_or_else(|_| \"3000\".to_string()); std::env::var(\"B\").expect(\"x\"); var(\"C\")",
                &["A=3000", "B!"],
            ),
            (
                "A.java",
                "System.getenv(\"A\"); System.getenv().getOrDefault(\"B\", \"1\")",
                &["A", "B=1"],
            ),
            (
                "A.cs",
                "Environment.GetEnvironmentVariable(\"A\") ?? \"x\"; Configuration[\"B\"]",
                &["A=x", "B"],
            ),
            (
                "a.php",
                "getenv('A') ?: 'x'; env('B', true); $_ENV['C'] ?? 1",
                &["A=x", "B=true", "C=1"],
            ),
            (
                "a.rb",
                "ENV['A'] || 'x'; ENV.fetch('B'); ENV.fetch(\"C\") { 3000 }; ENV.fetch('D', 1)",
                &["A=x", "B!", "C=3000", "D=1"],
            ),
            (
                "a.exs",
                "System.get_env(\"A\") || raise \"x\"; System.get_env(\"B\", \"4000\"); System.fetch_env!(\"C\")",
                &["A!", "B=4000", "C!"],
            ),
        ];
        for (path, text, expected) in cases {
            assert_eq!(reads(path, text), *expected, "{path}");
        }
    }
}
