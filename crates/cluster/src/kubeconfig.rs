//! Kubeconfigs: clusters, users and contexts, of one file or of several laid over one another
//! (`client-go/tools/clientcmd`): the first that names a thing says what it is.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use plimsoll_fetch::{Client, Login, Proxies, Secret, Settings, Tls, TlsError};
use plimsoll_yaml::{Dialect, Kind, Node, parse};

use crate::api::{Api, ApiError};
use crate::exec::{self, Program};

/// Where a pod finds its service account.
pub const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// What kubeconfigs say.
#[derive(Clone, Debug, Default)]
pub struct Kubeconfig {
    clusters: BTreeMap<String, Cluster>,
    users: BTreeMap<String, User>,
    contexts: BTreeMap<String, Context>,
    current: Option<String>,
}

#[derive(Clone, Debug, Default)]
struct Cluster {
    server: String,
    insecure: bool,
    authority: Option<Material>,
    proxy: Option<String>,
    /// What it says that is not followed.
    stray: Option<&'static str>,
}

#[derive(Clone, Debug, Default)]
struct User {
    identity: Option<Identity>,
    certificate: Option<Material>,
    key: Option<Material>,
    impersonated: Vec<(&'static str, String)>,
    /// What it says that is not followed.
    stray: Option<&'static str>,
}

#[derive(Clone, Debug, Default)]
struct Context {
    cluster: String,
    user: String,
    namespace: Option<String>,
}

/// A certificate or a key: in the kubeconfig itself, or in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Material {
    /// PEM text.
    Text(Secret),
    /// The file with it.
    File(PathBuf),
}

/// Who asks, but for certificates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Identity {
    /// A token or a password.
    Login(Login),
    /// A file with a token.
    TokenFile(PathBuf),
    /// A program that says who (`exec`).
    Program(Program),
}

/// An API server and who asks it, as a context says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Access {
    /// The server's address.
    pub server: String,
    /// The context's namespace.
    pub namespace: Option<String>,
    /// Whether the server's certificate is not checked.
    pub insecure: bool,
    /// The authorities that are trusted instead of the machine's.
    pub authority: Option<Material>,
    /// The proxy before the server, instead of the environment's.
    pub proxy: Option<String>,
    /// Who asks.
    pub identity: Option<Identity>,
    /// The client's certificate.
    pub certificate: Option<Material>,
    /// Its key.
    pub key: Option<Material>,
    /// In whose place is asked, as header lines.
    pub impersonated: Vec<(&'static str, String)>,
}

/// Why a kubeconfig leads nowhere.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KubeconfigError {
    /// It is no YAML.
    #[error("line {line}: {message}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// `certificate-authority-data` and the like are base64.
    #[error("`{key}` of `{name}` is no base64 of a text")]
    Base64 {
        /// The cluster or user.
        name: String,
        /// The entry.
        key: &'static str,
    },
    /// There is no context to take.
    #[error("the kubeconfig has no `current-context`")]
    NoContext {
        /// The contexts that there are.
        known: Vec<String>,
    },
    /// There is none of that name.
    #[error("the kubeconfig has no {what} `{name}`")]
    Unknown {
        /// `context`, `cluster` or `user`.
        what: &'static str,
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// It says something that is not followed.
    #[error("`{what}` of a kubeconfig is not followed")]
    NotFollowed {
        /// What.
        what: &'static str,
    },
}

