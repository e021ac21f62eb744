//! The applications and scripts that Python sources define.

use plimsoll_source::files::{file_name, parent};

use crate::detect::code::{Code, Kind};
use crate::detect::draft::Cx;
use crate::detect::files::{Text, below, inside, relative};
use crate::model::{Evidence, PythonFramework};

/// The Python files of a project.
pub(crate) struct Sources<'a> {
    /// The project's folder.
    pub(crate) folder: String,
    /// Its files.
    pub(crate) list: Vec<&'a Text>,
}

/// How many files of one project are read.
const MAX_FILES: usize = 3000;

impl<'a> Sources<'a> {
    /// Reads the Python files below a folder, but for those of other projects below.
    pub(crate) fn read(cx: Cx<'a>, folder: &str, own: &dyn Fn(&str) -> bool) -> Self {
        let mut list = Vec::new();
        for path in cx.files.below(folder) {
            let test = {
                let name = file_name(path);
                name.starts_with("test_")
                    || name.ends_with("_test.py")
                    || name == "conftest.py"
                    || name == "setup.py"
            };
            if !path.ends_with(".py") || test || list.len() >= MAX_FILES {
                continue;
            }
            let mut at = parent(path);
            let mut foreign = false;
            while at.len() > folder.len() && !foreign {
                foreign = own(at);
                at = parent(at);
            }
            if !foreign {
                list.extend(cx.files.text(path));
            }
        }
        Self {
            folder: folder.to_owned(),
            list,
        }
    }

    /// A file's path relative to the project.
    pub(crate) fn local(&self, text: &Text) -> String {
        relative(&text.path, &self.folder)
    }

    /// Whether there is a file at a path relative to the project.
    pub(crate) fn has(&self, local: &str) -> bool {
        let path = below(&self.folder, local);
        self.list.iter().any(|text| text.path == path)
    }
}

/// A WSGI or ASGI application in the sources.
#[derive(Clone, Debug)]
pub(crate) struct Application<'a> {
    pub(crate) text: &'a Text,
    pub(crate) attribute: String,
    /// Whether the attribute is a function that makes it.
    pub(crate) factory: bool,
    pub(crate) kind: Kinds,
    pub(crate) line: u32,
}

/// What an application is made with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kinds {
    /// A framework of the model.
    Framework(PythonFramework),
    /// Another that speaks ASGI.
    Asgi(&'static str),
    /// Another that speaks WSGI.
    Wsgi(&'static str),
}

impl Kinds {
    /// Whether it speaks ASGI.
    pub(crate) fn asgi(self) -> bool {
        match self {
            Self::Framework(framework) => matches!(
                framework,
                PythonFramework::Fastapi | PythonFramework::Starlette | PythonFramework::Litestar
            ),
            Self::Asgi(_) => true,
            Self::Wsgi(_) => false,
        }
    }
}

/// What a constructor makes.
fn constructs(name: &str) -> Option<Kinds> {
    Some(match name {
        "FastAPI" => Kinds::Framework(PythonFramework::Fastapi),
        "FastHTML" | "fast_app" | "Starlette" => Kinds::Framework(PythonFramework::Starlette),
        "Litestar" => Kinds::Framework(PythonFramework::Litestar),
        "Flask" | "APIFlask" => Kinds::Framework(PythonFramework::Flask),
        "Connexion" | "FlaskApp" => Kinds::Framework(PythonFramework::Flask),
        "Quart" => Kinds::Asgi("quart"),
        "Sanic" => Kinds::Asgi("sanic"),
        "Robyn" => return None,
        "get_wsgi_application" => Kinds::Framework(PythonFramework::Django),
        "Bottle" => Kinds::Wsgi("bottle"),
        _ => return None,
    })
}

/// Files that servers are told to take an application from.
const SERVED: &[&str] = &[
    "wsgi.py",
    "asgi.py",
    "main.py",
    "app.py",
    "server.py",
    "run.py",
];

/// What `app = create_app()` makes, where another module defines the function: what the framework
/// among the dependencies makes.
fn made_elsewhere(text: &Text, kind: Kinds) -> Option<Application<'_>> {
    if !SERVED.contains(&file_name(&text.path)) {
        return None;
    }
    let code = text.code();
    let index = (0..code.len()).find(|&at| {
        let makes = code.word(at + 2).is_some_and(|name| {
            let verb = ["create", "make", "build", "get"];
            name.contains("app") && verb.iter().any(|verb| name.starts_with(verb))
        });
        code.at_margin(at)
            && matches!(code.at(at), "app" | "application" | "api" | "server")
            && code.is(at + 1, &["="])
            && makes
            && code.is(at + 3, &["("])
    })?;
    Some(Application {
        text,
        attribute: code.at(index).to_owned(),
        factory: false,
        kind,
        line: code.line(index),
    })
}

