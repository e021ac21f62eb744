//! What functions do with values. Whatever is not known here uses all that it is given, and gives
//! nothing that leads to a value.

use std::sync::Arc;

use plimsoll_gotmpl::syntax::{NodeId, NodeKind};

use super::Site;
use super::atoms::{Atom, Object, Set};
use super::walk::{Frame, Walker};

impl Walker {
    /// A call of a function.
    pub(super) fn function(
        &mut self,
        frame: &mut Frame,
        name: &str,
        id: NodeId,
        arguments: &[NodeId],
        piped: Option<(Set, Site)>,
    ) -> Set {
        let site = self.site(frame, id);
        if matches!(name, "and" | "or") {
            return self.junction(frame, name == "and", arguments, piped);
        }
        let mut given: Vec<Set> = Vec::with_capacity(arguments.len() + 1);
        for &argument in arguments {
            given.push(self.operand(frame, argument));
        }
        // What is given at its own place is told there.
        let mut sites: Vec<Site> = arguments.iter().map(|&id| self.site(frame, id)).collect();
        if let Some((piped, site)) = piped {
            given.push(piped);
            sites.push(site);
        }
        if matches!(name, "eq" | "ne") {
            self.comparison(frame, arguments, &given, &sites);
            return Set::other();
        }
        match self.known(name, &given, site) {
            Some(value) => value,
            None => {
                for (value, site) in given.iter().zip(sites) {
                    self.consume(value, site);
                }
                match name {
                    "printf" => printf(&given),
                    "print" => joined_texts(&given),
                    _ => Set::other(),
                }
            }
        }
    }

    /// `eq` and `ne`: what is absent differs from whatever it is compared with. Who compares with
    /// nothing, or with what stands for nothing, knows that.
    fn comparison(&mut self, frame: &Frame, arguments: &[NodeId], given: &[Set], sites: &[Site]) {
        let tree = self.texts[frame.text].tree.clone();
        let stands_for_nothing = |id: &NodeId| match tree.node(*id).kind {
            NodeKind::Nil | NodeKind::Bool(_) => true,
            NodeKind::String(text) => tree.string(text).is_empty(),
            _ => false,
        };
        let allows_absence = arguments.iter().any(stands_for_nothing);
        for (value, site) in given.iter().zip(sites) {
            self.compare(value, allows_absence, *site);
        }
    }

    /// `and` and `or`: what comes first is tested before the rest is looked at.
    fn junction(
        &mut self,
        frame: &mut Frame,
        is_and: bool,
        arguments: &[NodeId],
        piped: Option<(Set, Site)>,
    ) -> Set {
        let guards = self.guards.len();
        let mut all = Set::default();
        for &argument in arguments {
            let mark = self.tested.len();
            let value = self.operand(frame, argument);
            self.test(&value);
            if is_and {
                let tested = self.tested[mark..].to_vec();
                self.guards.extend(tested);
            }
            all.join(&value);
        }
        if let Some((value, _)) = piped {
            self.test(&value);
            all.join(&value);
        }
        self.guards.truncate(guards);
        all.joined(&Set::other())
    }