/// Why who asks cannot be said.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A file that the kubeconfig or the pod's service account names cannot be read.
    #[error("cannot read `{path}`, which says who asks the API server: {error}")]
    File {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// Certificates that cannot be used.
    #[error("the {what} of the kubeconfig cannot be used: {error}")]
    Tls {
        /// Of whom.
        what: &'static str,
        /// Why.
        error: TlsError,
    },
    /// The program that says who asks does not.
    #[error("`{program}`, which the kubeconfig names, says not who asks: {reason}")]
    Program {
        /// The program.
        program: String,
        /// Why.
        reason: String,
    },
    /// The address is none.
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl Kubeconfig {
    /// Lays the text of a file below what is known; what its paths are relative to is `folder`.
    ///
    /// # Errors
    ///
    /// See [`KubeconfigError`].
    pub fn add(&mut self, text: &str, folder: &Path) -> Result<(), KubeconfigError> {
        let tree = parse(text, Dialect::GoV2);
        if let Some(error) = tree.errors().first() {
            let before = text.get(..error.range.start as usize).unwrap_or_default();
            return Err(KubeconfigError::Syntax {
                line: before.matches('\n').count() + 1,
                message: error.message.clone(),
            });
        }
        let Some(root) = tree.documents().find_map(|document| document.root()) else {
            return Ok(());
        };
        let root = root.resolve();
        for (name, node) in entries(root, "clusters", "cluster") {
            let cluster = cluster(&name, node, folder)?;
            self.clusters.entry(name).or_insert(cluster);
        }
        for (name, node) in entries(root, "users", "user") {
            let user = user(&name, node, folder)?;
            self.users.entry(name).or_insert(user);
        }
        for (name, node) in entries(root, "contexts", "context") {
            let of = |key| string(node, key);
            self.contexts.entry(name).or_insert(Context {
                cluster: of("cluster").unwrap_or_default(),
                user: of("user").unwrap_or_default(),
                namespace: of("namespace"),
            });
        }
        if self.current.is_none() {
            self.current = string(root, "current-context");
        }
        Ok(())
    }

    /// What a context says, or else the current one.
    ///
    /// # Errors
    ///
    /// See [`KubeconfigError`].
    pub fn access(&self, context: Option<&str>) -> Result<Access, KubeconfigError> {
        let known = || self.contexts.keys().cloned().collect();
        let name = context.or(self.current.as_deref());
        let name = name.ok_or_else(|| KubeconfigError::NoContext { known: known() })?;
        let context = find(&self.contexts, "context", name)?;
        let cluster = find(&self.clusters, "cluster", &context.cluster)?.clone();
        // A context without a user asks as nobody.
        let user = match &*context.user {
            "" => User::default(),
            name => find(&self.users, "user", name)?.clone(),
        };
        if let Some(what) = cluster.stray.or(user.stray) {
            return Err(KubeconfigError::NotFollowed { what });
        }
        Ok(Access {
            server: cluster.server,
            namespace: context.namespace.clone(),
            insecure: cluster.insecure,
            authority: cluster.authority,
            proxy: cluster.proxy,
            identity: user.identity,
            certificate: user.certificate,
            key: user.key,
            impersonated: user.impersonated,
        })
    }
}

impl Access {
    /// The API server that a pod is given, asked by the pod's service account: `variable` gives the
    /// environment and `folder` is where the account is mounted ([`SERVICE_ACCOUNT`]). `None` where
    /// the process runs in no pod, or in one without an account.
    pub fn of_pod(variable: &dyn Fn(&str) -> Option<String>, folder: &Path) -> Option<Self> {
        let said = |name| variable(name).filter(|value| !value.is_empty());
        let host = said("KUBERNETES_SERVICE_HOST")?;
        let port = said("KUBERNETES_SERVICE_PORT")?;
        let token = folder.join("token");
        if !token.is_file() {
            return None;
        }
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host
        };
        let namespace = file(&folder.join("namespace")).ok();
        let namespace = namespace.map(|text| text.reveal().trim().to_owned());
        let authority = folder.join("ca.crt");
        Some(Self {
            server: format!("https://{host}:{port}"),
            namespace: namespace.filter(|name| !name.is_empty()),
            insecure: false,
            authority: authority.is_file().then_some(Material::File(authority)),
            proxy: None,
            identity: Some(Identity::TokenFile(token)),
            certificate: None,
            key: None,
            impersonated: Vec::new(),
        })
    }

    /// Who is asked and who asks: reads the files that are named and runs the program that is.
    /// Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// See [`ConnectError`].
    pub fn connect(&self, settings: Settings) -> Result<Api, ConnectError> {
        let mut tls = Tls::default().insecure(self.insecure);
        if let Some(authority) = &self.authority {
            let what = "certificate authority";
            tls = tls
                .trusting(authority.text()?.reveal().as_bytes())
                .map_err(|error| ConnectError::Tls { what, error })?;
        }
        let mut pair = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => Some((certificate.text()?, key.text()?)),
            _ => None,
        };
        let mut login = None;
        match &self.identity {
            Some(Identity::Login(one)) => login = Some(one.clone()),
            Some(Identity::TokenFile(path)) => {
                let token = file(path)?;
                login = Some(Login::Token(Secret::new(token.reveal().trim())));
            }
            Some(Identity::Program(program)) => {
                let said = exec::run(program).map_err(|reason| ConnectError::Program {
                    program: program.command.display().to_string(),
                    reason,
                })?;
                login = said.token.map(Login::Token);
                pair = said.pair.or(pair);
            }
            None => {}
        }
        if let Some((certificate, key)) = pair {
            let what = "client certificate";
            tls = tls
                .identified(certificate.reveal().as_bytes(), key.reveal().as_bytes())
                .map_err(|error| ConnectError::Tls { what, error })?;
        }
        let mut settings = settings;
        settings.tls = tls;
        if let Some(proxy) = &self.proxy {
            settings.proxies = Proxies::from_env(|name| {
                matches!(name, "HTTP_PROXY" | "HTTPS_PROXY").then(|| proxy.clone())
            });
        }
        let mut api = Api::new(Client::new(settings), &self.server, login)?;
        api.headers.clone_from(&self.impersonated);
        Ok(api)
    }
}

