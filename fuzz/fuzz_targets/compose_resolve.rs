//! Any Compose file, override file, further file and `.env`: the project is resolved or refused,
//! and every place lies in its file.
#![no_main]

#[path = "../../crates/compose/tests/projects/mod.rs"]
mod projects;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str, &str, &str)| {
    let (main, over, other, dotenv) = texts;
    projects::check(&[
        ("compose.yaml", main),
        ("compose.override.yaml", over),
        ("a", other),
        (".env", dotenv),
    ]);
});
