//! Variables: what everybody may know goes into a ConfigMap, all else is read from a Secret.
//!
//! A value that `.env`, an env file or the shell gives is this machine's: it is never copied.

use std::collections::BTreeMap;

use plimsoll_compose::resolve::{Entry, Item, Use, VariableOrigin, replaced};
use plimsoll_secrets::name::named;
use plimsoll_secrets::{Worth, address, form, worth};

use super::names::{is_variable, label};
use super::{App, Cx, SecretNeeded};

/// Reads `environment` and `env_file`.
pub(super) fn read<'r>(cx: &Cx<'r>, app: &mut App<'r>) {
    env_files(cx, app);
    let Some(environment) = cx.take(app.item, "environment") else {
        return;
    };
    for entry in environment.value().entries() {
        variable(cx, app, entry);
    }
}

fn env_files<'r>(cx: &Cx<'r>, app: &mut App<'r>) {
    let Some(files) = cx.take(app.item, "env_file") else {
        return;
    };
    for file in files.value().items() {
        let Some(path) = file.get("path").and_then(Item::as_str) else {
            continue;
        };
        let path = cx.relative(path);
        let is_optional = file.get("required").and_then(Item::as_bool) == Some(false);
        let name = label(&format!("{}-{}", cx.wishes.project, words(path)));
        cx.secrets.borrow_mut().push(SecretNeeded {
            name: name.clone(),
            keys: Vec::new(),
            file: Some(path.to_owned()),
        });
        let why = vec![cx.why(file.trace(), format!("`{path}` holds variables"))];
        app.env_files.push((name, is_optional, why));
    }
}

/// `./config/web.env` as `config-web-env`.
fn words(path: &str) -> String {
    let parts: Vec<&str> = path
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    parts.join("-")
}

fn variable<'r>(cx: &Cx<'r>, app: &mut App<'r>, entry: &'r Entry) {
    let name = entry.key();
    let why = vec![cx.why(entry.key_trace(), format!("`{name}` is set"))];
    if !is_variable(name) {
        cx.lose(
            app.service,
            entry.key_trace(),
            &format!("environment.{name}"),
            "a pod takes no variable of this name",
            "give it a name of letters, digits and `_`",
        );
        return;
    }
    let Some(value) = entry.value().as_str() else {
        let note = "Compose hands it on from whoever starts it, where it is set.";
        app.secret
            .push((name.to_owned(), true, Some(note.to_owned()), why));
        return;
    };
    let uses = cx.resolved.records().uses(entry.value().trace());
    let is_open = |used: &Use| {
        matches!(
            used.origin,
            VariableOrigin::Shell | VariableOrigin::File(_) | VariableOrigin::Unset
        )
    };
    if is_secret(name, value) {
        app.secret.push((name.to_owned(), false, None, why));
        return;
    }
    if !uses.iter().any(is_open) {
        app.config
            .push((name.to_owned(), value.to_owned(), None, why));
        return;
    }
    match default(cx, entry, uses) {
        Some(default) if !is_secret(name, &default) => {
            if default != value {
                let names: Vec<String> =
                    uses.iter().map(|used| format!("`{}`", used.name)).collect();
                cx.lose(
                    app.service,
                    entry.key_trace(),
                    &format!("environment.{name}"),
                    format!(
                        "what this machine sets {} to is not copied; the file's own default is written",
                        names.join(", ")
                    ),
                    "change the ConfigMap where the cluster wants another value",
                );
            }
            app.config.push((name.to_owned(), default, None, why));
        }
        _ => {
            let names: Vec<&str> = uses.iter().map(|used| &*used.name).collect();
            let note = format!("Compose makes it of {}.", names.join(", "));
            app.secret.push((name.to_owned(), false, Some(note), why));
        }
    }
}

/// Whether a variable is to be kept from people.
pub(super) fn is_secret(name: &str, value: &str) -> bool {
    let by_name = named(name).is_some() && worth(value, &[]) != Worth::Nothing;
    by_name || holds_secret(value)
}

/// Whether a text has a credential in it, whatever it is called.
pub(super) fn holds_secret(text: &str) -> bool {
    !address::embedded(text).is_empty()
        || form::is_private_key(text)
        || !form::tokens(text).is_empty()
}

/// The value that holds when nobody sets a variable; nothing where one has no default.
fn default(cx: &Cx<'_>, entry: &Entry, uses: &[Use]) -> Option<String> {
    let spot = entry.value().trace().spot()?;
    let written = cx.resolved.records().text(spot).trim();
    let written = ['"', '\'']
        .iter()
        .find_map(|quote| written.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(written);
    let has_default = |used: &Use| {
        let named = format!("${{{}", used.name);
        let mut rest = written.match_indices(&named);
        rest.any(|(at, _)| {
            let rest = &written[at + named.len()..];
            rest.starts_with(":-") || rest.starts_with('-')
        })
    };
    if written.contains('\\') || !uses.iter().all(has_default) {
        return None;
    }
    replaced(written, &BTreeMap::new()).ok()
}
