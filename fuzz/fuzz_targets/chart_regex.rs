//! Any expression and text: compiling and matching end, parts put together are the text.
#![no_main]

#[path = "chart/session.rs"]
mod session;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, &str)| {
    let (pattern, text, with) = input;
    let texts = [("p", pattern), ("t", text), ("w", with)];
    let all = [
        "{{ regexMatch .p .t }}",
        "{{ regexReplaceAll .p .t .w }}",
        "{{ regexReplaceAllLiteral .p .t .w }}",
        "{{ regexSplit .p .t 3 | join .w }}",
        "{{ regexFindAll .p .t -1 | join .w }}",
    ];
    let fails: Vec<bool> = all
        .iter()
        .map(|template| session::render(template, &texts).is_err())
        .collect();
    // A bad expression is one everywhere, but for the function that swallows the error.
    let limited = |fails: &[bool]| fails.iter().any(|&fail| fail) && !fails.iter().all(|&fail| fail);
    assert!(!fails[0] || limited(&fails) || fails.iter().all(|&fail| fail));
    // What is put in where nothing was found changes nothing.
    if let Ok(same) = session::render("{{ regexReplaceAll .p .t \"$0\" }}", &texts) {
        assert_eq!(same, text.as_bytes(), "{pattern:?}");
    }
    let quoted = session::render("{{ regexMatch (printf \"^%s$\" (regexQuoteMeta .t)) .t }}", &texts);
    assert_eq!(quoted.as_deref(), Ok(&b"true"[..]), "{text:?}");
});
