//! `plimsoll chart login` and `logout`: what `helm registry login` and `logout` do.

use std::io::{BufRead, IsTerminal, Read, Write};
use std::process::ExitCode;

use clap::{ArgAction, Args};
use plimsoll_fetch::registry::Registry;
use plimsoll_fetch::{Login, Scheme, Secret};

use super::ignored::parse_bool;
use super::net::{HomeArgs, TlsFiles, client, credentials, registry_failure};
use crate::failure::Failure;
use crate::terminal::{self, Terminal};

/// Log in to a registry, as `helm registry login` does; Helm sees the login, too
#[derive(Args)]
pub(crate) struct LoginArgs {
    /// The registry, with its port
    host: String,
    /// Who asks
    #[arg(
        long,
        short,
        value_name = "NAME",
        default_value = "",
        hide_default_value = true
    )]
    username: String,
    /// The password; better given with `--password-stdin`
    #[arg(
        long,
        short,
        value_name = "PASSWORD",
        default_value = "",
        hide_default_value = true
    )]
    password: String,
    /// Read the password from standard input
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    password_stdin: bool,
    /// Do not check the registry's certificate
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    insecure: bool,
    #[command(flatten)]
    tls: TlsFiles,
    /// Speak HTTP instead of HTTPS
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, action = ArgAction::Set, value_parser = parse_bool, hide_default_value = true, hide_possible_values = true)]
    plain_http: bool,
    #[command(flatten)]
    homes: HomeArgs,
}

/// Forget the login for a registry, as `helm registry logout` does
#[derive(Args)]
pub(crate) struct LogoutArgs {
    /// The registry, with its port
    host: String,
    #[command(flatten)]
    homes: HomeArgs,
}

pub(crate) fn run(args: &LoginArgs, terminal: &Terminal) -> Result<ExitCode, Failure> {
    let login = login(args, terminal)?;
    let host = match args.host.split_once('/') {
        Some((host, _)) => {
            terminal.warn(&format!(
                "a login is for a whole registry: the path of `{}` counts nothing",
                args.host
            ));
            host
        }
        None => &args.host,
    };
    let mut tls = args.tls.clone();
    tls.insecure_skip_tls_verify |= args.insecure;
    let client = client(&tls, None)?;
    let scheme = if args.plain_http {
        Scheme::Http
    } else {
        Scheme::Https
    };
    let registry = Registry::new(&client, host, scheme, &login);
    registry
        .and_then(|registry| registry.ping())
        .map_err(|error| {
            let failure = registry_failure(&error);
            let message = format!("authenticating to {host:?}: {}", failure.message);
            failure.saying(message)
        })?;
    let mut known = credentials(&args.homes.homes())?;
    let put = known.put(host, &login);
    put.map_err(|error| Failure::user(error.to_string()))?;
    terminal::print("Login Succeeded\n")?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn run_logout(args: &LogoutArgs) -> Result<ExitCode, Failure> {
    let mut known = credentials(&args.homes.homes())?;
    let removed = known.remove(&args.host);
    removed.map_err(|error| Failure::user(error.to_string()))?;
    terminal::print(&format!("Removing login credentials for {}\n", args.host))?;
    Ok(ExitCode::SUCCESS)
}

fn login(args: &LoginArgs, terminal: &Terminal) -> Result<Login, Failure> {
    let mut user = args.username.clone();
    if args.password_stdin {
        return Ok(Login::password(user, from_stdin()?));
    }
    if !args.password.is_empty() {
        terminal
            .warn("a password on the command line can be seen by others: use `--password-stdin`");
        return Ok(Login::password(user, args.password.clone()));
    }
    if user.is_empty() {
        user = ask("Username: ", false)?.trim().to_owned();
    }
    let (prompt, missing) = if user.is_empty() {
        ("Token: ", "token required")
    } else {
        ("Password: ", "password required")
    };
    let password = ask(prompt, true)?;
    if password.is_empty() {
        return Err(Failure::user(missing));
    }
    Ok(Login::Password {
        user,
        password: Secret::new(password),
    })
}

/// All of standard input without the line break at its end.
pub(super) fn from_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin()
        .lock()
        .take(64 * 1024)
        .read_to_string(&mut text);
    read.map_err(|error| Failure::user(format!("cannot read standard input: {error}")))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

/// Asks for a line; what is secret is not shown on a terminal.
pub(super) fn ask(prompt: &str, secret: bool) -> Result<String, Failure> {
    let fail =
        |error: std::io::Error| Failure::user(format!("cannot read standard input: {error}"));
    // A question is for people, so it is not part of the answer.
    let _ = std::io::stderr().lock().write_all(prompt.as_bytes());
    if secret && std::io::stdin().is_terminal() {
        return rpassword::read_password().map_err(fail);
    }
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .take(64 * 1024)
        .read_line(&mut line)
        .map_err(fail)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}
