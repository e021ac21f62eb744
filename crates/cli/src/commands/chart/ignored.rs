//! Flags of Helm that change nothing here, and those that would and are refused.

use clap::builder::PathBufValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

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

/// The flags of every command of Helm that change nothing for most of ours: about a cluster, which
/// is not asked, about the namespace, and about Helm's files. A command for which one of them does
/// count has it again under the same id, which clap then leaves alone.
pub(crate) struct GlobalFlags;

impl FromArgMatches for GlobalFlags {
    fn from_arg_matches(_: &ArgMatches) -> Result<Self, Error> {
        Ok(Self)
    }

    fn update_from_arg_matches(&mut self, _: &ArgMatches) -> Result<(), Error> {
        Ok(())
    }
}

impl Args for GlobalFlags {
    fn augment_args(command: Command) -> Command {
        const TEXTS: [&str; 10] = [
            "burst-limit",
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
        /// Of [`HomeArgs`](super::net::HomeArgs): the id, and the flag.
        const FILES: [(&str, &str); 4] = [
            ("content_cache", "content-cache"),
            ("registry_config", "registry-config"),
            ("repository_cache", "repository-cache"),
            ("repository_config", "repository-config"),
        ];
        let file = |(id, name): (&'static str, &'static str)| {
            let arg = Arg::new(id).long(name).hide(true).global(true);
            arg.value_parser(PathBufValueParser::new())
        };
        let namespace = Arg::new("namespace").long("namespace").short('n');
        command
            .args(TEXTS.map(|name| text(name).global(true)))
            .args(["debug", "kube-insecure-skip-tls-verify"].map(|name| switch(name).global(true)))
            .args(FILES.map(file))
            .arg(namespace.hide(true).global(true))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The flags of `helm template` that are about an installation.
#[derive(Default)]
pub(crate) struct TemplateFlags {
    /// `--dependency-update`
    pub(super) updates: bool,
    /// `--enable-dns`
    pub(super) asks_names: bool,
    on_server: bool,
    renders_after: bool,
    /// What `--dry-run` says, if it is none of its words.
    unknown_dry_run: Option<String>,
}

impl TemplateFlags {
    /// Refuses what would change the output and is not done here.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if let Some(text) = &self.unknown_dry_run {
            let words = match &**text {
                "none" | "false" => "\"server\" or \"client\"",
                _ => "\"none\", \"server\", or \"client\"",
            };
            return Err(Failure::user(format!(
                "invalid dry-run value ({text:?}). Must be {words}"
            )));
        }
        let refused = [
            (
                self.on_server,
                "`--dry-run=server` and `--validate` need a cluster, and none is asked",
                "leave it out: what the cluster has can be given with `--api-versions` and `--kube-version`",
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
        // Without a word it is the empty text here, and `unset` for Helm.
        let words = ["", "unset", "client", "server", "true"];
        let is_known = |text: &&String| words.contains(&text.as_str());
        Ok(Self {
            unknown_dry_run: last("dry-run").filter(|text| !is_known(text)).cloned(),
            updates: is("dependency-update"),
            asks_names: is("enable-dns"),
            on_server: is("validate") || last("dry-run").is_some_and(|text| text == "server"),
            renders_after: last("post-renderer").is_some_and(|text| !text.is_empty()),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for TemplateFlags {
    fn augment_args(command: Command) -> Command {
        const SWITCHES: [&str; 17] = [
            "atomic",
            "create-namespace",
            "dependency-update",
            "disable-openapi-validation",
            "enable-dns",
            "force",
            "force-conflicts",
            "force-replace",
            "hide-notes",
            "render-subchart-notes",
            "replace",
            "rollback-on-failure",
            "server-side",
            "skip-crds",
            "take-ownership",
            "validate",
            "wait-for-jobs",
        ];
        const TEXTS: [&str; 4] = [
            "description",
            "post-renderer",
            "post-renderer-args",
            "timeout",
        ];
        command
            .args(SWITCHES.map(switch))
            .args(TEXTS.map(text))
            .args(["dry-run", "wait"].map(word))
            .arg(text("labels").short('l'))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
