//! Calls: `include`, `template` and `tpl`.

use super::Site;
use super::atoms::{Atom, Set, fits};
use super::walk::{Body, Frame, Walker};
use foldhash::HashSet;

/// How often a template may call itself before its data counts as read.
const MAX_RECURSION: usize = 3;
/// How deep data is looked at to tell two calls apart.
const MAX_SNAPSHOT: u32 = 10;
const MAX_SNAPSHOT_BYTES: usize = 16 << 10;

impl Walker {
    /// The templates of a name that may be known only in parts are walked with `dot`.
    pub(super) fn call(&mut self, name: &Set, dot: &Set, site: Site) {
        let mut bodies: Vec<Body> = Vec::new();
        for atom in name.atoms() {
            let found = bodies.len();
            if let Atom::Text(parts) = atom {
                match &**parts {
                    [Some(name)] => {
                        bodies.extend(self.definitions.get(name).into_iter().flatten());
                    }
                    _ if parts.iter().any(Option::is_some) => {
                        let all = self.definitions.iter();
                        let fitting = all.filter(|(name, _)| fits(parts, name));
                        bodies.extend(fitting.flat_map(|(_, bodies)| bodies));
                    }
                    _ => {}
                }
            }
            // It is in a chart that is not here, or it is any of those that are.
            if bodies.len() == found {
                self.consume(dot, site);
            }
        }
        if name.atoms().is_empty() {
            self.consume(dot, site);
        }
        bodies.sort();
        bodies.dedup();
        for body in bodies {
            self.body(body, dot, site);
        }
    }

    /// Walks a template with `dot`, unless it was already.
    pub(super) fn body(&mut self, body: Body, dot: &Set, site: Site) {
        self.called.insert(body);
        let depth = self.stack.iter().filter(|&&open| open == body).count();
        if depth >= MAX_RECURSION {
            self.consume(dot, site);
            return;
        }
        let mut snapshot = Vec::new();
        self.snapshot(dot, 0, &mut snapshot);
        let key = (body, snapshot);
        if !self.known.insert(key.clone()) {
            return;
        }
        let before = self.changes;
        self.stack.push(body);
        let mut frame = Frame {
            text: body.0,
            variables: vec![(b"$".to_vec(), dot.clone())],
            dot: dot.clone(),
        };
        self.walk(&mut frame, body.1);
        self.stack.pop();
        // What it changed it would change in other data, too.
        if self.changes != before {
            self.known.remove(&key);
        }
    }

    /// `tpl`: the texts that are templates and may be meant are walked with `dot`.
    pub(super) fn tpl(&mut self, text: &Set, dot: &Set, site: Site) {
        let mut all_values = false;
        let mut all_files = false;
        let mut bodies: Vec<Body> = Vec::new();
        for atom in text.atoms() {
            match atom {
                Atom::Text(parts) => match &**parts {
                    [Some(text)] => {
                        let text = text.clone();
                        bodies.push(self.parse_late(&text, site));
                    }
                    parts => {
                        let known = parts.iter().flatten();
                        // The template is put together: what its parts mean is not known.
                        if known.clone().any(|part| part.contains("{{")) {
                            self.consume(dot, site);
                        }
                        all_values = true;
                        all_files = true;
                    }
                },
                Atom::Value(path) => {
                    let fitting = self.in_values.iter().filter(|(value, _)| {
                        self.paths.is_below(*value, *path) || self.paths.names(*path).is_none()
                    });
                    let fitting: Vec<usize> = fitting.map(|(_, text)| *text).collect();
                    bodies.extend(fitting.into_iter().map(|text| self.whole(text)));
                }
                _ => {
                    all_values = true;
                    all_files = true;
                }
            }
        }
        if all_values {
            let texts: Vec<usize> = self.in_values.iter().map(|(_, text)| *text).collect();
            bodies.extend(texts.into_iter().map(|text| self.whole(text)));
        }
        if all_files {
            let texts = self.in_files.clone();
            bodies.extend(texts.into_iter().map(|text| self.whole(text)));
        }
        bodies.sort();
        bodies.dedup();
        for body in bodies {
            self.body(body, dot, site);
        }
    }

    /// The text's own template.
    fn whole(&self, text: usize) -> Body {
        let definitions = self.texts[text].tree.definitions();
        let own = definitions.last().expect("the text's own is the last");
        (text, own.root)
    }

    /// Writes what tells data apart from other data.
    fn snapshot(&self, set: &Set, level: u32, out: &mut Vec<u8>) {
        let number = |out: &mut Vec<u8>, tag: u8, number: u32| {
            out.push(tag);
            out.extend(number.to_le_bytes());
        };
        let mut objects = HashSet::default();
        for atom in set.atoms() {
            match atom {
                Atom::Chart(chart) => number(out, 1, *chart),
                Atom::Metadata(chart) => number(out, 2, *chart),
                Atom::Subcharts(chart) => number(out, 3, *chart),
                Atom::Value(path) => number(out, 4, *path),
                Atom::Other => number(out, 5, 0),
                Atom::Object(object) if level >= MAX_SNAPSHOT => number(out, 6, *object),
                Atom::Object(object) => {
                    objects.insert(*object);
                }
                Atom::Text(parts) => {
                    number(out, 7, parts.len() as u32);
                    for part in parts.iter() {
                        let part = part.as_deref().unwrap_or("\0");
                        out.extend(part.as_bytes());
                        out.push(0xff);
                    }
                }
            }
        }
        let mut objects: Vec<u32> = objects.into_iter().collect();
        objects.sort_unstable();
        for object in objects {
            if out.len() > MAX_SNAPSHOT_BYTES {
                number(out, 9, object);
                continue;
            }
            // What was laid under it cannot be told apart by its fields.
            if self.bases.contains_key(&Atom::Object(object)) {
                number(out, 8, object);
            }
            let object = &self.objects[object as usize];
            out.push(b'{');
            for (key, value) in &object.fields {
                out.extend(key.as_bytes());
                out.push(b'=');
                self.snapshot(value, level + 1, out);
            }
            out.push(b'*');
            self.snapshot(&object.rest, level + 1, out);
            out.push(b'}');
        }
    }
}
