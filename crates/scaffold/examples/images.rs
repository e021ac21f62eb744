//! Writes what is generated for the services of `tests/scaffold/services` into a folder each, with
//! what has to be known to run them:
//! `cargo run -p plimsoll-scaffold --example images -- SERVICES FOLDER`.
//!
//! Services are those that detection finds; of languages that it does not know they are described
//! by hand.
#![allow(clippy::print_stderr, reason = "it tells people what it does")]

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use plimsoll_scaffold::detect::{Told, survey};
use plimsoll_scaffold::image::{dockerfile, dockerignore};
use plimsoll_scaffold::model::{
    Evidence, HealthPurpose, HealthRoute, Jvm, JvmTool, Known, Php, Port, Ruby, Rust, Service,
    Stack, StaticSite,
};
use plimsoll_scaffold::plan::{Running, running};
use plimsoll_source::files::MemoryTree;

fn main() -> io::Result<()> {
    let mut folders = env::args_os().skip(1).map(PathBuf::from);
    let (Some(sources), Some(target)) = (folders.next(), folders.next()) else {
        return Err(io::Error::other("it takes the names of two folders"));
    };
    let mut names: Vec<PathBuf> = fs::read_dir(&sources)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    names.sort();
    for source in names {
        let name = source.file_name().unwrap_or_default().to_string_lossy();
        let service = match (detected(&source)?, by_hand(&name)) {
            (Some(service), _) => service,
            (None, Some(service)) => {
                eprintln!("{name}: described by hand");
                service
            }
            (None, None) => return Err(io::Error::other(format!("`{name}` is not known"))),
        };
        let not_startable = || io::Error::other(format!("`{name}` does not start"));
        let running = running(&service).ok_or_else(not_startable)?;
        let folder = target.join(&*name);
        fs::create_dir_all(&folder)?;
        for written in [
            dockerfile(&service, &running),
            dockerignore(&service, &running),
        ] {
            fs::write(folder.join(&written.path), written.text())?;
        }
        write_running(&folder, &running)?;
    }
    Ok(())
}

/// The one service that detection finds in a folder.
fn detected(folder: &Path) -> io::Result<Option<Service>> {
    let mut tree = MemoryTree::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(inside) = path.strip_prefix(folder) {
                tree.insert(inside.to_string_lossy(), fs::read(&path)?);
            }
        }
    }
    let mut services = survey(&tree, "", &Told::default()).services;
    Ok(services.pop().filter(|_| services.is_empty()))
}

fn write_running(folder: &Path, running: &Running) -> io::Result<()> {
    let writable: Vec<&str> = running
        .writable
        .iter()
        .map(|known| known.value.as_str())
        .collect();
    let told = serde_json::json!({
        "user": running.user,
        "group": running.group,
        "workdir": running.workdir,
        "command": running.command.value,
        "port": running.port.as_ref().map(|port| port.value),
        "writable": writable,
        "grace": running.grace.value,
    });
    fs::write(folder.join("running.json"), told.to_string())
}

fn by_hand(name: &str) -> Option<Service> {
    Some(match name {
        "java" => service(java(), None, Some(8080)),
        "php" => service(php(), None, None),
        "ruby" => service(ruby(), Some("ruby server.rb"), Some(4567)),
        "rust" => service(rust(), None, Some(8080)),
        "static" => service(site(), None, None),
        _ => return None,
    })
}

fn said<T>(value: T) -> Known<T> {
    Known::told(value, Evidence::table("it is described by hand"))
}

fn stated<T>(value: T) -> Known<T> {
    Known::stated(value, Evidence::table("it is described by hand"))
}

fn strings(words: &str) -> Vec<String> {
    words.split(' ').map(str::to_owned).collect()
}

fn service(stack: Stack, start: Option<&str>, port: Option<u16>) -> Service {
    Service {
        name: said("hello".to_owned()),
        folder: String::new(),
        context: String::new(),
        stack,
        start: start.map(|start| stated(strings(start))),
        port: port.map(|number| {
            said(Port {
                number,
                variable: Some("PORT".to_owned()),
                loopback: false,
            })
        }),
        health: vec![said(HealthRoute {
            path: "/healthz".to_owned(),
            purpose: HealthPurpose::General,
        })],
        environment: Vec::new(),
        backing: Vec::new(),
        migration: None,
        processes: Vec::new(),
        timers: Vec::new(),
        writes: vec![said("data".to_owned())],
        libraries: Vec::new(),
        questions: Vec::new(),
    }
}

fn rust() -> Stack {
    Stack::Rust(Rust {
        version: said("1.85".to_owned()),
        package: said("hello".to_owned()),
        binary: said("hello".to_owned()),
        manifests: strings("Cargo.toml Cargo.lock"),
        locked: true,
        sources: strings("src"),
        assets: Vec::new(),
    })
}

fn java() -> Stack {
    Stack::Jvm(Jvm {
        version: said("21".to_owned()),
        tool: said(JvmTool::Maven),
        wrapper: false,
        framework: None,
        manifests: strings("pom.xml"),
        module: None,
        jar: said("target/hello-*.jar".to_owned()),
        sources: strings("src"),
        layered: false,
    })
}

fn php() -> Stack {
    Stack::Php(Php {
        version: said("8.4".to_owned()),
        framework: None,
        manifests: Vec::new(),
        locked: false,
        public: said("public".to_owned()),
        extensions: Vec::new(),
        sources: strings("public"),
    })
}

fn ruby() -> Stack {
    Stack::Ruby(Ruby {
        version: said("3.3".to_owned()),
        framework: None,
        manifests: Vec::new(),
        locked: false,
        sources: strings("server.rb"),
        assets: false,
    })
}

fn site() -> Stack {
    Stack::Static(StaticSite {
        folder: said("public".to_owned()),
    })
}
