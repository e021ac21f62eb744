//! What is known of a service, as a list for people and programs.

use crate::model::{
    Backing, Certainty, Evidence, Known, NodeManager, PythonManager, Service, Stack,
};

/// One thing that is known of a service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// What it is about, such as `port`.
    pub about: &'static str,
    /// The value, on one line.
    pub value: String,
    /// How sure it is.
    pub certainty: Certainty,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

/// Everything that is known of a service, in the order of interest.
pub fn statements(service: &Service) -> Vec<Statement> {
    let mut list = List(Vec::new());
    list.add("name", &service.name, Clone::clone);
    stack(&mut list, &service.stack);
    if let Some(start) = &service.start {
        list.add("start", start, |words| words.join(" "));
    }
    if let Some(port) = &service.port {
        list.add("port", port, |port| match &port.variable {
            Some(variable) => format!("{}, or what {variable} says", port.number),
            None => port.number.to_string(),
        });
    }
    for pages in &service.pages {
        list.add("pages", &pages.place, |folder| {
            let built = match pages.service.folder.as_str() {
                "" => ".",
                folder => folder,
            };
            format!("{built}, built into {folder}")
        });
    }
    for route in &service.health {
        list.add("health", route, |route| route.path.clone());
    }
    for backing in &service.backing {
        list.add("backing", backing, |backing| {
            backing_name(*backing).to_owned()
        });
    }
    for variable in &service.environment {
        list.add("variable", &variable.name, |name| {
            let mut value = name.clone();
            if variable.secret {
                value.push_str(" (secret)");
            }
            if variable.required {
                value.push_str(" (required)");
            }
            if let Some(default) = variable.default.as_ref().filter(|_| !variable.secret) {
                value.push_str(" = ");
                value.push_str(default);
            }
            value
        });
    }
    if let Some(migration) = &service.migration {
        list.add("migration", migration, |words| words.join(" "));
    }
    for process in &service.processes {
        list.add("process", &process.command, |words| {
            format!("{}: {}", process.name, words.join(" "))
        });
    }
    for timer in &service.timers {
        list.add("timer", timer, |library| {
            format!("{library}, in every replica")
        });
    }
    for path in &service.writes {
        list.add("writes", path, Clone::clone);
    }
    for library in &service.libraries {
        list.add("library", &library.because, |because| {
            let packages: Vec<&str> = [&library.build, &library.run]
                .into_iter()
                .flatten()
                .map(String::as_str)
                .collect();
            format!("{} for {because}", packages.join(", "))
        });
    }
    list.0
}

/// The name by which flags and files call a backing service.
pub fn backing_name(backing: Backing) -> &'static str {
    match backing {
        Backing::Postgres => "postgres",
        Backing::Mysql => "mysql",
        Backing::Mariadb => "mariadb",
        Backing::Redis => "redis",
        Backing::Memcached => "memcached",
        Backing::Rabbitmq => "rabbitmq",
        Backing::Kafka => "kafka",
        Backing::Nats => "nats",
        Backing::Mongodb => "mongodb",
        Backing::Elasticsearch => "elasticsearch",
        Backing::S3 => "s3",
        Backing::Smtp => "smtp",
    }
}

/// All backing services, by [`backing_name`].
pub const BACKINGS: [Backing; 12] = [
    Backing::Postgres,
    Backing::Mysql,
    Backing::Mariadb,
    Backing::Redis,
    Backing::Memcached,
    Backing::Rabbitmq,
    Backing::Kafka,
    Backing::Nats,
    Backing::Mongodb,
    Backing::Elasticsearch,
    Backing::S3,
    Backing::Smtp,
];

struct List(Vec<Statement>);

impl List {
    fn add<T>(&mut self, about: &'static str, known: &Known<T>, value: impl FnOnce(&T) -> String) {
        self.0.push(Statement {
            about,
            value: value(&known.value),
            certainty: known.certainty,
            evidence: known.evidence.clone(),
        });
    }
}

fn stack(list: &mut List, stack: &Stack) {
    match stack {
        Stack::Python(python) => {
            list.add("language", &python.version, |version| {
                format!("Python {version}")
            });
            list.add("manager", &python.manager, |manager| {
                match manager {
                    PythonManager::Uv => "uv",
                    PythonManager::Poetry => "Poetry",
                    PythonManager::Pdm => "PDM",
                    PythonManager::Pipenv => "Pipenv",
                    PythonManager::Pip => "pip",
                }
                .to_owned()
            });
            if let Some(framework) = &python.framework {
                list.add("framework", framework, |framework| {
                    framework.name().to_owned()
                });
            }
            if let Some(application) = &python.application {
                list.add("application", application, Clone::clone);
            }
        }
        Stack::Node(node) => {
            let runtime = if node.bun { "Bun" } else { "Node" };
            list.add("language", &node.version, |version| {
                format!("{runtime} {version}")
            });
            list.add("manager", &node.manager, |manager| {
                match manager {
                    NodeManager::Npm => "npm",
                    NodeManager::Pnpm => "pnpm",
                    NodeManager::Yarn | NodeManager::YarnBerry => "yarn",
                    NodeManager::Bun => "Bun",
                }
                .to_owned()
            });
            if let Some(framework) = &node.framework {
                list.add("framework", framework, |framework| {
                    framework.name().to_owned()
                });
            }
            if let Some(build) = &node.build {
                list.add("build", build, Clone::clone);
            }
        }
        Stack::Go(go) => {
            list.add("language", &go.version, |version| format!("Go {version}"));
            list.add("program", &go.main, |main| main.package.clone());
        }
        Stack::Rust(rust) => {
            list.add("language", &rust.version, |version| {
                format!("Rust {version}")
            });
            list.add("program", &rust.binary, Clone::clone);
        }
        Stack::Jvm(jvm) => {
            list.add("language", &jvm.version, |version| {
                format!("Java {version}")
            });
            list.add("manager", &jvm.tool, |tool| tool.name().to_owned());
            if let Some(framework) = &jvm.framework {
                list.add("framework", framework, |framework| {
                    framework.name().to_owned()
                });
            }
        }
        Stack::Dotnet(dotnet) => {
            list.add("language", &dotnet.version, |version| {
                format!(".NET {version}")
            });
            list.add("program", &dotnet.project, Clone::clone);
        }
        Stack::Php(php) => {
            list.add("language", &php.version, |version| format!("PHP {version}"));
            if let Some(framework) = &php.framework {
                list.add("framework", framework, |framework| {
                    framework.name().to_owned()
                });
            }
        }
        Stack::Ruby(ruby) => {
            list.add("language", &ruby.version, |version| {
                format!("Ruby {version}")
            });
            if let Some(framework) = &ruby.framework {
                list.add("framework", framework, |framework| {
                    framework.name().to_owned()
                });
            }
        }
        Stack::Elixir(elixir) => {
            list.add("language", &elixir.version, |version| {
                format!("Elixir {version}")
            });
            list.add("program", &elixir.application, Clone::clone);
        }
        Stack::Deno(deno) => {
            list.add("language", &deno.version, |version| {
                format!("Deno {version}")
            });
            list.add("program", &deno.entry, Clone::clone);
        }
        Stack::Static(site) => {
            list.add("language", &site.folder, |folder| {
                format!("files of {folder}")
            });
        }
    }
}
