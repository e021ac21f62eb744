//! Code that runs in browsers or on desktops, or serves pages to developers, rather than on Node in
//! production.

use crate::detect::code::Code;
use crate::detect::files::Text;

/// Whether code asks what only a browser has, or imports what only a builder of pages takes.
pub(super) fn is_for_browsers(code: Code<'_>) -> bool {
    (0..code.len()).any(|at| {
        let asked = code.is(at, &["document", "."])
            || code.is(at, &["window", "."])
            || code.is(at, &["sessionStorage", "."]);
        let style = code.string(at).is_some_and(|text| {
            [".css", ".scss", ".sass", ".less", ".elm", ".vue", ".svelte"]
                .iter()
                .any(|end| text.ends_with(end))
        });
        asked || style && matches!(code.at(at.wrapping_sub(1)), "import" | "from")
    })
}

/// Whether a server is one that builds pages again whenever they change.
pub(super) fn is_for_developers(text: &Text) -> bool {
    ["webpack-dev-server", "webpackDevServer", "browser-sync"]
        .iter()
        .any(|word| text.text.contains(word))
}

/// Whether a file opens windows on a desktop.
pub(super) fn is_for_desktops(text: &Text) -> bool {
    let code = text.code();
    (0..code.len()).any(|at| code.string(at) == Some("electron"))
        && text.text.contains("BrowserWindow")
}
