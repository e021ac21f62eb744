//! Texts that are parsed when they are needed. Most texts of a chart are executed once, and nothing
//! else looks at them: what is made of them need not stay until all are done.

use std::sync::{Arc, LazyLock, OnceLock};

use memchr::memmem;

use crate::functions::Functions;
use crate::shared::SharedBytes;
use crate::syntax::{Room, Tree};
use crate::trace::TreeId;

use super::Template;

/// A text that is not parsed yet, or was when somebody asked for it by its name.
#[derive(Debug)]
pub(super) struct Waiting {
    name: Arc<str>,
    text: SharedBytes,
    id: TreeId,
    /// The text, and the only template that it defines.
    parsed: OnceLock<(Arc<Tree>, Arc<Template>)>,
}

/// Whether a text may define templates beside its own: whether one of the words stands where an action
/// starts.
pub(super) fn may_define(text: &[u8]) -> bool {
    static WORDS: LazyLock<[memmem::Finder<'_>; 2]> =
        LazyLock::new(|| ["define", "block"].map(memmem::Finder::new));
    WORDS.iter().any(|word| {
        word.find_iter(text).any(|at| {
            let is_between = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'-';
            let before = text[..at].iter().rposition(|byte| !is_between(byte));
            before.is_some_and(|last| text[..=last].ends_with(b"{{"))
        })
    })
}

impl Waiting {
    pub(super) fn new(name: Arc<str>, text: SharedBytes, id: TreeId) -> Self {
        Self {
            name,
            text,
            id,
            parsed: OnceLock::new(),
        }
    }

    fn parse(&self, functions: &Functions, room: Room) -> (Arc<Tree>, Template) {
        let tree = Tree::parse_in(room, self.name.clone(), &self.text, functions);
        let tree = Arc::new(tree);
        let own = tree.definitions().len() - 1;
        let template = Template::new(&tree, self.id, own);
        (tree, template)
    }

    fn parsed(&self, functions: &Functions) -> &(Arc<Tree>, Arc<Template>) {
        self.parsed.get_or_init(|| {
            let (tree, template) = self.parse(functions, Room::default());
            (tree, Arc::new(template))
        })
    }

    pub(super) fn tree(&self, functions: &Functions) -> &Arc<Tree> {
        &self.parsed(functions).0
    }

    /// The template, if it has no errors.
    pub(super) fn template(&self, functions: &Functions) -> Option<&Arc<Template>> {
        let (tree, template) = self.parsed(functions);
        tree.errors().is_empty().then_some(template)
    }

    /// The same apart from the set.
    pub(super) fn apart(&self, functions: &Functions, room: &mut Room) -> Option<Template> {
        if self.parsed.get().is_some() {
            return Some(self.template(functions)?.again());
        }
        let (tree, template) = self.parse(functions, std::mem::take(room));
        tree.errors().is_empty().then_some(template)
    }
}

#[cfg(test)]
mod tests {
    use super::may_define;

    #[test]
    fn what_may_define_is_told_from_what_has_the_words() {
        for text in [
            "{{ define \"a\" }}{{ end }}",
            "{{-\n\tdefine `a`}}{{end}}",
            "x {{block \"a\" .}}{{end}}",
            "undefined {{- block \"a\" . -}}{{ end }}",
            "{{{define \"a\"}}{{end}}",
            "{ {{ {{block",
        ] {
            assert!(may_define(text.as_bytes()), "{text}");
        }
        for text in [
            "a block",
            "{{ .define }}",
            "{{ include \"define\" . }}",
            "{ define }",
            "define",
            "{{",
            "{{ - ",
            "{{ de }}",
        ] {
            assert!(!may_define(text.as_bytes()), "{text}");
        }
    }
}
