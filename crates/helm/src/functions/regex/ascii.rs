//! What an expression says of texts that are ASCII. Classes such as `[^/]` and `\pL` have hundreds of
//! ranges in UTF-8, each of which becomes a chain of states, and few in ASCII.

use regex_syntax::hir::{
    Capture, Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Repetition,
};

/// The same expression for texts that are ASCII. Recursion is as deep as expressions are nested,
/// which their parser bounds.
pub(super) fn only(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) => hir.clone(),
        HirKind::Class(Class::Bytes(_)) => hir.clone(),
        HirKind::Class(Class::Unicode(class)) => {
            let mut class = class.clone();
            let ascii = ClassUnicodeRange::new('\0', '\x7f');
            class.intersect(&ClassUnicode::new([ascii]));
            Hir::class(Class::Unicode(class))
        }
        HirKind::Repetition(repetition) => Hir::repetition(Repetition {
            min: repetition.min,
            max: repetition.max,
            greedy: repetition.greedy,
            sub: Box::new(only(&repetition.sub)),
        }),
        HirKind::Capture(capture) => Hir::capture(Capture {
            index: capture.index,
            name: capture.name.clone(),
            sub: Box::new(only(&capture.sub)),
        }),
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(only).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(only).collect()),
    }
}
