//! `plimsoll chart repo`: what `helm repo` does, on Helm's own files.

mod index;

use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgAction, Args, Subcommand, ValueEnum};
use plimsoll_helm::repository::Repository;

use super::ignored::parse_bool;
use super::login::{ask, from_stdin};
use super::net::{
    HomeArgs, TlsFiles, index_url, lock_repositories, read_repositories, remove_cached,
    update_index, write_repositories,
};
use super::refresh::Refreshed;
use super::source::unreachable;
use super::table::table;
use crate::failure::Failure;
use crate::terminal::{self, Terminal};

/// Know repositories of charts by name, as `helm repo` does; Helm sees the same
#[derive(Args)]
pub(crate) struct RepoArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Add(Box<AddArgs>),
    Index(index::IndexArgs),
    #[command(visible_alias = "ls")]
    List(ListArgs),
    #[command(visible_alias = "rm")]
    Remove(RemoveArgs),
    #[command(visible_alias = "up")]
    Update(UpdateArgs),
}

/// Add a repository
#[derive(Args)]
struct AddArgs {
    /// What it is to be called
    name: String,
    /// Where it is
    url: String,
    /// Who asks
    #[arg(
        long,
        value_name = "NAME",
        default_value = "",
        hide_default_value = true
    )]
    username: String,
    /// The password; better given with `--password-stdin`
    #[arg(
        long,
        value_name = "PASSWORD",
        default_value = "",
        hide_default_value = true
    )]
    password: String,
    /// Read the password from standard input
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    password_stdin: bool,
    /// Replace a repository of the same name
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    force_update: bool,
    /// Tell every server on the way who asks
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    pass_credentials: bool,
    /// Add repositories, too, that are known to be gone
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    allow_deprecated_repos: bool,
    /// How long fetching the index may take, such as `30s` [default: 2m0s]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
    #[command(flatten)]
    tls: TlsFiles,
    #[command(flatten)]
    homes: HomeArgs,
}

/// List the repositories
#[derive(Args)]
struct ListArgs {
    /// How to print them
    #[arg(long, short, value_name = "FORMAT", default_value = "table")]
    output: Output,
    /// Leave out the heads of the columns
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    no_headers: bool,
    #[command(flatten)]
    homes: HomeArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// In columns
    Table,
    /// As JSON
    Json,
    /// As YAML
    Yaml,
}

/// Remove repositories
#[derive(Args)]
struct RemoveArgs {
    /// Their names
    #[arg(required = true)]
    names: Vec<String>,
    #[command(flatten)]
    homes: HomeArgs,
}

/// Fetch the indexes of repositories anew
#[derive(Args)]
struct UpdateArgs {
    /// Only of these
    names: Vec<String>,
    /// How long fetching an index may take, such as `30s` [default: 2m0s]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
    #[command(flatten)]
    homes: HomeArgs,
}

/// Repositories that are gone, and where their charts are now.
const GONE: [(&str, &str); 2] = [
    (
        "//kubernetes-charts.storage.googleapis.com",
        "https://charts.helm.sh/stable",
    ),
    (
        "//kubernetes-charts-incubator.storage.googleapis.com",
        "https://charts.helm.sh/incubator",
    ),
];

