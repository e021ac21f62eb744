//! Headers of database clients that are installed although nothing is built with them: the drivers
//! that the project names come as wheels that bring their library, or speak the protocol
//! themselves.

use plimsoll_dockerfile::Build;
use plimsoll_source::files::file_name;

use super::build_context::{View, listed};
use super::build_tools::compiles;
use super::facts::Facts;
use super::facts::calls::calls;
use super::facts::copies::Whence;
use super::facts::ecosystems::Tool;

/// The most files that are searched.
const MOST: usize = 40;

/// The client library of a database.
struct Library {
    headers: &'static [&'static str],
    /// Drivers that are built with the headers, or load the library.
    built: &'static [&'static str],
    /// Drivers that need neither.
    without: &'static [&'static str],
}

const LIBRARIES: &[Library] = &[
    Library {
        headers: &["libpq-dev", "postgresql-dev", "postgresql-devel"],
        built: &[
            "psycopg",
            "psycopg-c",
            "psycopg2",
            "psycopg2cffi",
            "pygresql",
        ],
        without: &[
            "asyncpg",
            "pg8000",
            "psycopg-binary",
            "psycopg2-binary",
            "psycopg[binary]",
        ],
    },
    Library {
        headers: &[
            "default-libmysqlclient-dev",
            "libmariadb-dev",
            "libmysqlclient-dev",
            "mariadb-dev",
        ],
        built: &["mariadb", "mysqlclient"],
        without: &["aiomysql", "asyncmy", "mysql-connector-python", "pymysql"],
    },
];

/// What to do about headers with which nothing is built, where the project's lists of
/// dependencies say that: leave them out.
pub(super) fn advice(
    build: &Build,
    facts: &Facts,
    view: Option<View<'_>>,
    headers: &[&str],
    own: &dyn Fn(usize) -> bool,
) -> Option<String> {
    let view = view.filter(|view| !view.visible().truncated)?;
    let (compilers, headers): (Vec<&str>, Vec<&str>) =
        headers.iter().partition(|name| COMPILERS.contains(name));
    let mut libraries: Vec<&Library> = Vec::new();
    for name in &headers {
        libraries.push(LIBRARIES.iter().find(|one| one.headers.contains(name))?);
    }
    if libraries.is_empty() {
        return None;
    }
    if !installs_python_alone(build, facts, own) {
        return None;
    }
    let lists = lists(facts, view, own);
    let mut reasons: Vec<String> = Vec::new();
    for library in libraries {
        let drivers: Vec<(&str, String)> = lists
            .iter()
            .flat_map(|(path, text)| drivers(text).into_iter().map(move |name| (&**path, name)))
            .collect();
        // `psycopg` is the half that its binary wheel goes with.
        let binary = drivers
            .iter()
            .any(|(_, name)| name.starts_with("psycopg") && name.contains("binary"));
        let is_built = |name: &str| library.built.contains(&name) && !(binary && name == "psycopg");
        if drivers.iter().any(|(_, name)| is_built(name)) {
            return None;
        }
        let (path, name) = drivers
            .iter()
            .find(|(_, name)| library.without.contains(&&**name))?;
        let reason = format!("`{path}` takes `{name}`");
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let names = listed(&headers, 6);
    let compilers = match compilers.as_slice() {
        [] => String::new(),
        some => format!(
            "; leave {} out with {}, or in a stage of its own where another package has no wheel",
            listed(some, 6),
            if headers.len() == 1 { "it" } else { "them" }
        ),
    };
    Some(format!(
        "leave {names} out: nothing is built with {}, for {}, which needs no library of the system{compilers}",
        if headers.len() == 1 { "it" } else { "them" },
        reasons.join(" and ")
    ))
}

/// What comes with headers to build with them.
const COMPILERS: &[&str] = &[
    "build-essential",
    "g++",
    "gcc",
    "libc6-dev",
    "make",
    "musl-dev",
    "pkg-config",
];

/// Whether all that compiles in these stages are installations of Python's packages from lists.
fn installs_python_alone(build: &Build, facts: &Facts, own: &dyn Fn(usize) -> bool) -> bool {
    (0..build.file.instructions.len())
        .filter(|&index| own(index))
        .all(|index| {
            let all = calls(build, index);
            let mut compiling = all.iter().filter(|call| compiles(call));
            compiling.all(|call| {
                facts.installs_at(index).any(|install| {
                    install.range.start >= call.range.start
                        && install.range.end <= call.range.end
                        && install.tool.family() == Tool::Pip.family()
                        && !install.names.iter().any(|name| is_built_anywhere(name))
                })
            })
        })
}

fn is_built_anywhere(name: &str) -> bool {
    drivers(name)
        .iter()
        .any(|name| LIBRARIES.iter().any(|one| one.built.contains(&&**name)))
}

/// The lists of Python's dependencies that these stages copy, with their texts.
fn lists(facts: &Facts, view: View<'_>, own: &dyn Fn(usize) -> bool) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for copy in &facts.copies {
        if copy.whence != Whence::Context || !own(copy.instruction) {
            continue;
        }
        for file in view.taken(copy) {
            let name = file_name(&file.path);
            let of_pip = name.ends_with(".txt") && file.path.contains("requirements");
            let others = [
                "Pipfile",
                "Pipfile.lock",
                "poetry.lock",
                "pyproject.toml",
                "setup.cfg",
                "setup.py",
                "uv.lock",
            ];
            let is_list = of_pip || others.contains(&name);
            if is_list && found.len() < MOST && !found.iter().any(|(path, _)| *path == file.path) {
                found.extend(view.read(&file.path).map(|text| (file.path.clone(), text)));
            }
        }
    }
    found
}

