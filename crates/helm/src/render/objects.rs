//! What templates see: `.Values`, `.Chart`, `.Files` and the others.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use plimsoll_gotmpl::{Class, HostId, List, Map, Signature, Str, Trace, Traced, Type, Value};

use super::reuse::Case;
use super::{Capabilities, Release};
use crate::chart::{Dependency, Instance};
use crate::values::{Data, Item, Key, Slot, SourceId, Table, Written};

/// The trace of what was written at a place.
pub(super) fn trace_of(source: SourceId) -> Trace {
    if source == SourceId::NONE {
        Trace::NONE
    } else {
        Trace::of(HostId(source.0))
    }
}

/// A value without where it came from.
pub(crate) fn value_of(data: &Data) -> Value {
    Builder::new(&mut |a, _| a).data(data, SourceId::NONE, At::List)
}

/// Makes values of the engine of values that were coalesced.
pub(super) struct Builder<'j, 'r> {
    /// Makes the union of two traces.
    join: &'j mut dyn FnMut(Trace, Trace) -> Trace,
    /// Who wants to know what will be read.
    case: Option<&'j mut Case<'r>>,
    /// What is shared, by its address: the same map or list is shared in templates, too.
    tables: HashMap<usize, Map>,
    lists: HashMap<usize, Value>,
}

/// Where a value lies: in the map with this number, under this key.
#[derive(Clone, Copy)]
enum At<'k> {
    Entry(Option<u32>, &'k Key),
    List,
}

impl<'j, 'r> Builder<'j, 'r> {
    pub(super) fn new(join: &'j mut dyn FnMut(Trace, Trace) -> Trace) -> Self {
        Self {
            join,
            case: None,
            tables: HashMap::new(),
            lists: HashMap::new(),
        }
    }

    /// The same, where `case` learns of all maps.
    pub(super) fn of_case(self, case: Option<&'j mut Case<'r>>) -> Self {
        Self { case, ..self }
    }

    pub(super) fn table(&mut self, table: &Table) -> Map {
        self.table_at(table, At::Entry(None, &Key::from("")))
    }

    /// Recursion is as deep as values are nested, which reading bounds.
    fn table_at(&mut self, table: &Table, at: At<'_>) -> Map {
        let address = table.is_shared().then(|| table.address());
        if let Some(map) = address.and_then(|address| self.tables.get(&address)) {
            if let (Some(case), At::Entry(above, key)) = (&mut self.case, at) {
                case.is_shared(above, key, map);
            }
            return map.clone();
        }
        let map = Map::new();
        if let (Some(case), At::Entry(above, key)) = (&mut self.case, at) {
            case.of_table(above, key, &map, table);
        }
        let number = map.watched_as();
        if let Some(address) = address {
            self.tables.insert(address, map.clone());
        }
        let mut shape = Trace::NONE;
        let sources = table.sources();
        for source in &sources {
            shape = (self.join)(shape, trace_of(*source));
        }
        if let Some(written) = table.written() {
            let map = map.with_room(written.len());
            for (key, item) in written.iter() {
                let entry = self.item(item, At::Entry(number, key));
                map.insert(key.as_bytes(), entry);
            }
            return named(map.with_shape(shape), &sources);
        }
        table.each(|key, slot| {
            let at = At::Entry(number, key);
            let entry = match slot {
                Slot::Plain(item) => self.item(item, at),
                Slot::List(item) => {
                    let address = std::rc::Rc::as_ptr(item).addr();
                    let shared = std::rc::Rc::strong_count(item) > 1;
                    let known = self.lists.get(&address).filter(|_| shared).cloned();
                    let value = known.unwrap_or_else(|| self.data(&item.data, item.source, at));
                    if shared {
                        self.lists.insert(address, value.clone());
                    }
                    Traced::new(value, trace_of(item.source))
                }
                Slot::Table(inner) => {
                    let trace = trace_of(inner.source());
                    Traced::new(self.table_at(inner, at), trace)
                }
            };
            map.insert(key.as_bytes(), entry);
        });
        named(map.with_shape(shape), &sources)
    }

    fn item(&mut self, item: &Item, at: At<'_>) -> Traced {
        let value = self.data(&item.data, item.source, at);
        Traced::new(value, trace_of(item.source))
    }