/// The applications of a project, those that nothing else wraps. `kind` is what the framework among
/// the dependencies makes.
pub(crate) fn applications<'a>(sources: &Sources<'a>, kind: Option<Kinds>) -> Vec<Application<'a>> {
    let mut found = Vec::new();
    for text in &sources.list {
        if let Some(kind) = kind {
            found.extend(made_elsewhere(text, kind));
        }
        let telling = [
            "FastAPI",
            "Flask",
            "Starlette",
            "Litestar",
            "FastHTML",
            "fast_app",
            "Quart",
            "Sanic",
            "Bottle",
            "falcon",
            "Connexion",
        ];
        if !telling.iter().any(|word| text.text.contains(word)) {
            continue;
        }
        of_file(text, &mut found);
    }
    found
}

fn of_file<'a>(text: &'a Text, found: &mut Vec<Application<'a>>) {
    let code = text.code();
    for index in 0..code.len() {
        if !code.is(index + 1, &["("]) || code.kind(index) != Some(Kind::Word) {
            continue;
        }
        let name = code.at(index);
        let kind = match constructs(name) {
            Some(kind) => kind,
            None if name == "App" && code.is(index.wrapping_sub(3), &["falcon", "."]) => {
                Kinds::Wsgi("falcon")
            }
            None if matches!(name, "App" | "API")
                && code.is(index.wrapping_sub(2), &["falcon", "."]) =>
            {
                Kinds::Wsgi("falcon")
            }
            None => continue,
        };
        // `class X(FastAPI)` and `def f(app: FastAPI)` make none.
        let Some((start, attribute)) = assigned(code, index) else {
            if let Some(function) = factory(code, index) {
                found.push(Application {
                    text,
                    attribute: function.to_owned(),
                    factory: true,
                    kind,
                    line: code.line(index),
                });
            }
            continue;
        };
        if code.at_margin(start) {
            found.push(Application {
                text,
                attribute: attribute.to_owned(),
                factory: false,
                kind,
                line: code.line(index),
            });
        } else if let Some(function) = factory(code, index) {
            // A module that calls its own factory at its margin has an attribute.
            let called = (0..code.len()).find(|&at| {
                code.at_margin(at)
                    && code.kind(at) == Some(Kind::Word)
                    && code.is(at + 1, &["=", function, "("])
            });
            found.push(Application {
                text,
                attribute: called.map_or(function, |at| code.at(at)).to_owned(),
                factory: called.is_none(),
                kind,
                line: called.map_or(code.line(index), |at| code.line(at)),
            });
        }
    }
}

/// What the value of a call at `index` is assigned to, with where the statement starts.
fn assigned(code: Code<'_>, index: usize) -> Option<(usize, &str)> {
    let mut at = index;
    // `app: FastAPI = fastapi.FastAPI(`
    while at >= 2 && code.is(at - 1, &["."]) {
        at -= 2;
    }
    if at == 0 || !code.is(at - 1, &["="]) {
        return None;
    }
    let line = code.line(at - 1);
    let mut start = at - 1;
    while start > 0 && code.line(start - 1) == line {
        start -= 1;
    }
    // `app, rt = fast_app()`: the first name.
    let name = code.word(start)?;
    let plain = matches!(code.at(start + 1), "=" | ":" | ",");
    plain.then_some((start, name))
}

/// The function at the margin that `index` stands in, when its name says that it makes an
/// application.
fn factory(code: Code<'_>, index: usize) -> Option<&str> {
    let start = (0..index).rev().find(|&at| code.at_margin(at))?;
    let def = if code.is(start, &["async"]) {
        start + 1
    } else {
        start
    };
    if !code.is(def, &["def"]) {
        return None;
    }
    let name = code.word(def + 1)?;
    // What needs arguments is not called by a server.
    let open = def + 2;
    let arguments = code.arguments(open);
    let needs = arguments.iter().any(|argument| {
        let optional = argument.clone().any(|at| matches!(code.at(at), "=" | "*"));
        !optional
    });
    let speaks = [
        "create", "make", "build", "get", "init", "app", "factory", "setup",
    ]
    .iter()
    .any(|word| name.contains(word));
    (speaks && !needs && (name.contains("app") || name.contains("server"))).then_some(name)
}