/// The drivers that a list names: names of the table, `psycopg[binary]` among them.
fn drivers(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or("").to_ascii_lowercase();
        let words = line.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
        for word in words {
            let mut name = word.replace('_', "-");
            if name == "psycopg" && line.contains("binary") {
                name.push_str("[binary]");
            }
            let known =
                |one: &Library| one.built.contains(&&*name) || one.without.contains(&&*name);
            if LIBRARIES.iter().any(known) {
                found.push(name);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::dockerfile::build_tools_in_final_image::RULE;
    use crate::testing::on;

    #[track_caller]
    fn help(packages: &str, run: &str, files: &str) -> String {
        let case = on(&RULE).files(&format!(
            "//- /Dockerfile\nFROM python:3.13-slim\nWORKDIR /app\nRUN apt-get update && apt-get install -y \
             {packages}\nCOPY . /app\nRUN {run}\nCMD [\"python\", \"a.py\"]\n//- /a.py\n1\n{files}"
        ));
        let first = case
            .findings
            .first()
            .and_then(|found| found.help.as_deref());
        first.unwrap_or_default().to_owned()
    }

    #[test]
    fn headers_that_no_driver_is_built_with_can_go() {
        assert_eq!(
            help(
                "libpq-dev",
                "pip install '.[k8s]'",
                "//- /pyproject.toml\n[project]\nname = \"a\"\ndependencies = [\"psycopg[binary]>=3.1\"]\n"
            ),
            "leave `libpq-dev` out: nothing is built with it, for `pyproject.toml` takes `psycopg[binary]`, \
             which needs no library of the system"
        );
        for list in [
            "psycopg2-binary==2.9\n",
            "asyncpg>=0.30 # not psycopg2\n",
            "psycopg==3\npsycopg-binary==3\n",
        ] {
            let found = help(
                "libpq-dev",
                "pip install -r requirements.txt",
                &format!("//- /requirements.txt\n{list}"),
            );
            assert!(
                found.starts_with("leave `libpq-dev` out"),
                "{list}: {found}"
            );
        }
        let both = "//- /requirements.txt\npsycopg2-binary\n";
        let found = help("libpq-dev gcc", "pip install -r requirements.txt", both);
        assert!(
            found.starts_with("leave `libpq-dev` out") && found.contains("leave `gcc` out with it"),
            "{found}"
        );
        let mysql = "//- /requirements.txt\nPyMySQL\n";
        assert!(
            help("libmariadb-dev", "pip install -r requirements.txt", mysql).contains("`pymysql`")
        );
    }

    #[test]
    fn headers_that_may_be_needed_get_a_stage() {
        let run = "pip install -r requirements.txt";
        for (packages, run, list) in [
            ("libpq-dev", run, "psycopg2==2.9\n"),
            ("libpq-dev", run, "psycopg\n"),
            ("libpq-dev", run, "psycopg2-binary\npsycopg2\n"),
            // Another package may ask for a driver.
            ("libpq-dev", run, "flask\n"),
            ("gcc", run, "psycopg2-binary\n"),
            ("libpq-dev gcc", run, "psycopg2\n"),
            ("libpq-dev libxml2-dev", run, "psycopg2-binary\n"),
            (
                "libpq-dev",
                "pip install -r requirements.txt && make",
                "psycopg2-binary\n",
            ),
            (
                "libpq-dev",
                "pip install -r requirements.txt psycopg2",
                "psycopg2-binary\n",
            ),
            ("libmariadb-dev", run, "psycopg2-binary\n"),
        ] {
            let found = help(packages, run, &format!("//- /requirements.txt\n{list}"));
            assert!(
                found.starts_with("build in a stage"),
                "{packages} {list}: {found}"
            );
        }
    }
}