pub(crate) fn run(args: &RepoArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    match &args.command {
        Command::Add(args) => add(args, terminal)?,
        Command::Index(args) => index::run(args)?,
        Command::List(args) => list(args, terminal)?,
        Command::Remove(args) => remove(args)?,
        Command::Update(args) => update(args, terminal)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn add(args: &AddArgs, terminal: &Terminal) -> Result<(), Failure> {
    let (name, url) = (&args.name, &args.url);
    if !args.allow_deprecated_repos
        && let Some((_, now)) = GONE.iter().find(|(gone, _)| url.contains(gone))
    {
        return Err(Failure::user(format!(
            "repo {url:?} is no longer available; try {now:?} instead"
        )));
    }
    let homes = args.homes.homes();
    let _held = lock_repositories(&homes)?;
    let mut known = read_repositories(&homes)?.unwrap_or_default();
    let mut password = args.password.clone();
    if !args.username.is_empty() && password.is_empty() {
        password = if args.password_stdin {
            from_stdin()?
        } else {
            ask("Password: ", true)?
        };
    }
    let entry = Repository {
        name: name.clone(),
        url: url.clone(),
        username: args.username.clone(),
        password,
        cert_file: args.tls.cert_file.clone(),
        key_file: args.tls.key_file.clone(),
        ca_file: args.tls.ca_file.clone(),
        insecure: args.tls.insecure_skip_tls_verify,
        pass_credentials: args.pass_credentials,
    };
    if name.contains('/') {
        return Err(Failure::user(format!(
            "repository name ({name}) contains '/', please specify a different name without '/'"
        )));
    }
    if let Some(existing) = known.get(name).filter(|_| !args.force_update) {
        if existing != &entry {
            return Err(Failure::user(format!(
                "repository name ({name}) already exists, please specify a different name"
            ))
            .help("or replace it with `--force-update`"));
        }
        return terminal::print(&format!(
            "{name:?} already exists with the same configuration, skipping\n"
        ));
    }
    index_url(url)?;
    let updated = update_index(&homes, &entry, args.timeout, terminal);
    updated.map_err(|failure| unreachable(url, failure))?;
    known.put(entry);
    write_repositories(&homes, &known)?;
    terminal::print(&format!("{name:?} has been added to your repositories\n"))
}

fn list(args: &ListArgs, terminal: &Terminal) -> Result<(), Failure> {
    // As Helm has it, a file that cannot be read is no file.
    let known = read_repositories(&args.homes.homes())
        .unwrap_or_default()
        .unwrap_or_default();
    match args.output {
        Output::Table if known.all.is_empty() => {
            terminal.note("no repositories to show");
            Ok(())
        }
        Output::Table => {
            let head = (!args.no_headers).then(|| vec!["NAME".to_owned(), "URL".to_owned()]);
            let rows = known
                .all
                .iter()
                .map(|one| vec![one.name.clone(), one.url.clone()]);
            let rows: Vec<_> = head.into_iter().chain(rows).collect();
            terminal::print(&format!("{}\n", table(&rows, 0)))
        }
        Output::Json => terminal::print(&format!("{}\n", known.names_as_json())),
        Output::Yaml => terminal::print(&known.names_as_yaml()),
    }
}

fn remove(args: &RemoveArgs) -> Result<(), Failure> {
    let homes = args.homes.homes();
    let _held = lock_repositories(&homes)?;
    let mut known = read_repositories(&homes)?.unwrap_or_default();
    if known.all.is_empty() {
        return Err(Failure::user("no repositories configured"));
    }
    for name in &args.names {
        if !known.remove(name) {
            return Err(Failure::user(format!("no repo named {name:?} found")));
        }
        write_repositories(&homes, &known)?;
        remove_cached(&homes, name)?;
        terminal::print(&format!(
            "{name:?} has been removed from your repositories\n"
        ))?;
    }
    Ok(())
}

fn update(args: &UpdateArgs, terminal: &Terminal) -> Result<(), Failure> {
    let homes = args.homes.homes();
    let known = read_repositories(&homes)?.unwrap_or_default();
    if known.all.is_empty() {
        return Err(
            Failure::user("no repositories found. You must add one before updating")
                .help("add one with `plimsoll chart repo add NAME URL`"),
        );
    }
    if let Some(name) = args.names.iter().find(|name| known.get(name).is_none()) {
        return Err(Failure::user(format!(
            "no repositories found matching '{name}'.  Nothing will be updated"
        )));
    }
    let wanted = |one: &&Repository| args.names.is_empty() || args.names.contains(&one.name);
    let wanted: Vec<&Repository> = known.all.iter().filter(wanted).collect();
    terminal::print("Hang tight while we grab the latest from your chart repositories...\n")?;
    let Refreshed { said, failed } = super::refresh::all(&homes, &wanted, args.timeout, terminal);
    terminal::print(&said)?;
    if !failed.is_empty() {
        return Err(Failure::user(format!(
            "failed to update the following repositories: [{}]",
            failed.join(" ")
        )));
    }
    terminal::print("Update Complete. ⎈Happy Helming!⎈\n")
}

/// A duration as Go reads it: `1h2m3.5s`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a duration is written as `90s`, `1.5m` or `1h30m`".to_owned();
    let mut seconds = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .ok_or_else(wrong)?;
        let number: f64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let end = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        let unit = match &rest[..end] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" | "μs" => 1e-6,
            "ns" => 1e-9,
            _ => return Err(wrong()),
        };
        seconds += number * unit;
        rest = &rest[end..];
    }
    let duration = Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
    if duration.is_zero() {
        return Err(wrong());
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::duration;
    use std::time::Duration;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        assert_eq!(duration("2m0s"), Ok(Duration::from_mins(2)));
        assert_eq!(duration("1.5h"), Ok(Duration::from_mins(90)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        for text in ["", "5", "s", "1x", "1..s", "0s", "-1s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
