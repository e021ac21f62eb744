//! Which cluster a command asks: by a kubeconfig, as kubectl does, by the service account of the pod that
//! it runs in, or by an address.

use std::ffi::OsString;

use std::path::{Path, PathBuf};

use plimsoll_cluster::{
    Access, Api, ApiError, ConnectError, Kubeconfig, KubeconfigError, SERVICE_ACCOUNT,
};
use plimsoll_fetch::{Client, Proxies, Settings};

use crate::credentials;
use crate::failure::Failure;
use crate::files::read_text;

/// The largest kubeconfig that is read, in bytes.
const MOST_BYTES: u64 = 16 << 20;

/// Which cluster is asked, by a kubeconfig.
#[derive(clap::Args)]
pub(crate) struct KubeconfigArgs {
    /// The kubeconfig [default: the files of KUBECONFIG, or else ~/.kube/config; in a pod without
    /// one its service account]
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig [default: its `current-context`]
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
}

/// Which cluster is asked.
#[derive(clap::Args)]
pub(crate) struct ClusterArgs {
    #[command(flatten)]
    config: KubeconfigArgs,
    /// Ask the API server at this address, such as that of `kubectl proxy`, without a kubeconfig
    #[arg(long, value_name = "URL", conflicts_with_all = ["kubeconfig", "context"])]
    server: Option<String>,
    /// With --server: say who asks with the token in this file
    #[arg(long, value_name = "FILE", requires = "server")]
    token_file: Option<PathBuf>,
    /// With --server: trust the certificate authorities in this file, and no others
    #[arg(long, value_name = "FILE", requires = "server")]
    ca_file: Option<PathBuf>,
    /// With --server: do not check the server's certificate
    #[arg(long, requires = "server")]
    insecure_skip_tls_verify: bool,
}

/// A cluster that can be asked.
pub(crate) struct Cluster {
    pub(crate) api: Api,
    /// The namespace that is meant where none is named.
    pub(crate) namespace: String,
}

impl ClusterArgs {
    /// Whether a cluster is named at all.
    pub(crate) const fn is_given(&self) -> bool {
        self.config.is_given() || self.server.is_some()
    }

    /// Finds out whom to ask and who asks. Nothing is sent yet.
    pub(crate) fn connect(&self) -> Result<Cluster, Failure> {
        if let Some(address) = &self.server {
            let api = Api::new(
                self.client()?,
                address,
                credentials::login(self.token_file.as_deref())?,
            );
            let namespace = "default".to_owned();
            return Ok(Cluster {
                api: api.map_err(|error| failure(&error))?,
                namespace,
            });
        }
        self.config.connect()
    }

    fn client(&self) -> Result<Client, Failure> {
        let tls = credentials::tls(self.ca_file.as_deref(), self.insecure_skip_tls_verify)?;
        Ok(Client::new(Settings { tls, ..settings() }))
    }
}

impl KubeconfigArgs {
    /// Whether a kubeconfig or a context is named.
    pub(crate) const fn is_given(&self) -> bool {
        self.kubeconfig.is_some() || self.context.is_some()
    }

    /// Finds out whom to ask and who asks. Nothing is sent yet.
    pub(crate) fn connect(&self) -> Result<Cluster, Failure> {
        let access = self.access()?;
        let api = access.connect(settings()).map_err(|error| match error {
            ConnectError::Api(error) => failure(&error),
            other => Failure::user(other.to_string()),
        })?;
        let namespace = access.namespace.unwrap_or_else(|| "default".to_owned());
        Ok(Cluster { api, namespace })
    }

    fn access(&self) -> Result<Access, Failure> {
        let paths = self.paths();
        if paths.is_empty() {
            let variable = |name: &str| std::env::var(name).ok();
            let of_pod = Access::of_pod(&variable, Path::new(SERVICE_ACCOUNT));
            return of_pod.filter(|_| self.context.is_none()).ok_or_else(nobody);
        }
        let mut config = Kubeconfig::default();
        for path in &paths {
            let text = read_text(path, MOST_BYTES)?;
            let folder = path.parent().unwrap_or(Path::new(""));
            config.add(&text, folder).map_err(|error| {
                Failure::user(format!(
                    "the kubeconfig `{}` cannot be read: {error}",
                    path.display()
                ))
            })?;
        }
        let access = config.access(self.context.as_deref());
        access.map_err(|error| missing(&error))
    }

    /// The kubeconfigs that there are.
    fn paths(&self) -> Vec<PathBuf> {
        if let Some(path) = &self.kubeconfig {
            return vec![path.clone()];
        }
        let home = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let found = paths(
            home("KUBECONFIG"),
            home("HOME").or_else(|| home("USERPROFILE")),
        );
        found.into_iter().filter(|path| path.is_file()).collect()
    }
}

fn nobody() -> Failure {
    Failure::user("there is no kubeconfig that says which cluster is meant").help(
        "name one with `--kubeconfig FILE`, or give the files of a dump; an address, such as that \
         of `kubectl proxy`, will do where a command takes one",
    )
}

/// As kubectl looks for them.
fn paths(variable: Option<OsString>, home: Option<OsString>) -> Vec<PathBuf> {
    if let Some(list) = variable {
        let all = std::env::split_paths(&list);
        return all.filter(|path| !path.as_os_str().is_empty()).collect();
    }
    let file = |home| PathBuf::from(home).join(".kube").join("config");
    home.map(file).into_iter().collect()
}

fn settings() -> Settings {
    Settings {
        user_agent: concat!("plimsoll/", env!("CARGO_PKG_VERSION")).into(),
        proxies: Proxies::from_env(|name| std::env::var(name).ok()),
        ..Settings::default()
    }
}

fn missing(error: &KubeconfigError) -> Failure {
    let failure = Failure::user(error.to_string());
    match error {
        KubeconfigError::NoContext { known } => failure.help(format!(
            "name one with `--context NAME`; there are {}",
            listed(known)
        )),
        KubeconfigError::Unknown { known, .. } => {
            failure.help(format!("there are {}", listed(known)))
        }
        KubeconfigError::NotFollowed { .. } => {
            failure.help("run `kubectl proxy`, and give its address with `--server`")
        }
        _ => failure,
    }
}

fn listed(names: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len().saturating_sub(SHOWN) {
        0 if names.is_empty() => "none".to_owned(),
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A refusal of the API server.
pub(crate) fn failure(error: &ApiError) -> Failure {
    let failure = Failure::user(error.to_string());
    match error.help() {
        Some(help) => failure.help(help),
        None => failure,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    #[test]
    fn kubeconfigs_are_looked_for_as_kubectl_does() {
        let paths = |variable: Option<&str>, home: Option<&str>| {
            super::paths(variable.map(Into::into), home.map(Into::into))
        };
        let list = std::env::join_paths(["/a", "/b"]).expect("a list");
        let list = list.to_str();
        assert_eq!(
            paths(list, Some("/home/ann")),
            [PathBuf::from("/a"), PathBuf::from("/b")]
        );
        let own = PathBuf::from("/home/ann/.kube/config");
        assert_eq!(paths(None, Some("/home/ann")), [own]);
        assert!(paths(None, None).is_empty());
    }
}
