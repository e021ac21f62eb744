//! Paths of values, as a tree of keys.

use std::sync::Arc;

use foldhash::HashMap;

use super::Site;

/// Names a path.
pub(super) type PathId = u32;

/// The path of the values of the outermost chart.
pub(super) const ROOT: PathId = 0;

/// The most places that are kept for one path.
const MAX_SITES: usize = 24;
/// The most paths; what comes then is its parent.
const MAX_PATHS: usize = 200_000;

/// A step of a path.
#[derive(Clone, Debug)]
enum Key {
    Name(Arc<str>),
    /// Some key that is not known, or some element of a list.
    Any,
}

/// How far a value is read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Reach {
    /// Not at all.
    #[default]
    Unread,
    /// Itself, or something in it.
    Itself,
    /// With all that is in it.
    Whole,
}

#[derive(Debug)]
struct PathNode {
    parent: PathId,
    key: Key,
    children: HashMap<Arc<str>, PathId>,
    /// The child under [`Key::Any`].
    any: Option<PathId>,
    reach: Reach,
    sites: Vec<Site>,
    /// Whether some values have it.
    is_defined: bool,
    /// Whether some values have entries in it.
    is_filled: bool,
}

impl PathNode {
    fn has_no_children(&self) -> bool {
        self.children.is_empty() && self.any.is_none()
    }
}

/// All paths that are read or defined.
#[derive(Debug)]
pub struct Paths {
    nodes: Vec<PathNode>,
}

impl Paths {
    pub(super) fn new() -> Self {
        let mut paths = Self { nodes: Vec::new() };
        paths.push(ROOT, Key::Any);
        paths
    }

    fn push(&mut self, parent: PathId, key: Key) -> PathId {
        let id = self.nodes.len() as PathId;
        self.nodes.push(PathNode {
            parent,
            key,
            children: HashMap::default(),
            any: None,
            reach: Reach::Unread,
            sites: Vec::new(),
            is_defined: false,
            is_filled: false,
        });
        id
    }

    /// The path one step on, under some key or element.
    pub(super) fn element(&mut self, parent: PathId) -> PathId {
        match self.nodes[parent as usize].any {
            Some(known) => known,
            None => self.add(parent, Key::Any),
        }
    }

    /// The path one step on, under this key.
    pub(super) fn named(&mut self, parent: PathId, name: &str) -> PathId {
        match self.nodes[parent as usize].children.get(name) {
            Some(&known) => known,
            None => self.add(parent, Key::Name(name.into())),
        }
    }

    fn add(&mut self, parent: PathId, key: Key) -> PathId {
        if self.nodes.len() >= MAX_PATHS {
            self.nodes[parent as usize].reach = Reach::Whole;
            return parent;
        }
        let id = self.push(parent, key.clone());
        let above = &mut self.nodes[parent as usize];
        match key {
            Key::Name(name) => {
                above.children.insert(name, id);
            }
            Key::Any => above.any = Some(id),
        }
        id
    }

    pub(super) fn mark(&mut self, path: PathId, reach: Reach, site: Option<Site>) {
        let node = &mut self.nodes[path as usize];
        node.reach = node.reach.max(reach);
        if let Some(site) = site
            && node.sites.len() < MAX_SITES
            && !node.sites.contains(&site)
        {
            node.sites.push(site);
        }
    }

    pub(super) fn define(&mut self, path: PathId, is_filled: bool) {
        let node = &mut self.nodes[path as usize];
        node.is_defined = true;
        node.is_filled |= is_filled;
    }

    pub(super) fn is_defined(&self, path: PathId) -> bool {
        self.nodes[path as usize].is_defined
    }

    pub(super) fn is_filled(&self, path: PathId) -> bool {
        self.nodes[path as usize].is_filled
    }

