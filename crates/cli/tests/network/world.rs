//! A user with files of their own, both programs, and servers that end with the test.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where a program is that the tests cannot do without.
fn program(variable: &str) -> PathBuf {
    let path = std::env::var_os(variable);
    path.unwrap_or_else(|| panic!("{variable} is not set: run `cargo xtask test`"))
        .into()
}

/// A folder for one test, with everything that the programs may write.
pub(crate) struct World {
    pub(crate) folder: PathBuf,
    /// Further variables of the environment.
    pub(crate) variables: Vec<(&'static str, String)>,
}

impl World {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("plimsoll-network-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("home")).expect("a folder");
        Self {
            folder,
            variables: Vec::new(),
        }
    }

    /// The path of a file in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        let bytes = fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The names in a folder, sorted.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).into_iter().flatten();
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> = names
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn run(&self, program: &Path, first: &[&str], words: &[&str]) -> Output {
        let mut command = Command::new(program);
        command
            .args(first)
            .args(words)
            .current_dir(&self.folder)
            .stdin(Stdio::null());
        for name in [
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "NO_PROXY",
            "http_proxy",
            "https_proxy",
            "no_proxy",
        ] {
            command.env_remove(name);
        }
        let home = self.path("home");
        command
            .env("HOME", &home)
            .env("DOCKER_CONFIG", home.join("docker"))
            .env("HELM_CONFIG_HOME", home.join("config"))
            .env("HELM_CACHE_HOME", home.join("cache"))
            .env("HELM_DATA_HOME", home.join("data"))
            .env("TZ", "UTC")
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.output().expect("the program runs")
    }

    pub(crate) fn plimsoll(&self, words: &[&str]) -> Said {
        let program = Path::new(env!("CARGO_BIN_EXE_plimsoll"));
        Said::new(&self.run(program, &["chart"], words), words)
    }

    /// Another command than those about charts.
    pub(crate) fn command(&self, words: &[&str]) -> Said {
        let program = Path::new(env!("CARGO_BIN_EXE_plimsoll"));
        Said::new(&self.run(program, &[], words), words)
    }

    pub(crate) fn helm(&self, words: &[&str]) -> Said {
        Said::new(&self.run(&program("PLIMSOLL_TEST_HELM"), &[], words), words)
    }

    /// A server; `words` are its kind and its flags.
    pub(crate) fn server(&self, words: &[&str]) -> Server {
        let folder = self.path("served");
        fs::create_dir_all(&folder).expect("a folder");
        let mut child = Command::new(program("PLIMSOLL_TEST_SERVER"))
            .args(words)
            .args(["-dir", &folder.to_string_lossy()])
            .args(["-log", &self.path("log").to_string_lossy()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server runs");
        let stdout = child.stdout.take().expect("piped");
        let mut address = String::new();
        BufReader::new(stdout)
            .read_line(&mut address)
            .expect("an address");
        assert!(!address.is_empty(), "the server {words:?} did not start");
        Server {
            child,
            address: address.trim().to_owned(),
        }
    }

    /// Packs a chart with helm into a folder.
    pub(crate) fn packed(&self, name: &str, version: &str, folder: &str) -> PathBuf {
        let chart = format!("source/{name}-{version}");
        self.write(
            &format!("{chart}/Chart.yaml"),
            format!("apiVersion: v2\nname: {name}\nversion: {version}\nappVersion: 1.0\ndescription: a <{name}> & more\nhome: https://example.com\nsources: [https://example.com/source]\nkeywords: [one]\nmaintainers: [{{name: Ann, email: ann@example.com}}, {{name: Ben}}]\nannotations: {{org.opencontainers.image.version: other, example.com/x: \"1\"}}\n"),
        );
        let template = format!(
            "kind: ConfigMap\nmetadata: {{name: {name}-{{{{ .Chart.Version | replace \"+\" \"_\" }}}}}}\n"
        );
        self.write(&format!("{chart}/templates/map.yaml"), template);
        fs::create_dir_all(self.path(folder)).expect("made");
        self.helm(&["package", &chart, "-d", folder]).good();
        self.path(&format!("{folder}/{name}-{version}.tgz"))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// What a program said.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    what: String,
    code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    fn new(output: &Output, words: &[&str]) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            what: words.join(" "),
            code: output.status.code().unwrap_or(-1),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// It must have done what it was told.
    pub(crate) fn good(self) -> Self {
        assert_eq!(self.code, 0, "{}\n{}{}", self.what, self.out, self.err);
        self
    }

    /// It must have refused, for this reason.
    pub(crate) fn bad(self, reason: &str) -> Self {
        assert!(self.code != 0, "{} did it\n{}", self.what, self.out);
        assert!(self.err.contains(reason), "{}\n{}", self.what, self.err);
        self
    }
}

/// A running server.
pub(crate) struct Server {
    child: Child,
    /// Its host and port.
    pub(crate) address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends when its standard input does.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// The file and the signed statement that the tests of signatures have.
pub(crate) fn signed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../helm/src/signed/testdata")
}
