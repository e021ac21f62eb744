//! Connections as the flags want them.

use std::fs;
use std::time::Duration;

use clap::{ArgAction, Args};
use plimsoll_fetch::registry::RegistryError;
use plimsoll_fetch::{Client, FetchError, Login, Proxies, Settings, Timeouts, Tls, TlsError};

use super::super::ignored::parse_bool;
use crate::failure::Failure;

/// Helm's flags for servers.
#[derive(Args, Clone, Default)]
pub(crate) struct ServerArgs {
    /// Who asks for the chart
    #[arg(
        long,
        value_name = "NAME",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) username: String,
    /// The password of who asks
    #[arg(
        long,
        value_name = "PASSWORD",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) password: String,
    #[command(flatten)]
    pub(crate) tls: TlsFiles,
    /// Speak HTTP instead of HTTPS to registries
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    pub(crate) plain_http: bool,
}

/// Whom to trust and who we are.
#[derive(Args, Clone, Default)]
pub(crate) struct TlsFiles {
    /// Trust the certificate authorities in this file, and no others
    #[arg(
        long,
        value_name = "FILE",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) ca_file: String,
    /// Show servers the certificate in this file
    #[arg(
        long,
        value_name = "FILE",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) cert_file: String,
    /// The private key of that certificate
    #[arg(
        long,
        value_name = "FILE",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) key_file: String,
    /// Do not check the certificates of servers
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    pub(crate) insecure_skip_tls_verify: bool,
}

impl ServerArgs {
    /// The login of the flags.
    pub(crate) fn login(&self) -> Option<Login> {
        login(&self.username, &self.password)
    }

    /// Refuses files for TLS that cannot be used, whether or not a server will be asked.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let checked = self.tls.tls();
        checked
            .map(|_| ())
            .map_err(|failure| failure.within("missing registry client"))
    }

    /// Whether registries are spoken to in the clear. As in Helm, flags about TLS win.
    pub(crate) fn is_plain(&self) -> bool {
        self.plain_http && !self.tls.is_set()
    }
}

/// A login, if both parts are there.
pub(crate) fn login(user: &str, password: &str) -> Option<Login> {
    let both = !user.is_empty() && !password.is_empty();
    both.then(|| Login::password(user, password))
}

impl TlsFiles {
    /// Whether anything is other than usual.
    pub(crate) fn is_set(&self) -> bool {
        !self.cert_file.is_empty() && !self.key_file.is_empty()
            || !self.ca_file.is_empty()
            || self.insecure_skip_tls_verify
    }

    fn tls(&self) -> Result<Tls, Failure> {
        // As in Helm, a certificate without its key counts nothing when nothing else is named.
        if !self.is_set() {
            return Ok(Tls::default());
        }
        let setup =
            |words: String| Failure::user(format!("can't create TLS config for client: {words}"));
        let read = |what: &str, path: &str| {
            fs::read(path).map_err(|error| {
                let reason = super::super::inputs::words(&error);
                setup(format!("{what}: {path:?}: open {path}: {reason}"))
            })
        };
        let unusable =
            |path: &str, error: TlsError| setup(format!("{path:?} cannot be used: {error}"));
        let mut tls = Tls::default().insecure(self.insecure_skip_tls_verify);
        if !self.cert_file.is_empty() || !self.key_file.is_empty() {
            let certificate = read("unable to read cert file", &self.cert_file)?;
            let key = read("unable to read key file", &self.key_file)?;
            let identified = tls.identified(&certificate, &key);
            tls = identified.map_err(|error| unusable(&self.cert_file, error))?;
        }
        if !self.ca_file.is_empty() {
            let ca = read("can't read CA file", &self.ca_file)?;
            tls = tls
                .trusting(&ca)
                .map_err(|error| unusable(&self.ca_file, error))?;
        }
        Ok(tls)
    }
}

/// A client for servers of one kind.
pub(crate) fn client(files: &TlsFiles, whole: Option<Duration>) -> Result<Client, Failure> {
    let mut timeouts = Timeouts::default();
    timeouts.whole = whole.unwrap_or(timeouts.whole);
    Ok(Client::new(Settings {
        user_agent: concat!("plimsoll/", env!("CARGO_PKG_VERSION")).into(),
        tls: files.tls()?,
        proxies: Proxies::from_env(|name| std::env::var(name).ok()),
        timeouts,
        ..Settings::default()
    }))
}

/// What is said of a failed request.
pub(crate) fn fetch_failure(error: &FetchError) -> Failure {
    let failure = Failure::user(error.to_string());
    match error.kind.help() {
        Some(help) => failure.help(help),
        None => failure,
    }
}

/// What is said of a registry that did not do what it was asked to.
pub(crate) fn registry_failure(error: &RegistryError) -> Failure {
    let failure = Failure::user(error.to_string());
    match error {
        RegistryError::Fetch(error) => fetch_failure(error),
        RegistryError::NoLogin(host) => failure.help(format!("run `plimsoll chart login {host}`")),
        RegistryError::BadLogin { host, .. } => {
            failure.help(format!("log in again with `plimsoll chart login {host}`"))
        }
        _ => failure,
    }
}
