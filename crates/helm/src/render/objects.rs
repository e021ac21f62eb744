//! What templates see: `.Values`, `.Chart`, `.Files` and the others.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use plimsoll_gotmpl::{Class, HostId, List, Map, Signature, Str, Trace, Traced, Type, Value};

use super::{Capabilities, Release};
use crate::chart::{Dependency, Instance};
use crate::values::{Data, Item, Slot, SourceId, Table};

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
    Builder::new(&mut |a, _| a).data(data, SourceId::NONE)
}

/// Makes values of the engine of values that were coalesced.
pub(super) struct Builder<'j> {
    /// Makes the union of two traces.
    join: &'j mut dyn FnMut(Trace, Trace) -> Trace,
    /// What is shared, by its address: the same map or list is shared in templates, too.
    tables: HashMap<usize, Map>,
    lists: HashMap<usize, Value>,
}

impl<'j> Builder<'j> {
    pub(super) fn new(join: &'j mut dyn FnMut(Trace, Trace) -> Trace) -> Self {
        Self {
            join,
            tables: HashMap::new(),
            lists: HashMap::new(),
        }
    }

    /// Recursion is as deep as values are nested, which reading bounds.
    pub(super) fn table(&mut self, table: &Table) -> Map {
        let address = table.is_shared().then(|| table.address());
        if let Some(map) = address.and_then(|address| self.tables.get(&address)) {
            return map.clone();
        }
        let map = Map::new();
        if let Some(address) = address {
            self.tables.insert(address, map.clone());
        }
        let mut shape = Trace::NONE;
        let sources = table.sources();
        for source in &sources {
            shape = (self.join)(shape, trace_of(*source));
        }
        for (key, slot) in table.entries() {
            let entry = match &slot {
                Slot::Plain(item) => self.item(item),
                Slot::List(item) => {
                    let address = std::rc::Rc::as_ptr(item).addr();
                    let shared = std::rc::Rc::strong_count(item) > 2;
                    let known = self.lists.get(&address).filter(|_| shared).cloned();
                    let value = known.unwrap_or_else(|| self.data(&item.data, item.source));
                    if shared {
                        self.lists.insert(address, value.clone());
                    }
                    Traced::new(value, trace_of(item.source))
                }
                Slot::Table(inner) => {
                    let trace = inner.sources().first().copied().unwrap_or_default();
                    Traced::new(self.table(inner), trace_of(trace))
                }
            };
            map.insert(key.as_bytes(), entry);
        }
        let map = map.with_shape(shape);
        match sources.iter().find(|source| **source != SourceId::NONE) {
            Some(source) => map.with_id(HostId(source.0)),
            None => map,
        }
    }

    fn item(&mut self, item: &Item) -> Traced {
        let value = self.data(&item.data, item.source);
        Traced::new(value, trace_of(item.source))
    }

