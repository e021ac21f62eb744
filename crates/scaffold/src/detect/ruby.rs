//! Ruby services.

use super::dependencies::Dependencies;
use super::draft::{Cx, Draft, name, sources};
use super::files::{Text, below, relative};
use super::reading::{Found, Reading, refused, words};
use super::releases::{self, RUBY, Wanted};
use super::{pins, port as ports, tables};
use crate::model::{
    Certainty, Evidence, HealthPurpose, HealthRoute, Known, Port, Process, ProcessKind, Ruby,
    RubyFramework, Stack,
};

/// What works off the jobs that a gem queues.
const WORKERS: &[(&str, &[&str])] = &[
    ("sidekiq", &["bundle", "exec", "sidekiq"]),
    (
        "solid_queue",
        &["bundle", "exec", "rake", "solid_queue:start"],
    ),
    ("good_job", &["bundle", "exec", "good_job", "start"]),
    ("delayed_job", &["bundle", "exec", "rake", "jobs:work"]),
    (
        "delayed_job_active_record",
        &["bundle", "exec", "rake", "jobs:work"],
    ),
];

/// Looks at a folder.
pub(crate) fn look(cx: Cx<'_>, folder: &str, own: &dyn Fn(&str) -> bool) -> Found {
    let gemfile = below(folder, "Gemfile");
    let Some(text) = cx.files.text(&gemfile) else {
        return Found::Nothing;
    };
    let (dependencies, wanted) = gems(text);
    let lock = below(folder, "Gemfile.lock");
    let locked = cx.files.has(&lock);
    let mut pinned = pins::of(cx.files, folder, folder, pins::RUBY);
    pinned.extend(wanted);
    pinned.extend(locked_version(cx, &lock));
    let mut questions = Vec::new();
    let version = releases::choose(&RUBY, &pinned, &mut questions);
    let mut manifests = vec!["Gemfile".to_owned()];
    if locked {
        manifests.push("Gemfile.lock".to_owned());
    }
    // Gems that lie in the tree are installed with the others.
    let ruby = Ruby {
        version,
        framework: None,
        sources: sources(cx, folder, folder, &manifests, own),
        manifests,
        locked,
        assets: false,
        builder: None,
    };
    let reading = Reading::of(cx, folder, &[".rb", ".ru"], own);
    let mut draft = Draft::new(folder, folder, Stack::Ruby(ruby.clone()));
    let mut ruby = ruby;
    draft.questions = questions;
    draft.name = Some(name(None, folder));
    start(cx, folder, &dependencies, &reading, &mut ruby, &mut draft);
    let gemspec = cx
        .files
        .names(folder)
        .iter()
        .any(|name| name.ends_with(".gemspec"));
    let procfile = cx.files.has(&below(folder, "Procfile"));
    if draft.start.is_none() && !procfile {
        if gemspec && !cx.told.starts(folder) {
            return Found::Library;
        }
        if !cx.told.may_start(folder) {
            return refused(
                folder,
                Evidence::file(gemfile, "there is a `Gemfile`"),
                "no `config.ru`, application of Rails or script says how it is started",
                "add a `Procfile` with a line `web:`, or say what starts it in `plimsoll.toml`",
            );
        }
    }
    if let Some((gem, command)) = WORKERS.iter().find(|(gem, _)| dependencies.has(gem)) {
        let command = Known::stated(words(command), dependencies.evidence(gem));
        draft.processes.push(Process {
            name: "worker".to_owned(),
            kind: ProcessKind::Worker,
            command,
        });
    }
    draft.depends_on(&dependencies);
    draft.libraries = dependencies.libraries(tables::RUBY);
    reading.environment(&mut draft);
    draft.health.extend(reading.health());
    draft.stack = Stack::Ruby(ruby);
    Found::Services(vec![draft])
}

/// The gems of a `Gemfile` and the version of Ruby that it asks for.
fn gems(text: &Text) -> (Dependencies, Option<Wanted>) {
    let mut found = Dependencies::default();
    let mut wanted = None;
    let code = text.code();
    let mut aside: Option<usize> = None;
    for index in 0..code.len() {
        // What stands in `group :development, :test do … end` is not installed.
        if code.is(index, &["group"]) {
            let line = code.line(index);
            let names: Vec<&str> = (index + 1..index + 12)
                .take_while(|&at| code.line(at) == line)
                .map(|at| code.at(at))
                .collect();
            if names.contains(&"do") && !names.contains(&"production") {
                aside = Some(index);
            }
        }
        if code.is(index, &["end"]) && code.at_margin(index) {
            aside = None;
        }
        if code.is(index, &["gem"]) {
            let at = if code.is(index + 1, &["("]) {
                index + 2
            } else {
                index + 1
            };
            let Some(gem) = code.string(at) else { continue };
            let version = if code.is(at + 1, &[","]) {
                code.string(at + 2).unwrap_or_default()
            } else {
                ""
            };
            found.add(
                gem,
                version,
                Vec::new(),
                aside.is_none(),
                &text.path,
                code.line(index),
            );
        }
        if code.is(index, &["ruby"]) && code.at_margin(index) {
            wanted = code.string(index + 1).map(|version| {
                let says = format!("`ruby` is `{version}`");
                Wanted::new(version, Evidence::line(&text.path, code.line(index), says))
            });
        }
    }
    (found, wanted)
}

