//! Any function with arguments of any kind: calls end, and answer the same with traces.
#![no_main]

#[path = "chart/session.rs"]
mod session;

use libfuzzer_sys::fuzz_target;

/// What a function is called with.
const ARGUMENTS: [&str; 24] = [
    ".a", ".b", "\"\"", "0", "1", "-1", "3", "1.5", "true", "nil", "(list .a 1 nil)", "(list)",
    "(dict .a .b)", "(dict)", "(splitList .a .b)", "(until 3)", "(now)", "(semver \"1.2.3\")",
    "(dict \"x\" (dict .a 1))", "100000", "9223372036854775807", "(list (list .a) (dict .b 1))",
    "(int64 5)", "(b64enc .a)",
];

/// Slow by design.
const SLOW: [&str; 4] = ["derivePassword", "bcrypt", "htpasswd", "genPrivateKey"];

fuzz_target!(|input: (&str, &str, Vec<u8>)| {
    let (a, b, choices) = input;
    let functions = session::functions();
    let mut names: Vec<&str> = functions.names().filter(|name| !SLOW.contains(name)).collect();
    names.retain(|name| !(name.starts_with("gen") && name.contains("Cert") || *name == "genCA"));
    names.sort_unstable();
    let mut choices = choices.into_iter();
    let mut text = String::new();
    while let (Some(function), Some(count)) = (choices.next(), choices.next()) {
        let function = names[usize::from(function) % names.len()];
        text.push_str("{{ $r := ");
        text.push_str(function);
        for choice in choices.by_ref().take(usize::from(count % 5)) {
            text.push(' ');
            match choice {
                250.. => text.push_str("$"),
                _ => text.push_str(ARGUMENTS[usize::from(choice) % ARGUMENTS.len()]),
            }
        }
        text.push_str(" }}{{ $r }}");
    }
    let _ = session::render(&text, &[("a", a), ("b", b)]);
});