    /// What a function gives that does something of its own with values.
    fn known(&mut self, name: &str, given: &[Set], site: Site) -> Option<Set> {
        Some(match (name, given) {
            ("include", [name, dot]) => {
                self.call(name, dot, site);
                Set::other()
            }
            ("tpl", [text, dot]) => {
                self.tpl(text, dot, site);
                self.consume(text, site);
                Set::other()
            }
            ("default", [default, value]) => {
                self.test(value);
                value.clone().joined(default).joined(&Set::other())
            }
            ("coalesce", all) => {
                let mut found = Set::other();
                for value in all {
                    self.test(value);
                    found.join(value);
                }
                found
            }
            ("ternary", [yes, no, test]) => {
                self.test(test);
                yes.clone().joined(no).joined(&Set::other())
            }
            ("required", [_, value]) => {
                self.test(value);
                value.clone().joined(&Set::other())
            }
            ("empty" | "not" | "len" | "kindOf" | "typeOf", [value])
            | ("kindIs" | "typeIs" | "typeIsLike", [_, value]) => {
                self.test(value);
                Set::other()
            }
            // What makes a text of it makes one of nothing, too.
            ("toString" | "print", [value]) => {
                self.test(value);
                self.read_whole(value, site);
                joined_texts(given)
            }
            ("hasKey", [of, key]) => {
                self.test(of);
                let value = self.step(of, key, site);
                self.test(&value);
                Set::other()
            }
            ("get", [of, key]) => {
                let value = self.step(of, key, site);
                self.test(&value);
                value.joined(&Set::other())
            }
            ("index", [of, keys @ ..]) => {
                let mut value = of.clone();
                let mut is_setting = false;
                for key in keys {
                    value = self.step(&value, key, site);
                    // A key with dots is one of the settings of a program, which has defaults.
                    is_setting |= key.as_text().is_some_and(|key| key.contains('.'));
                }
                if is_setting {
                    value.add(Atom::Other);
                }
                value
            }
            ("dig", [keys @ .., default, of]) => {
                let mut value = of.clone();
                for key in keys {
                    self.test(&value);
                    value = self.step(&value, key, site);
                }
                self.test(&value);
                value.joined(default).joined(&Set::other())
            }
            ("pluck", [key, all @ ..]) => {
                let mut found = Set::other();
                for of in all {
                    let value = self.step(of, key, site);
                    self.test(&value);
                    found.join(&value);
                }
                self.made(Object {
                    rest: found,
                    ..Object::default()
                })
            }
            ("pick", [of, keys @ ..]) => {
                let mut object = Object::default();
                for key in keys {
                    let value = self.step(of, key, site).joined(&Set::other());
                    self.test(&value);
                    match key.as_text() {
                        Some(key) => {
                            object.fields.insert(key.clone(), value);
                        }
                        None => object.rest.join(&value),
                    }
                }
                self.made(object)
            }
            ("omit" | "unset", [of, ..]) | ("deepCopy" | "mustDeepCopy", [of]) => of.clone(),
            (
                "merge" | "mustMerge" | "mergeOverwrite" | "mustMergeOverwrite",
                [first, rest @ ..],
            ) => {
                let mut all = first.clone();
                for value in rest {
                    self.lay_under(first, value);
                    all.join(value);
                }
                all
            }
            ("dict", pairs) => {
                let mut object = Object::default();
                for pair in pairs.chunks(2) {
                    let [key, value] = pair else { continue };
                    match key.as_text() {
                        Some(key) => {
                            object.fields.insert(key.clone(), value.clone());
                        }
                        None => object.rest.join(value),
                    }
                }
                self.made(object)
            }
            ("list" | "tuple", items) => {
                let mut object = Object::default();
                for (number, item) in items.iter().enumerate() {
                    object
                        .fields
                        .insert(number.to_string().into(), item.clone());
                }
                self.made(object)
            }
            ("set", [of, key, value]) => {
                self.set(of, key, value, site);
                of.clone()
            }
            (
                "append" | "push" | "prepend" | "mustAppend" | "mustPush" | "mustPrepend",
                [list, item],
            ) => {
                let rest = self.element(list, site).joined(item);
                self.made(Object {
                    rest,
                    ..Object::default()
                })
            }
            ("concat", lists) => {
                let mut rest = Set::default();
                for list in lists {
                    rest.join(&self.element(list, site));
                }
                self.made(Object {
                    rest,
                    ..Object::default()
                })
            }
            ("first" | "last" | "mustFirst" | "mustLast", [list]) => {
                self.test(list);
                self.element(list, site).joined(&Set::other())
            }
            (
                "rest" | "initial" | "reverse" | "uniq" | "compact" | "mustRest" | "mustInitial"
                | "mustReverse" | "mustUniq" | "mustCompact" | "values",
                [list],
            )
            | ("slice" | "mustSlice", [list, ..]) => {
                let rest = self.element(list, site);
                self.made(Object {
                    rest,
                    ..Object::default()
                })
            }
            ("keys", maps) => {
                for map in maps {
                    self.test(map);
                    self.element(map, site);
                }
                Set::other()
            }
            _ => return None,
        })
    }

    /// What stands under a key that may not be known.
    fn step(&mut self, of: &Set, key: &Set, site: Site) -> Set {
        match key.as_text().cloned() {
            Some(key) if key.parse::<u32>().is_err() => self.field(of, &key, site),
            Some(number) => {
                let mut found = Set::default();
                for atom in of.atoms() {
                    let of = Set::from(atom.clone());
                    let is_made = matches!(atom, Atom::Object(_));
                    found.join(&if is_made {
                        self.field(&of, &number, site)
                    } else {
                        self.element(&of, site)
                    });
                }
                found
            }
            None => {
                self.consume(key, site);
                self.element(of, site)
            }
        }
    }