fn locked_version(cx: Cx<'_>, lock: &str) -> Option<Wanted> {
    let text = cx.files.text(lock)?;
    let line = text
        .text
        .lines()
        .position(|line| line.trim() == "RUBY VERSION")?
        + 1;
    let version = text.text.lines().nth(line)?.trim().strip_prefix("ruby ")?;
    let version = version.split('p').next().unwrap_or(version);
    Some(Wanted::new(
        version,
        Evidence::line(lock, line as u32 + 1, "the lock file was made with it"),
    ))
}

fn start(
    cx: Cx<'_>,
    folder: &str,
    gems: &Dependencies,
    reading: &Reading<'_>,
    ruby: &mut Ruby,
    draft: &mut Draft,
) {
    let has = |path: &str| cx.files.has(&below(folder, path));
    let rails = gems.get("rails").or_else(|| gems.get("railties"));
    let app = has("config/application.rb");
    if let (Some(rails), true) = (rails, app) {
        ruby.framework = Some(Known::stated(RubyFramework::Rails, rails.evidence.clone()));
        ruby.assets = (gems.has("sprockets-rails")
            || gems.has("propshaft")
            || gems.has("sass-rails")
            || gems.has("webpacker")
            || gems.has("vite_rails"))
            && cx.files.has_folder(&below(folder, "app/assets"));
        ruby.builder = super::assets::of_rails(cx, folder, gems);
        ruby.assets |= ruby.builder.is_some();
        let port = puma_port(reading).unwrap_or_else(|| {
            habit(
                3000,
                &rails.evidence,
                "Rails listens here when nothing else is said",
            )
        });
        let number = port.value.number.to_string();
        let command = words(&[
            "bundle", "exec", "rails", "server", "-b", "0.0.0.0", "-p", &number,
        ]);
        draft.start = Some(Known::stated(command, rails.evidence.clone()));
        draft.port = Some(port);
        if cx.files.has_folder(&below(folder, "db/migrate")) || has("db/schema.rb") {
            let migrate = words(&["bundle", "exec", "rails", "db:migrate"]);
            draft.migration = Some(Known::stated(
                migrate,
                Evidence::file(below(folder, "db"), "there are migrations of Rails"),
            ));
        }
        for path in ["tmp", "log"] {
            draft
                .writes
                .push(Known::likely(path.to_owned(), rails.evidence.clone()));
        }
        if cx.files.has(&below(folder, "config/storage.yml")) {
            draft.writes.push(Known::likely(
                "storage".to_owned(),
                Evidence::file(
                    below(folder, "config/storage.yml"),
                    "uploads are kept there unless told otherwise",
                ),
            ));
        }
        health_of_rails(reading, draft);
        return;
    }
    let sinatra = gems.get("sinatra");
    if has("config.ru") {
        let file = Evidence::file(below(folder, "config.ru"), "there is a `config.ru`");
        ruby.framework = Some(match sinatra {
            Some(sinatra) => Known::stated(RubyFramework::Sinatra, sinatra.evidence.clone()),
            None => Known::stated(RubyFramework::Rack, file.clone()),
        });
        let port = puma_port(reading)
            .unwrap_or_else(|| habit(9292, &file, "Rack listens here when nothing else is said"));
        draft.start = Some(of_rack(cx, folder, gems, port.value.number, file));
        draft.port = Some(port);
        return;
    }
    let script = [
        "app.rb",
        "main.rb",
        "server.rb",
        "web.rb",
        "index.rb",
        "bot.rb",
    ]
    .into_iter()
    .find(|name| has(name));
    // A file that requires Sinatra at its top is an application of its own.
    let own = || {
        let mut files = reading.files.iter().filter(|text| {
            let local = relative(&text.path, folder);
            let code = text.code();
            !local.contains('/')
                && code
                    .all(&["require"])
                    .any(|at| code.string(at + 1) == Some("sinatra"))
        });
        let only = files.next().filter(|_| files.next().is_none())?;
        Some(plimsoll_source::files::file_name(&only.path))
    };
    let script = script.or_else(|| own().filter(|_| sinatra.is_some()));
    let Some(script) = script else { return };
    let evidence = Evidence::file(
        below(folder, script),
        format!("`{script}` is called like a program's entry"),
    );
    let mut command = words(&["bundle", "exec", "ruby", script]);
    if let Some(sinatra) = sinatra {
        ruby.framework = Some(Known::stated(
            RubyFramework::Sinatra,
            sinatra.evidence.clone(),
        ));
        command.extend(words(&["-o", "0.0.0.0"]));
        let set = reading.files.iter().find_map(|text| {
            let code = text.code();
            let index = (0..code.len()).find(|&at| code.is(at, &["set", ":", "port"]))?;
            ports::of_expression(code, code.expression(index + 4)).stated(Evidence::line(
                &text.path,
                code.line(index),
                "`port` is set",
            ))
        });
        let unread = reading
            .files
            .iter()
            .any(|text| text.code().find(&["set", ":", "port"]).is_some());
        let says = "Sinatra listens here when nothing else is said";
        draft.port = set.or_else(|| (!unread).then(|| habit(4567, &sinatra.evidence, says)));
    } else {
        draft.port = own_port(reading);
    }
    draft.start = Some(Known::likely(command, evidence));
}