    fn data(&mut self, data: &Data, source: SourceId, at: At<'_>) -> Value {
        let trace = trace_of(source);
        match data {
            Data::Null => Value::Nil,
            Data::Bool(value) => Value::Bool(*value),
            Data::Int(value) => Value::int64(*value),
            Data::Float(value) => Value::Float(*value),
            Data::Str(text) => Value::Str(Str::shared(text)),
            Data::List(items) => {
                let items = items.iter().map(|item| self.item(item, At::List)).collect();
                Value::List(List::new(Type::Any, items).with_shape(trace))
            }
            Data::Map(entries) => {
                let map = Map::new().with_room(entries.len());
                self.watched(&map, entries, at);
                let number = map.watched_as();
                for (key, item) in entries.iter() {
                    let at = match at {
                        At::List => At::List,
                        At::Entry(..) => At::Entry(number, key),
                    };
                    let entry = self.item(item, at);
                    map.insert(key.as_bytes(), entry);
                }
                let map = map.with_shape(trace);
                Value::Map(if source == SourceId::NONE {
                    map
                } else {
                    map.with_id(HostId(source.0))
                })
            }
        }
    }

    fn watched(&mut self, map: &Map, entries: &Written, at: At<'_>) {
        match (&mut self.case, at) {
            (Some(case), At::Entry(above, key)) => case.of_written(above, key, map, entries),
            (Some(case), At::List) => case.of_list(map),
            (None, _) => {}
        }
    }
}

/// A map with the name of the first text that wrote some of its keys.
fn named(map: Map, sources: &[SourceId]) -> Map {
    match sources.iter().find(|source| **source != SourceId::NONE) {
        Some(source) => map.with_id(HostId(source.0)),
        None => map,
    }
}

/// `common.Values`
pub(super) fn values_class() -> Arc<Class> {
    static CLASS: OnceLock<Arc<Class>> = OnceLock::new();
    CLASS
        .get_or_init(|| Arc::new(super::methods::values()))
        .clone()
}

/// What the renderer itself gives: its objects, each with the place of the whole and those of its
/// fields.
pub(super) struct Given {
    objects: Vec<(&'static str, Trace, Vec<Field>)>,
    /// The text that most fields have.
    empty: Str,
}

/// A field of an object: the name, and where it is said to come from.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) trace: Trace,
    /// The name as a key, which all charts share.
    key: Str,
}

impl Given {
    pub(super) fn new() -> Self {
        Self {
            objects: Vec::new(),
            empty: "".into(),
        }
    }