impl Material {
    fn text(&self) -> Result<Secret, ConnectError> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::File(path) => file(path),
        }
    }
}

fn file(path: &Path) -> Result<Secret, ConnectError> {
    let read = fs::read_to_string(path);
    read.map(Secret::new).map_err(|error| ConnectError::File {
        path: path.display().to_string(),
        error,
    })
}

fn find<'a, T>(
    all: &'a BTreeMap<String, T>,
    what: &'static str,
    name: &str,
) -> Result<&'a T, KubeconfigError> {
    all.get(name).ok_or_else(|| KubeconfigError::Unknown {
        what,
        name: name.to_owned(),
        known: all.keys().cloned().collect(),
    })
}

/// The named things of a list.
fn entries<'a>(root: Node<'a>, list: &str, key: &str) -> Vec<(String, Node<'a>)> {
    let list = root.get(list).map(Node::resolve);
    let list = list.filter(|node| node.kind() == Kind::Sequence);
    let items = list.into_iter().flat_map(Node::items).map(Node::resolve);
    items
        .filter_map(|item| Some((string(item, "name")?, item.get(key)?.resolve())))
        .collect()
}

pub(crate) fn string(node: Node<'_>, key: &str) -> Option<String> {
    let text = node.get(key).map(Node::resolve)?.as_str()?;
    Some(text.into_owned()).filter(|text| !text.is_empty())
}

fn cluster(name: &str, node: Node<'_>, folder: &Path) -> Result<Cluster, KubeconfigError> {
    let keys = ("certificate-authority", "certificate-authority-data");
    Ok(Cluster {
        server: string(node, "server").unwrap_or_default(),
        insecure: is_true(node, "insecure-skip-tls-verify"),
        authority: material(name, node, keys, folder)?,
        proxy: string(node, "proxy-url"),
        stray: string(node, "tls-server-name").map(|_| "tls-server-name"),
    })
}

fn is_true(node: Node<'_>, key: &str) -> bool {
    node.get(key).map(Node::resolve).and_then(Node::as_bool) == Some(true)
}

/// What stands in the kubeconfig comes before what a file says.
fn material(
    name: &str,
    node: Node<'_>,
    (path, data): (&'static str, &'static str),
    folder: &Path,
) -> Result<Option<Material>, KubeconfigError> {
    if let Some(text) = string(node, data) {
        let text = decoded(&text).ok_or_else(|| KubeconfigError::Base64 {
            name: name.to_owned(),
            key: data,
        })?;
        return Ok(Some(Material::Text(text)));
    }
    Ok(string(node, path).map(|path| Material::File(folder.join(path))))
}

fn decoded(text: &str) -> Option<Secret> {
    let text: String = text.split_whitespace().collect();
    let bytes = BASE64_STANDARD.decode(text).ok()?;
    String::from_utf8(bytes).ok().map(Secret::new)
}

fn user(name: &str, node: Node<'_>, folder: &Path) -> Result<User, KubeconfigError> {
    let of = |key| string(node, key);
    let token = of("token").map(|token| Login::Token(Secret::new(token)));
    let password =
        of("username").map(|user| Login::password(user, of("password").unwrap_or_default()));
    let program = node.get("exec").map(Node::resolve);
    let identity = token
        .or(password)
        .map(Identity::Login)
        // A file's token is newer than one that was written down.
        .filter(|_| of("tokenFile").is_none())
        .or_else(|| Some(Identity::TokenFile(folder.join(of("tokenFile")?))))
        .or_else(|| Some(Identity::Program(Program::of(program?, folder)?)));
    let mut impersonated = Vec::new();
    impersonated.extend(of("as").map(|who| ("impersonate-user", who)));
    impersonated.extend(of("as-uid").map(|who| ("impersonate-uid", who)));
    let groups = node.get("as-groups").map(Node::resolve);
    let groups = groups.filter(|node| node.kind() == Kind::Sequence);
    for group in groups.into_iter().flat_map(Node::items) {
        let group = group.resolve().as_str();
        impersonated.extend(group.map(|group| ("impersonate-group", group.into_owned())));
    }
    let certificate = ("client-certificate", "client-certificate-data");
    let key = ("client-key", "client-key-data");
    Ok(User {
        identity,
        certificate: material(name, node, certificate, folder)?,
        key: material(name, node, key, folder)?,
        impersonated,
        stray: ["auth-provider", "as-user-extra"]
            .into_iter()
            .find(|key| node.present(key).is_some()),
    })
}

#[cfg(test)]
mod tests;
