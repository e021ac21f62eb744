//! Instructions as they are carried out: variables expanded, values read.

use std::cell::RefCell;

use plimsoll_source::TextRange;
use plimsoll_source::nearest::nearest;

use super::super::sources::{self, Source};
use super::super::{join, reference, values, workdir};
use super::{At, Env, Pass, expand, fault_error, value};
use crate::syntax::lines::Lines;
use crate::syntax::{Body, Heredoc, Instruction, SyntaxError, Transfer, Word, mounts};
use crate::words;
use crate::words::lexer::{self, Mode};

impl Pass<'_> {
    pub(super) fn instruction(&mut self, at: &At<'_>, instruction: &Instruction, env: &mut Env) {
        match &instruction.body {
            Body::Env(pairs) => {
                let values: Vec<_> = pairs
                    .iter()
                    .map(|pair| {
                        (
                            self.word(at, env, &pair.key),
                            self.word(at, env, &pair.value),
                        )
                    })
                    .collect();
                for (name, value) in values {
                    if let (Some(name), Some(value)) = (name, value) {
                        self.set(env, &name, &value);
                    }
                }
            }
            Body::Label(pairs) => {
                for pair in pairs {
                    self.word(at, env, &pair.key);
                    self.word(at, env, &pair.value);
                }
            }
            Body::Arg(decls) => {
                for decl in decls {
                    let name = &decl.name.value;
                    let value = match &decl.default {
                        Some(word) => self.word(at, env, word),
                        None => self.global.get(name).map(ToString::to_string),
                    };
                    match value {
                        Some(value) => self.set(env, name, &value),
                        None if decl.default.is_none() => env.open.push(name.clone()),
                        None => {}
                    }
                }
            }
            Body::Copy(transfer) => self.transfer(at, env, instruction, transfer, false),
            Body::Add(transfer) => self.transfer(at, env, instruction, transfer, true),
            Body::User(word) => {
                self.word(at, env, word);
            }
            Body::Workdir(word) => {
                if let Some(path) = self.word(at, env, word) {
                    env.dir = workdir(env.dir.as_deref(), &path);
                }
            }
            Body::Volume(words) => {
                for word in words {
                    if self.word(at, env, word).is_some_and(|path| path.is_empty()) {
                        self.push(at, word.range, "a volume's path is empty", "name a path");
                    }
                }
            }
            Body::StopSignal(word) => {
                if let Some(text) = self.word(at, env, word)
                    && !values::is_signal(&text)
                {
                    if let Some(range) = comment_in(word) {
                        let error = SyntaxError::comment_behind(range, "STOPSIGNAL");
                        self.push_error(at, error);
                        return;
                    }
                    let near = nearest(&text, values::signals());
                    let help = near.map_or_else(
                        || "write one such as `SIGTERM`".to_owned(),
                        |near| format!("write `SIG{near}`"),
                    );
                    self.push(at, word.range, format!("`{text}` is no signal"), &help);
                }
            }
            Body::Expose(words) => self.expose(at, env, words),
            Body::Run(_) => self.mounts(at, env, instruction),
            _ => {}
        }
    }

    fn expose(&mut self, at: &At<'_>, env: &Env, list: &[Word]) {
        for word in list {
            if word.value.starts_with('#') {
                let end = list.last().map_or(word.range.end, |last| last.range.end);
                let range = TextRange {
                    start: word.range.start,
                    end,
                };
                self.push_error(at, SyntaxError::comment_behind(range, "EXPOSE"));
                return;
            }
            if !self.sound && word.value.contains('$') {
                continue;
            }
            let mode = Mode::expand(self.file.escape);
            match lexer::words(&word.value, mode, &|name| value(self.fill, env, name)) {
                Ok(ports) => {
                    for port in ports {
                        if values::port_refused(&port.text) {
                            self.push(
                                at,
                                word.range,
                                format!("`{}` is no port", port.text),
                                "write a number up to 65535 or a range `8000-8010`, \
                                 and `/tcp`, `/udp` or `/sctp`",
                            );
                        }
                    }
                }
                Err(fault) => match at.place {
                    Some(place) if !fault.bound => {
                        self.errors.push((at.index, fault_error(place, &fault)));
                    }
                    _ => self.fault(at.index, word, at.text, &fault),
                },
            }
        }
    }

    fn transfer(
        &mut self,
        at: &At<'_>,
        env: &Env,
        instruction: &Instruction,
        transfer: &Transfer,
        add: bool,
    ) {
        let flag = |name: &str| {
            let value = instruction
                .flag(name)
                .and_then(|flag| flag.value.as_ref())?;
            (!value.value.is_empty()).then_some(value)
        };
        let chown = flag("chown").map(|word| (word, self.word(at, env, word)));
        let chmod = flag("chmod").map(|word| (word, self.word(at, env, word)));
        let checksum = flag("checksum").map(|word| (word, self.word(at, env, word)));
        let sources: Vec<_> = transfer
            .sources
            .iter()
            .map(|word| (word, self.word(at, env, word)))
            .collect();
        self.word(at, env, &transfer.dest);
        for heredoc in instruction.heredocs.iter().filter(|heredoc| heredoc.expand) {
            self.heredoc(at, env, heredoc);
        }
        if let Some((word, Some(owner))) = &chown
            && is_on(instruction, "link")
            && values::owner_is_named(owner)
        {
            self.push(
                at,
                word.range,
                format!("`--chown={owner}` needs the image's users, which `--link` does not see"),
                "give numbers, or leave `--link` out",
            );
        }
        if let Some((word, Some(mode))) = &chmod
            && !mode.is_empty()
            && !values::is_mode(mode)
        {
            self.push(
                at,
                word.range,
                format!("`{mode}` is no mode"),
                "write an octal one such as `0755`, or a symbolic one such as `u=rwX,go=rX`",
            );
        }
        let checksum = checksum.and_then(|(word, text)| Some((word, text?)));
        if let Some((word, text)) = checksum.as_ref().filter(|(_, text)| !text.is_empty()) {
            self.checksum(at, word, text, &sources);
        }
        let keep = instruction
            .flag("keep-git-dir")
            .map(|_| is_on(instruction, "keep-git-dir"));
        for (word, text) in &sources {
            let Some(text) = text else { continue };
            match sources::source(text) {
                Source::Path => {}
                Source::Refused(message) => {
                    self.push(at, word.range, message, "mend the query of the repository");
                }
                Source::Http | Source::Git(_) if !add => self.push(
                    at,
                    word.range,
                    format!("`COPY` cannot fetch `{text}`"),
                    "write `ADD`, or fetch it in a `RUN`",
                ),
                Source::Http => {}
                Source::Git(repository) => {
                    let wanted = checksum.as_ref().map_or("", |(_, text)| text.as_str());
                    let both = !wanted.is_empty() && !repository.checksum.is_empty();
                    if both && wanted != repository.checksum {
                        self.push(
                            at,
                            word.range,
                            "flag and query name two checksums",
                            "keep one of them",
                        );
                    }
                    if keep.is_some()
                        && repository.keep_git_dir.is_some()
                        && keep != repository.keep_git_dir
                    {
                        self.push(
                            at,
                            word.range,
                            "flag and query say two things about the `.git` folder",
                            "keep one of them",
                        );
                    }
                }
            }
        }
    }

    fn checksum(
        &mut self,
        at: &At<'_>,
        word: &Word,
        text: &str,
        sources: &[(&Word, Option<String>)],
    ) {
        let [(_, source)] = sources else {
            return self.push(
                at,
                word.range,
                "`--checksum` goes with one source",
                "give every source an `ADD` of its own",
            );
        };
        let Some(source) = source else { return };
        match sources::source(source) {
            Source::Path => self.push(
                at,
                word.range,
                "`--checksum` goes with a URL or a repository",
                "remove it",
            ),
            Source::Http if !reference::is_digest(text) => self.push(
                at,
                word.range,
                format!("`{text}` is no digest"),
                "write `sha256:` and 64 hexadecimal digits",
            ),
            _ => {}
        }
    }

    /// The builder expands the body of a heredoc that is copied; quotes mean nothing there.
    fn heredoc(&mut self, at: &At<'_>, env: &Env, heredoc: &Heredoc) {
        let range = heredoc.body;
        let body = range.of(at.text);
        if !self.sound || !body.contains('$') {
            return;
        }
        // With `<<-` the tabs that lead each line are gone.
        let mut joined = String::new();
        let mut lines = Vec::new();
        let text = if heredoc.strip_tabs {
            for line in Lines::from(&at.text[..range.end as usize], range.start as usize) {
                let whole = line.full().of(at.text);
                let bare = whole.trim_start_matches('\t');
                lines.push((joined.len(), line.start + (whole.len() - bare.len()) as u32));
                joined.push_str(bare);
            }
            &joined[..]
        } else {
            lines.push((0, range.start));
            body
        };
        let mode = Mode {
            skip_quotes: true,
            ..Mode::expand('\\')
        };
        let (result, _) = lexer::word(text, mode, &|name| value(self.fill, env, name));
        let Err(fault) = result else { return };
        if fault.bound {
            return;
        }
        let line = lines
            .partition_point(|&(start, _)| start <= fault.at)
            .max(1)
            - 1;
        let (start, source) = lines[line];
        let from = source + (fault.at - start) as u32;
        // To the end of the line: the construct may have no end.
        let rest = TextRange::new(from, range.end).of(at.text);
        let len = rest.find(['\r', '\n']).unwrap_or(rest.len()) as u32;
        let place = at.place.unwrap_or(TextRange::new(from, from + len));
        let mut error = fault_error(place, &fault);
        error.help =
            Some("quote the heredoc's delimiter if the builder shall not expand it".into());
        self.errors.push((at.index, error));
    }

    fn mounts(&mut self, at: &At<'_>, env: &Env, instruction: &Instruction) {
        for flag in instruction.flags_named("mount") {
            let Some(flag_value) = &flag.value else {
                continue;
            };
            let escape = self.file.escape;
            let fill = self.fill;
            let bound = RefCell::new(false);
            let checked = mounts::check(flag_value, |word| {
                expand(word, escape, &|name| value(fill, env, name)).map_err(|fault| {
                    *bound.borrow_mut() |= fault.bound;
                    fault_error(words::place(word, at.text, escape, fault.at), &fault)
                })
            });
            if bound.into_inner() {
                continue;
            }
            let mount = match checked {
                Ok(mount) => mount,
                Err(mut error) => {
                    error.range = at.place.unwrap_or(error.range);
                    self.errors.push((at.index, error));
                    continue;
                }
            };
            if matches!(mount.kind.as_str(), "secret" | "ssh") {
                continue;
            }
            let absolute = mount.target.starts_with('/');
            let root = if absolute {
                mount.target == "/"
            } else {
                let dir = env.dir.as_deref();
                dir.is_some_and(|dir| join(dir, &mount.target) == "/")
            };
            if root {
                let (message, help) = if mount.target.is_empty() {
                    (
                        format!("the {} mount lacks its target", mount.kind),
                        "add `target=/path`",
                    )
                } else {
                    (
                        "a mount cannot cover the root folder".to_owned(),
                        "name a folder in `target`",
                    )
                };
                self.push(at, flag_value.range, message, help);
            }
        }
    }
}

/// Whether a switch is given and not `false`.
fn is_on(instruction: &Instruction, name: &str) -> bool {
    instruction.flag(name).is_some_and(|flag| {
        flag.value
            .as_ref()
            .is_none_or(|value| value.value.eq_ignore_ascii_case("true"))
    })
}

/// What is meant as a comment behind an argument.
fn comment_in(word: &Word) -> Option<TextRange> {
    let (_, comment) = word.value.split_once([' ', '\t'])?;
    let comment = comment.trim_start();
    // The text of a line that is continued is shorter than its range.
    let is_whole = word.value.len() == word.range.len() as usize;
    let start = if is_whole {
        word.range.end - u32::try_from(comment.len()).ok()?
    } else {
        word.range.start
    };
    let end = word.range.end;
    comment.starts_with('#').then_some(TextRange { start, end })
}