    /// Adds an object.
    pub(super) fn add(
        &mut self,
        object: &'static str,
        whole: SourceId,
        fields: impl Iterator<Item = (&'static str, SourceId)>,
    ) {
        let field = |(name, source): (&'static str, SourceId)| Field {
            name,
            trace: trace_of(source),
            key: name.into(),
        };
        let mut fields: Vec<Field> = fields.map(field).collect();
        fields.sort_by_key(|field| field.name);
        self.objects.push((object, trace_of(whole), fields));
    }

    /// The fields of an object, sorted by their names.
    fn fields(&self, object: &str) -> &[Field] {
        let found = self.objects.iter().find(|(known, ..)| *known == object);
        found.map_or(&[], |(_, _, fields)| fields)
    }

    /// Where an object is said to come from, or a field of it.
    pub(super) fn trace(&self, object: &str, field: &str) -> Trace {
        if field.is_empty() {
            let found = self.objects.iter().find(|(known, ..)| *known == object);
            return found.map_or(Trace::NONE, |(_, whole, _)| *whole);
        }
        let found = self.fields(object).iter().find(|known| known.name == field);
        found.map_or(Trace::NONE, |field| field.trace)
    }

    fn value(&self, object: &str, field: &str, value: impl Into<Value>) -> Traced {
        Traced::new(value, self.trace(object, field))
    }

    fn text(&self, text: &str) -> Value {
        Value::Str(match text {
            "" => self.empty.clone(),
            text => text.into(),
        })
    }
}

/// `.Release`; Helm's linter says of it that it is neither installed nor upgraded.
pub(super) fn release(release: &Release, lints: bool, given: &Given) -> Traced {
    let map = Map::new();
    let put = |field: &str, value: Value| {
        map.insert(field, given.value("Release", field, value));
    };
    put("Name", release.name.as_str().into());
    put("Namespace", release.namespace.as_str().into());
    put("IsUpgrade", release.is_upgrade.into());
    put("IsInstall", (!release.is_upgrade && !lints).into());
    put("Revision", Value::int(release.revision));
    put("Service", "Helm".into());
    given.value("Release", "", map)
}

/// `.Capabilities`
pub(super) fn capabilities(capabilities: &Capabilities, given: &Given) -> Traced {
    let object = capabilities.object(|field| given.trace("Capabilities", field));
    given.value("Capabilities", "", object)
}

/// `.Chart`: the fields of Helm's struct by their names.
pub(super) fn chart(instance: &Instance, is_root: bool, given: &Given) -> Traced {
    let metadata = &instance.chart.metadata;
    let fields = given.fields("Chart");
    let map = Map::new().with_room(fields.len());
    for field in fields {
        let trace = field.trace;
        let list = |items: Vec<Value>| {
            let items = items.into_iter().map(|item| Traced::new(item, trace));
            Value::list(items.collect())
        };
        let texts = |texts: &[String]| list(texts.iter().map(|text| given.text(text)).collect());
        let value = match field.name {
            "Name" => given.text(&instance.name),
            "Home" => given.text(&metadata.home),
            "Sources" => texts(&metadata.sources),
            "Version" => given.text(&metadata.version),
            "Description" => given.text(&metadata.description),
            "Keywords" => texts(&metadata.keywords),
            "Maintainers" => {
                let maintainers = metadata.maintainers.iter().map(|maintainer| {
                    let map = Map::new();
                    for (field, text) in [
                        ("Email", &maintainer.email),
                        ("Name", &maintainer.name),
                        ("URL", &maintainer.url),
                    ] {
                        map.insert(field, Traced::new(text.as_str(), trace));
                    }
                    map.into()
                });
                list(maintainers.collect())
            }
            "Icon" => given.text(&metadata.icon),
            "APIVersion" => given.text(&metadata.api_version),
            "Condition" => given.text(&metadata.condition),
            "Tags" => given.text(&metadata.tags),
            "AppVersion" => given.text(&metadata.app_version),
            "Deprecated" => metadata.deprecated.into(),
            "Annotations" => match &metadata.annotations {
                None => Map::nil(Type::String).into(),
                Some(annotations) => {
                    let map = Map::typed(Type::String);
                    for (key, text) in annotations {
                        map.insert(key.as_str(), Traced::new(text.as_str(), trace));
                    }
                    map.into()
                }
            },
            "KubeVersion" => given.text(&metadata.kube_version),
            "Dependencies" => {
                let dependencies = instance.dependencies.iter().flat_map(|all| all.iter());
                let dependencies = dependencies.map(|dependency| dependency_map(dependency, given));
                list(dependencies.collect())
            }
            "Type" => given.text(&metadata.kind),
            "IsRoot" => is_root.into(),
            _ => continue,
        };
        map.insert(field.key.clone(), Traced::new(value, trace));
    }
    given.value("Chart", "", map)
}

fn dependency_map(dependency: &Dependency, given: &Given) -> Value {
    let map = Map::new();
    let put = |field: &str, value: Value| {
        map.insert(field, given.value("Chart", "Dependencies", value));
    };
    let texts = |texts: &[String]| {
        let texts = texts.iter();
        let item = |text: &String| given.value("Chart", "Dependencies", text.as_str());
        Value::list(texts.map(item).collect())
    };
    put("Name", dependency.name.as_str().into());
    put("Version", dependency.version.as_str().into());
    put("Repository", dependency.repository.as_str().into());
    put("Condition", dependency.condition.as_str().into());
    put("Tags", texts(&dependency.tags));
    put("Enabled", dependency.enabled.into());
    let imports = dependency
        .import_values
        .iter()
        .map(|import| match &import.data {
            Data::Map(entries) => {
                let map = Map::typed(Type::String);
                for (key, item) in entries.iter() {
                    let text = item.data.as_str().unwrap_or_default();
                    map.insert(key.as_bytes(), given.value("Chart", "Dependencies", text));
                }
                given.value("Chart", "Dependencies", map)
            }
            other => given.value("Chart", "Dependencies", value_of(other)),
        });
    put("ImportValues", Value::list(imports.collect()));
    put("Alias", dependency.alias.as_str().into());
    map.into()
}

/// `.Files`
pub(super) fn files(instance: &Instance, given: &Given) -> Traced {
    let element = super::capabilities::bytes_type();
    let map = Map::classed(element, files_class());
    for file in &instance.chart.files {
        let bytes = Value::Bytes(file.data.to_str());
        map.insert(file.name.as_bytes(), given.value("Files", "", bytes));
    }
    given.value("Files", "", map)
}

/// `engine.files`
pub(super) fn files_class() -> Arc<Class> {
    static CLASS: OnceLock<Arc<Class>> = OnceLock::new();
    CLASS
        .get_or_init(|| Arc::new(super::methods::files()))
        .clone()
}

/// A method without parameters.
pub(super) fn no_parameters() -> Signature {
    Signature::new([])
}