/// What serves a `config.ru`. `rackup` starts Puma, too, where it is a gem.
fn of_rack(
    cx: Cx<'_>,
    folder: &str,
    gems: &Dependencies,
    number: u16,
    file: Evidence,
) -> Known<Vec<String>> {
    let number = number.to_string();
    let bind = format!("tcp://0.0.0.0:{number}");
    if let Some(puma) = gems.get("puma").filter(|gem| gem.runtime) {
        let own = cx.files.has(&below(folder, "config/puma.rb"));
        let told = ["bundle", "exec", "puma", "-C", "config/puma.rb"];
        let bound = ["bundle", "exec", "puma", "-b", &bind];
        let command = words(if own { &told } else { &bound });
        return Known::stated(command, file).and(puma.evidence.clone());
    }
    let command = words(&[
        "bundle",
        "exec",
        "rackup",
        "config.ru",
        "-o",
        "0.0.0.0",
        "-p",
        &number,
    ]);
    match has_rackup(cx, folder, gems) {
        Some(evidence) => Known::stated(command, file).and(evidence),
        None => Known::likely(command, file),
    }
}

/// What says that `rackup` is there: until version 2 it was a part of Rack, since then it is a gem.
fn has_rackup(cx: Cx<'_>, folder: &str, gems: &Dependencies) -> Option<Evidence> {
    if let Some(rackup) = gems.get("rackup").filter(|gem| gem.runtime) {
        return Some(rackup.evidence.clone());
    }
    let lock = below(folder, "Gemfile.lock");
    let mut lines = cx.files.text(&lock)?.text.lines().enumerate();
    let (number, line) = lines.find(|(_, line)| {
        let gem = line.trim_start();
        ["rackup (", "rack (1.", "rack (2."]
            .iter()
            .any(|start| gem.starts_with(start))
    })?;
    let says = format!("`{}` brings `rackup`", line.trim());
    Some(Evidence::line(&lock, number as u32 + 1, says))
}

fn habit(number: u16, evidence: &Evidence, says: &str) -> Known<Port> {
    let port = Port {
        number,
        variable: None,
        loopback: false,
    };
    Known::likely(port, Evidence::line(&evidence.file, evidence.line, says))
}

/// `TCPServer.new('0.0.0.0', 8080)`, `WEBrick::HTTPServer.new(Port: 8080)`.
fn own_port(reading: &Reading<'_>) -> Option<Known<Port>> {
    reading.files.iter().find_map(|text| {
        let code = text.code();
        (0..code.len()).find_map(|at| {
            let made = code.is(at + 1, &[".", "new", "("]) || code.is(at + 1, &[".", "open", "("]);
            let said = match code.word(at)? {
                "TCPServer" if made => at + 4..code.close(at + 3),
                "HTTPServer" if made => code.named(at + 3, "Port")?,
                _ => return None,
            };
            let evidence = Evidence::line(&text.path, code.line(at), "it listens here");
            ports::of_expression(code, said).stated(evidence)
        })
    })
}

/// `port ENV.fetch("PORT") { 3000 }` of `config/puma.rb`.
fn puma_port(reading: &Reading<'_>) -> Option<Known<Port>> {
    let text = reading
        .files
        .iter()
        .find(|text| text.path.ends_with("config/puma.rb"))?;
    let code = text.code();
    let index = (0..code.len())
        .find(|&at| code.at_margin(at) && (code.is(at, &["port"]) || code.is(at, &["bind"])))?;
    let line = code.line(index);
    let end = (index..code.len())
        .find(|&at| code.line(at) != line)
        .unwrap_or(code.len());
    ports::of_expression(code, index + 1..end).stated(Evidence::line(
        &text.path,
        line,
        "Puma is told to listen here",
    ))
}

/// `get "up" => "rails/health#show"`
fn health_of_rails(reading: &Reading<'_>, draft: &mut Draft) {
    for text in &reading.files {
        if !text.path.ends_with("config/routes.rb") {
            continue;
        }
        let code = text.code();
        let Some(index) = (0..code.len()).find(|&at| code.string(at) == Some("rails/health#show"))
        else {
            continue;
        };
        let Some(path) = (0..index).rev().find_map(|at| code.string(at)) else {
            continue;
        };
        let route = HealthRoute {
            path: format!("/{}", path.trim_start_matches('/')),
            purpose: HealthPurpose::General,
        };
        let evidence = Evidence::line(&text.path, code.line(index), "Rails' own check is routed");
        draft
            .health
            .push(Known::stated(route, evidence).at_most(Certainty::Stated));
    }
}