    /// The path and those above it, up to the root.
    pub(super) fn upwards(&self, path: PathId) -> impl Iterator<Item = PathId> + '_ {
        std::iter::successors(Some(path), |&at| {
            (at != ROOT).then(|| self.nodes[at as usize].parent)
        })
    }

    /// Whether a path is another one or below it.
    pub(super) fn is_below(&self, path: PathId, top: PathId) -> bool {
        self.upwards(path).any(|at| at == top)
    }

    /// The names that lead to a path; `None` if one is not known.
    pub(super) fn names(&self, path: PathId) -> Option<Vec<Arc<str>>> {
        let steps = self.upwards(path).filter(|&at| at != ROOT);
        let names = steps.map(|at| match &self.nodes[at as usize].key {
            Key::Name(name) => Some(name.clone()),
            Key::Any => None,
        });
        let mut names = names.collect::<Option<Vec<_>>>()?;
        names.reverse();
        Some(names)
    }

    /// Whether some values have this path.
    pub fn has(&self, path: &[&str]) -> bool {
        let mut at = ROOT;
        for &name in path {
            match self.nodes[at as usize].children.get(name) {
                Some(&next) => at = next,
                None => return false,
            }
        }
        self.is_defined(at)
    }

    /// How far the value with this path is read, and where.
    pub fn reach(&self, path: &[&str]) -> (Reach, Vec<Site>) {
        let path: Vec<Option<&str>> = path.iter().copied().map(Some).collect();
        self.reach_of(&path)
    }

    /// The same for a path through lists: an element has no name.
    pub fn reach_of(&self, path: &[Option<&str>]) -> (Reach, Vec<Site>) {
        let mut at = vec![ROOT];
        let mut reach = Reach::Unread;
        let mut sites = Vec::new();
        let whole = |at: &[PathId], sites: &mut Vec<Site>| {
            let nodes = at.iter().map(|&id| &self.nodes[id as usize]);
            let whole: Vec<&PathNode> = nodes.filter(|node| node.reach == Reach::Whole).collect();
            sites.extend(whole.iter().flat_map(|node| &node.sites));
            !whole.is_empty()
        };
        for &name in path {
            if whole(&at, &mut sites) {
                reach = Reach::Whole;
            }
            let mut next = Vec::new();
            for id in at {
                let node = &self.nodes[id as usize];
                next.extend(name.and_then(|name| node.children.get(name)));
                next.extend(node.any);
            }
            at = next;
        }
        for &id in &at {
            reach = reach.max(self.reach_below(id));
            sites.extend(&self.nodes[id as usize].sites);
        }
        sites.sort();
        sites.dedup();
        (reach, sites)
    }

    /// The paths, joined by dots, of what is read and no values have. Of what lies below such a one
    /// only the parts are told.
    pub fn unset(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (id, node) in self.nodes.iter().enumerate().skip(1) {
            let is_leaf = node.has_no_children() || node.reach == Reach::Whole;
            let above = &self.nodes[node.parent as usize];
            let is_known = node.is_defined || above.reach == Reach::Whole;
            if node.reach == Reach::Unread || !is_leaf || is_known {
                continue;
            }
            let Some(names) = self.names(id as PathId) else {
                continue;
            };
            // What holds no names of its own is filled by users.
            let mut defined = self.upwards(node.parent);
            let nearest = defined.find(|&at| self.is_defined(at));
            if nearest.is_some_and(|at| self.is_filled(at))
                && !names.iter().any(|name| &**name == "global")
            {
                found.push(names.join("."));
            }
        }
        found.sort();
        found
    }

    /// How far a node is read, what is read below it counted as the node itself.
    fn reach_below(&self, id: PathId) -> Reach {
        let mut open = vec![id];
        while let Some(at) = open.pop() {
            let node = &self.nodes[at as usize];
            match node.reach {
                Reach::Unread => open.extend(node.children.values().chain(&node.any)),
                Reach::Whole if at == id => return Reach::Whole,
                Reach::Itself | Reach::Whole => return Reach::Itself,
            }
        }
        Reach::Unread
    }
}