    fn data(&mut self, data: &Data, source: SourceId) -> Value {
        let trace = trace_of(source);
        match data {
            Data::Null => Value::Nil,
            Data::Bool(value) => Value::Bool(*value),
            Data::Int(value) => Value::int64(*value),
            Data::Float(value) => Value::Float(*value),
            Data::Str(text) => Value::Str(Str::shared(text)),
            Data::List(items) => {
                let items = items.iter().map(|item| self.item(item)).collect();
                Value::List(List::new(Type::Any, items).with_shape(trace))
            }
            Data::Map(entries) => {
                let map = Map::new();
                for (key, item) in entries.iter() {
                    let entry = self.item(item);
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
}

/// `common.Values`
pub(super) fn values_class() -> Arc<Class> {
    static CLASS: OnceLock<Arc<Class>> = OnceLock::new();
    CLASS
        .get_or_init(|| Arc::new(super::methods::values()))
        .clone()
}

/// Traces of what the renderer itself gives: the place of each object's fields.
pub(super) struct Given<'g>(pub(super) &'g dyn Fn(&str, &str) -> Trace);

impl Given<'_> {
    fn text(&self, object: &str, field: &str, value: impl Into<Value>) -> Traced {
        Traced::new(value, (self.0)(object, field))
    }
}

/// `.Release`; Helm's linter says of it that it is neither installed nor upgraded.
pub(super) fn release(release: &Release, lints: bool, given: &Given<'_>) -> Traced {
    let map = Map::new();
    let put = |field: &str, value: Value| {
        map.insert(field, given.text("Release", field, value));
    };
    put("Name", release.name.as_str().into());
    put("Namespace", release.namespace.as_str().into());
    put("IsUpgrade", release.is_upgrade.into());
    put("IsInstall", (!release.is_upgrade && !lints).into());
    put("Revision", Value::int(release.revision));
    put("Service", "Helm".into());
    given.text("Release", "", map)
}

/// `.Capabilities`
pub(super) fn capabilities(capabilities: &Capabilities, given: &Given<'_>) -> Traced {
    let object = capabilities.object(|field| (given.0)("Capabilities", field));
    given.text("Capabilities", "", object)
}

/// `.Chart`: the fields of Helm's struct by their names.
pub(super) fn chart(instance: &Instance, is_root: bool, given: &Given<'_>) -> Traced {
    let metadata = &instance.chart.metadata;
    let map = Map::new();
    let put = |field: &str, value: Value| {
        map.insert(field, given.text("Chart", field, value));
    };
    let any_list = |items: Vec<Value>, field: &str| {
        let items = items.into_iter();
        Value::list(items.map(|item| given.text("Chart", field, item)).collect())
    };
    let strings = |texts: &[String], field: &str| {
        any_list(
            texts.iter().map(|text| text.as_str().into()).collect(),
            field,
        )
    };
    put("Name", (&*instance.name).into());
    put("Home", metadata.home.as_str().into());
    put("Sources", strings(&metadata.sources, "Sources"));
    put("Version", metadata.version.as_str().into());
    put("Description", metadata.description.as_str().into());
    put("Keywords", strings(&metadata.keywords, "Keywords"));
    let maintainers = metadata.maintainers.iter().map(|maintainer| {
        let map = Map::new();
        for (field, text) in [
            ("Name", &maintainer.name),
            ("Email", &maintainer.email),
            ("URL", &maintainer.url),
        ] {
            map.insert(field, given.text("Chart", "Maintainers", text.as_str()));
        }
        map.into()
    });
    put(
        "Maintainers",
        any_list(maintainers.collect(), "Maintainers"),
    );
    put("Icon", metadata.icon.as_str().into());
    put("APIVersion", metadata.api_version.as_str().into());
    put("Condition", metadata.condition.as_str().into());
    put("Tags", metadata.tags.as_str().into());
    put("AppVersion", metadata.app_version.as_str().into());
    put("Deprecated", metadata.deprecated.into());
    let annotations = match &metadata.annotations {
        None => Map::nil(Type::String),
        Some(annotations) => {
            let map = Map::typed(Type::String);
            for (key, text) in annotations {
                map.insert(
                    key.as_str(),
                    given.text("Chart", "Annotations", text.as_str()),
                );
            }
            map
        }
    };
    put("Annotations", annotations.into());
    put("KubeVersion", metadata.kube_version.as_str().into());
    let dependencies = instance.dependencies.iter().flat_map(|all| all.iter());
    let dependencies = dependencies.map(|dependency| dependency_map(dependency, given));
    put(
        "Dependencies",
        any_list(dependencies.collect(), "Dependencies"),
    );
    put("Type", metadata.kind.as_str().into());
    put("IsRoot", is_root.into());
    given.text("Chart", "", map)
}

fn dependency_map(dependency: &Dependency, given: &Given<'_>) -> Value {
    let map = Map::new();
    let put = |field: &str, value: Value| {
        map.insert(field, given.text("Chart", "Dependencies", value));
    };
    let texts = |texts: &[String]| {
        let texts = texts.iter();
        let item = |text: &String| given.text("Chart", "Dependencies", text.as_str());
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
                    map.insert(key.as_bytes(), given.text("Chart", "Dependencies", text));
                }
                given.text("Chart", "Dependencies", map)
            }
            other => given.text("Chart", "Dependencies", value_of(other)),
        });
    put("ImportValues", Value::list(imports.collect()));
    put("Alias", dependency.alias.as_str().into());
    map.into()
}

/// `.Files`
pub(super) fn files(instance: &Instance, given: &Given<'_>) -> Traced {
    let element = super::capabilities::bytes_type();
    let map = Map::classed(element, files_class());
    for file in &instance.chart.files {
        let bytes = Value::Bytes(Str::shared(&file.data));
        map.insert(file.name.as_bytes(), given.text("Files", "", bytes));
    }
    given.text("Files", "", map)
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