/// The importable names of a file for a server: the folder that has to be on the path (relative to
/// the project, `.` for itself) and the module from there.
pub(crate) fn import(
    sources: &Sources<'_>,
    text: &Text,
    package: bool,
) -> Option<(String, String)> {
    let local = sources.local(text);
    let mut from = String::new();
    let src = local.starts_with("src/") && !sources.has("src/__init__.py");
    if src && !imports(sources, "src") {
        from = "src".to_owned();
        if package {
            // What is installed is on the path.
            return super::module(&local, &from).map(|module| (".".to_owned(), module));
        }
    }
    // A script that imports its neighbours by their bare names runs from its own folder.
    let folder = parent(&local);
    if folder != from && inside(folder, &from) && neighbours(sources, text, folder, &from) {
        folder.clone_into(&mut from);
    }
    let module = super::module(&local, &from)?;
    Some((
        if from.is_empty() {
            ".".to_owned()
        } else {
            from
        },
        module,
    ))
}

fn imports(sources: &Sources<'_>, package: &str) -> bool {
    let forms = [
        format!("from {package}."),
        format!("import {package}."),
        format!("from {package} import"),
    ];
    sources
        .list
        .iter()
        .any(|text| forms.iter().any(|form| text.text.contains(form.as_str())))
}

fn neighbours(sources: &Sources<'_>, text: &Text, folder: &str, from: &str) -> bool {
    let code = text.code();
    (0..code.len()).any(|index| {
        let imports = matches!(code.at(index), "from" | "import") && code.at_margin(index);
        let Some(name) = code.word(index + 1).filter(|_| imports) else {
            return false;
        };
        let there = |folder: &str| {
            sources.has(&below(folder, &format!("{name}.py")))
                || sources.has(&below(folder, &format!("{name}/__init__.py")))
        };
        there(folder) && !there(from)
    })
}

/// A script that runs when it is given to Python.
#[derive(Clone, Debug)]
pub(crate) struct Script<'a> {
    pub(crate) text: &'a Text,
    /// Whether it says so (`if __name__ == "__main__"`), rather than by its name alone.
    pub(crate) says: bool,
    pub(crate) line: u32,
}

impl Script<'_> {
    /// What makes it one.
    pub(crate) fn evidence(&self) -> Evidence {
        let name = file_name(&self.text.path);
        if self.says {
            Evidence::line(
                &self.text.path,
                self.line,
                format!("`{name}` runs when it is called"),
            )
        } else {
            Evidence::file(
                &self.text.path,
                format!("`{name}` is called like a program's entry"),
            )
        }
    }
}

/// The scripts of a project, the likeliest first.
pub(crate) fn scripts<'a>(sources: &Sources<'a>) -> Vec<Script<'a>> {
    let mut found: Vec<Script<'a>> = Vec::new();
    for text in &sources.list {
        let local = sources.local(text);
        let depth = local.matches('/').count();
        let name = file_name(&local);
        let habit = super::SCRIPTS.contains(&name) && depth <= 1;
        let code = text.code();
        let says = if text.text.contains("__main__") {
            code.all(&["__name__", "=", "="]).next()
        } else {
            None
        };
        let short = depth <= 2 && says.is_some();
        if name == "manage.py" || !(habit || short) {
            continue;
        }
        // A file of definitions does nothing when it is called.
        if says.is_none() && !acts(code) {
            continue;
        }
        found.push(Script {
            text,
            says: says.is_some(),
            line: says.map_or(0, |index| code.line(index)),
        });
    }
    found.sort_by_key(|script| {
        let local = sources.local(script.text);
        let rank = super::SCRIPTS
            .iter()
            .position(|name| *name == file_name(&local));
        (local.matches('/').count(), rank.unwrap_or(99), local)
    });
    found
}

/// Whether what starts here is called: `run(`, `app.run(`, `http.server.HTTPServer(`.
fn calls(code: Code<'_>, name: usize) -> bool {
    let mut next = name + 1;
    while code.is(next, &["."]) {
        next += 2;
    }
    code.is(next, &["("])
}

/// Whether a file calls something at its margin.
fn acts(code: Code<'_>) -> bool {
    (0..code.len()).any(|index| {
        let word = code.at(index);
        code.at_margin(index)
            && code.kind(index) == Some(Kind::Word)
            && !matches!(
                word,
                "def"
                    | "class"
                    | "import"
                    | "from"
                    | "if"
                    | "try"
                    | "async"
                    | "with"
                    | "for"
                    | "while"
                    | "global"
                    | "return"
            )
            && calls(code, index)
            || code.at_margin(index) && matches!(word, "with" | "for" | "while")
    })
}
