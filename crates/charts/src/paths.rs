//! Paths of values by number: parts of a render name the same few again and again.

use std::sync::Arc;

use foldhash::HashMap;

/// A path of [`Paths`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct PathId(u32);

/// Paths such as `image.tag`, each kept once.
#[derive(Default)]
pub(crate) struct Paths {
    numbers: HashMap<Arc<str>, PathId>,
    texts: Vec<Arc<str>>,
    /// Worked out when asked for.
    holders: HashMap<PathId, Arc<[PathId]>>,
}

impl Paths {
    /// The number of a path.
    pub(crate) fn number(&mut self, path: &str) -> PathId {
        if let Some(&known) = self.numbers.get(path) {
            return known;
        }
        let number = PathId(self.texts.len() as u32);
        let text: Arc<str> = path.into();
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, number);
        number
    }

    /// The path with a number.
    pub(crate) fn text(&self, path: PathId) -> Arc<str> {
        Arc::clone(&self.texts[path.0 as usize])
    }

    /// What holds the value with this path: `image` for `image.tag`, the outermost first.
    pub(crate) fn holders(&mut self, path: PathId) -> impl Iterator<Item = PathId> + use<> {
        let holders = match self.holders.get(&path) {
            Some(known) => Arc::clone(known),
            None => {
                let text = self.text(path);
                let ends = text.match_indices(['.', '[']).map(|(at, _)| at);
                let found: Arc<[PathId]> = ends.map(|end| self.number(&text[..end])).collect();
                self.holders.insert(path, Arc::clone(&found));
                found
            }
        };
        (0..holders.len()).map(move |n| holders[n])
    }
}

#[cfg(test)]
mod tests {
    use super::Paths;

    #[test]
    fn a_path_knows_what_holds_it() {
        let mut paths = Paths::default();
        let tag = paths.number("images[0].tag");
        assert_eq!(paths.number("images[0].tag"), tag);
        let holders: Vec<_> = paths.holders(tag).map(|path| paths.text(path)).collect();
        let holders: Vec<&str> = holders.iter().map(|path| &**path).collect();
        assert_eq!(holders, ["images", "images[0]"]);
        let image = paths.number("images");
        assert_eq!(paths.holders(tag).next(), Some(image));
        assert_eq!(paths.holders(image).next(), None);
    }
}
