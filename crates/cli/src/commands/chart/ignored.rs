//! Flags of Helm that change nothing here, and those that would and are refused.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use super::net::{HomeArgs, ServerArgs, TlsFiles};
use crate::failure::Failure;

/// A switch as Go reads it: with its word or without one.
pub(super) fn parse_bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err("neither true nor false".to_owned()),
    }
}

fn switch(name: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .hide(true)
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .action(ArgAction::Set)
        .value_parser(parse_bool)
}

fn text(name: &'static str) -> Arg {
    let arg = Arg::new(name).long(name).hide(true);
    arg.action(ArgAction::Append)
}

fn word(name: &'static str) -> Arg {
    let arg = Arg::new(name).long(name).hide(true);
    arg.num_args(0..=1)
        .require_equals(true)
        .default_missing_value("")
        .action(ArgAction::Append)
}

/// The flags of every command of Helm that are about a cluster, which is not asked.
pub(crate) struct ClusterFlags;

impl FromArgMatches for ClusterFlags {
    fn from_arg_matches(_: &ArgMatches) -> Result<Self, Error> {
        Ok(Self)
    }

    fn update_from_arg_matches(&mut self, _: &ArgMatches) -> Result<(), Error> {
        Ok(())
    }
}

impl Args for ClusterFlags {
    fn augment_args(command: Command) -> Command {
        const TEXTS: [&str; 11] = [
            "burst-limit",
            "colour",
            "kube-apiserver",
            "kube-as-group",
            "kube-as-user",
            "kube-ca-file",
            "kube-context",
            "kube-tls-server-name",
            "kube-token",
            "kubeconfig",
            "qps",
        ];
        command
            .args(TEXTS.map(|name| text(name).global(true)))
            .arg(switch("kube-insecure-skip-tls-verify").global(true))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The flags of `helm template` that are about an installation or a download.
#[derive(Default)]
pub(crate) struct TemplateFlags {
    /// `--dependency-update`, with what is said of servers and files for it.
    pub(super) updates: Option<(ServerArgs, HomeArgs)>,
    /// `--enable-dns`
    pub(super) asks_names: bool,
    on_server: bool,
    verifies: bool,
    from_repository: bool,
    renders_after: bool,
}

impl TemplateFlags {
    /// Refuses what would change the output and is not done here.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let refused = [
            (
                self.on_server,
                "`--dry-run=server` needs a cluster, and none is asked",
                "leave it out: what the cluster has can be given with `--api-versions` and `--kube-version`",
            ),
            (
                self.from_repository,
                "`--repo` is not followed: charts are rendered from folders and packed charts",
                "fetch the chart first with `plimsoll chart pull`, and name its file",
            ),
            (
                self.verifies,
                "`--verify` is not done: signatures are not checked here",
                "fetch the chart with `plimsoll chart pull --verify`, and leave it out here",
            ),
            (
                self.renders_after,
                "`--post-renderer` is a plugin of Helm, and none is run",
                "leave it out and pipe the output through the program",
            ),
        ];
        match refused.iter().find(|(is, _, _)| *is) {
            Some((_, message, help)) => Err(Failure::user(*message).help(*help)),
            None => Ok(()),
        }
    }
}

impl FromArgMatches for TemplateFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let is = |name: &str| matches.get_one::<bool>(name).copied().unwrap_or(false);
        let last = |name: &str| matches.get_many::<String>(name).and_then(Iterator::last);
        let given = |name: &str| last(name).is_some_and(|text| !text.is_empty());
        Ok(Self {
            updates: is("dependency-update").then(|| {
                let text = |name: &str| last(name).cloned().unwrap_or_default();
                let path = |name: &str| last(name).map(PathBuf::from);
                let server = ServerArgs {
                    username: text("username"),
                    password: text("password"),
                    tls: TlsFiles {
                        ca_file: text("ca-file"),
                        cert_file: text("cert-file"),
                        key_file: text("key-file"),
                        insecure_skip_tls_verify: is("insecure-skip-tls-verify"),
                    },
                    plain_http: is("plain-http"),
                };
                let homes = HomeArgs {
                    registry_config: path("registry-config"),
                    repository_config: path("repository-config"),
                    repository_cache: path("repository-cache"),
                    content_cache: path("content-cache"),
                    debug: false,
                };
                (server, homes)
            }),
            asks_names: is("enable-dns"),
            on_server: last("dry-run").is_some_and(|text| text == "server"),
            verifies: is("verify"),
            from_repository: given("repo"),
            renders_after: given("post-renderer"),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for TemplateFlags {
    fn augment_args(command: Command) -> Command {
        const SWITCHES: [&str; 22] = [
            "atomic",
            "create-namespace",
            "dependency-update",
            "devel",
            "disable-openapi-validation",
            "enable-dns",
            "force",
            "force-conflicts",
            "force-replace",
            "hide-notes",
            "insecure-skip-tls-verify",
            "pass-credentials",
            "plain-http",
            "render-subchart-notes",
            "replace",
            "rollback-on-failure",
            "server-side",
            "skip-crds",
            "take-ownership",
            "validate",
            "verify",
            "wait-for-jobs",
        ];
        const TEXTS: [&str; 15] = [
            "ca-file",
            "cert-file",
            "content-cache",
            "description",
            "key-file",
            "keyring",
            "password",
            "post-renderer",
            "post-renderer-args",
            "registry-config",
            "repo",
            "repository-cache",
            "repository-config",
            "timeout",
            "username",
        ];
        command
            .args(SWITCHES.map(switch))
            .args(TEXTS.map(text))
            .args(["dry-run", "wait"].map(word))
            .arg(text("labels").short('l'))
            .arg(text("version"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