    fn made(&mut self, object: Object) -> Set {
        let id = self.objects.len() as u32;
        self.objects.push(object);
        Atom::Object(id).into()
    }

    /// `set`: from here on the key leads to the value.
    fn set(&mut self, of: &Set, key: &Set, value: &Set, site: Site) {
        for atom in of.atoms() {
            match atom {
                Atom::Object(object) => {
                    let object = &mut self.objects[*object as usize];
                    let place = match key.as_text() {
                        Some(key) => object.fields.entry(key.clone()).or_default(),
                        None => &mut object.rest,
                    };
                    let before = place.atoms().len();
                    place.join(value);
                    self.changes += u32::from(place.atoms().len() != before);
                }
                Atom::Value(_) => {
                    let under = self.step(&Set::from(atom.clone()), key, site);
                    self.lay_under(&under, value);
                    // Whoever sets a value knows that it is not there.
                    self.define(&under);
                }
                Atom::Chart(_) => {
                    let mut object = Object::default();
                    match key.as_text() {
                        Some(key) => {
                            object.fields.insert(key.clone(), value.clone());
                        }
                        None => object.rest.join(value),
                    }
                    let known = self.bases.get(atom).cloned().unwrap_or_default();
                    let is_known = known.atoms().iter().any(|base| match base {
                        Atom::Object(base) => {
                            let base = &self.objects[*base as usize];
                            base.fields == object.fields && base.rest == object.rest
                        }
                        _ => false,
                    });
                    if !is_known {
                        let object = self.made(object);
                        self.lay_under(&Set::from(atom.clone()), &object);
                    }
                }
                _ => self.consume(value, site),
            }
        }
    }

    /// What is set by a template is defined.
    fn define(&mut self, value: &Set) {
        for atom in value.atoms() {
            if let Atom::Value(path) = atom {
                self.paths.define(*path, false);
            }
        }
    }

    /// What is not found in one map may be found in the other from here on.
    fn lay_under(&mut self, over: &Set, under: &Set) {
        for atom in over.atoms() {
            if matches!(atom, Atom::Text(_) | Atom::Other | Atom::Metadata(_)) {
                continue;
            }
            let mut under = under.clone();
            under.remove(atom);
            if let Atom::Value(path) = atom
                && !self.bases.contains_key(atom)
            {
                self.based.push(*path);
            }
            let base = self.bases.entry(atom.clone()).or_default();
            let before = base.atoms().len();
            base.join(&under);
            self.changes += u32::from(base.atoms().len() != before);
        }
    }
}

/// What `printf` gives: its format with those parts that are known.
fn printf(given: &[Set]) -> Set {
    let Some((format, arguments)) = given.split_first() else {
        return Set::other();
    };
    let Some(format) = format.as_text() else {
        return Set::other();
    };
    let mut arguments = arguments.iter();
    let mut parts = Vec::new();
    let mut rest = &**format;
    while let Some(at) = rest.find('%') {
        parts.push(Some(Arc::from(&rest[..at])));
        let verb = rest[at + 1..].chars().next();
        let len = verb.map_or(0, char::len_utf8);
        match verb {
            Some('%') => parts.push(Some("%".into())),
            Some('s' | 'v') => parts.push(arguments.next().and_then(Set::as_text).cloned()),
            // What a flag or a width makes of it is not known.
            _ => return Set::from(Atom::Text([None].into())),
        }
        rest = &rest[at + 1 + len..];
    }
    parts.push(Some(rest.into()));
    text_of(parts)
}

/// What `print` gives of texts.
fn joined_texts(given: &[Set]) -> Set {
    text_of(given.iter().map(|part| part.as_text().cloned()).collect())
}

/// A text of parts: known neighbours are one.
fn text_of(parts: Vec<Option<Arc<str>>>) -> Set {
    let mut joined: Vec<Option<Arc<str>>> = Vec::new();
    for part in parts {
        match (joined.last_mut(), part) {
            (Some(Some(last)), Some(part)) => *last = format!("{last}{part}").into(),
            (Some(None), None) => {}
            (_, part) => joined.push(part),
        }
    }
    joined.retain(|part| part.as_deref() != Some(""));
    if joined.is_empty() {
        joined.push(Some("".into()));
    }
    Atom::Text(joined.into()).into()
}
