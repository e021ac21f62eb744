//! What BuildKit sends of a build context: only what the COPY, ADD and bind mounts of the stages
//! that are built name, and of that only what `.dockerignore` leaves.

use crate::ignore::{Context, ContextFile, Inherited, Matcher, Scratch, clean, evaluate};
use crate::stages::{Base, Build};
use crate::syntax::{Body, Instruction, Mount, Word};

/// The paths of the context that a build asks for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Requested {
    /// Paths relative to the context's root, cleaned; wildcards are still in them.
    pub paths: Vec<String>,
    /// The root itself is asked for (`COPY . .`, a bind mount without source).
    pub everything: bool,
    /// Some path depends on a variable without a value; it is not in `paths`.
    pub incomplete: bool,
}

/// The paths of the context that the final stage and those it needs ask for, through ONBUILD
/// instructions of stages they are built on too.
pub fn requested(build: &Build) -> Requested {
    let mut requested = Requested::default();
    let mut scratch_mounts = false;
    for stage in build.reachable() {
        let stage = &build.stages[stage];
        for index in stage.instructions.clone() {
            let instruction = &build.file.instructions[index];
            scratch_mounts |= requested.add(build, index, instruction);
        }
        if let Base::Stage(parent) = stage.base {
            for index in build.stages[parent].instructions.clone() {
                if let Body::Onbuild(inner) = &build.file.instructions[index].body {
                    // The variables are those of the stage that runs the trigger.
                    scratch_mounts |= requested.add(build, stage.from, inner);
                }
            }
        }
    }
    // A tmpfs mount names the root of the context without reading it; BuildKit then sends
    // everything, provided that something else reads the context.
    requested.everything |= scratch_mounts && !requested.paths.is_empty();
    requested.paths.sort_unstable();
    requested.paths.dedup();
    requested
}

impl Requested {
    /// Adds what `instruction` asks for; says whether it has a tmpfs mount.
    fn add(&mut self, build: &Build, index: usize, instruction: &Instruction) -> bool {
        match &instruction.body {
            Body::Copy(transfer) => {
                let other = instruction
                    .flag("from")
                    .and_then(|flag| flag.value.as_ref());
                if other.is_none_or(|from| from.value.is_empty()) {
                    for source in &transfer.sources {
                        self.add_source(build, index, source);
                    }
                }
            }
            Body::Add(transfer) => {
                for source in &transfer.sources {
                    self.add_source(build, index, source);
                }
            }
            Body::Run(_) => {
                let mut scratch = false;
                for mount in instruction.flags_named("mount").filter_map(Mount::read) {
                    if mount
                        .from
                        .as_ref()
                        .is_some_and(|from| !from.value.is_empty())
                    {
                        continue;
                    }
                    match &*mount.kind {
                        "" | "bind" => match &mount.source {
                            Some(source) => self.add_source(build, index, source),
                            None => self.everything = true,
                        },
                        "tmpfs" => scratch = true,
                        _ => {}
                    }
                }
                return scratch;
            }
            _ => {}
        }
        false
    }

    fn add_source(&mut self, build: &Build, index: usize, source: &Word) {
        let (path, known) = build.expanded(index, source);
        if !known {
            self.incomplete = true;
            return;
        }
        if is_remote(&path) {
            return;
        }
        let path = clean(&format!("/{path}"));
        if path == "/" {
            self.everything = true;
        } else {
            self.paths.push(path[1..].to_owned());
        }
    }
}

/// Whether an ADD source is fetched and not taken from the context.
fn is_remote(source: &str) -> bool {
    ["http://", "https://", "git://", "ssh://", "git@"]
        .iter()
        .any(|start| source.starts_with(start))
}

/// The files of `context` that BuildKit would send for `build`. What a symbolic link points to is
/// sent too, but only the link is given here, since links are not followed.
pub fn transfer<'c>(build: &Build, context: &'c Context) -> Vec<&'c ContextFile> {
    let requested = requested(build);
    if requested.everything {
        return context.files.iter().collect();
    }
    // The client filters with the same patterns as `.dockerignore`. A path that is no pattern
    // fails the build, and then nothing is sent for it.
    let patterns: Vec<(bool, Matcher)> = requested
        .paths
        .iter()
        .filter_map(|path| Matcher::read(path).ok()?)
        .map(|(_, negated, matcher)| (negated, matcher))
        .collect();
    let mut found = Vec::new();
    let mut scratch = Scratch::default();
    // The folders on the way to the current file, with what the patterns said about them.
    let mut folders: Vec<(&str, Inherited)> = Vec::new();
    let ask = |path: &str, folder: Option<&(&str, Inherited)>, scratch: &mut Scratch| {
        let root = Inherited::default();
        let folder = folder.map_or(&root, |(_, inherited)| inherited);
        evaluate(
            patterns
                .iter()
                .map(|(negated, matcher)| (*negated, matcher)),
            path,
            folder,
            scratch,
        )
    };
    for file in &context.files {
        let path = file.path.as_str();
        let holds = |folder: &str| {
            path.strip_prefix(folder)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        while folders.last().is_some_and(|(folder, _)| !holds(folder)) {
            folders.pop();
        }
        let known = folders.last().map_or(0, |(folder, _)| folder.len() + 1);
        for (slash, _) in path[known..].match_indices('/') {
            let folder = &path[..known + slash];
            let verdict = ask(folder, folders.last(), &mut scratch);
            folders.push((folder, verdict.inherited));
        }
        if ask(path, folders.last(), &mut scratch).excluded {
            found.push(file);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Requested, requested, transfer};
    use crate::ignore::{Context, ContextFile};
    use crate::{Build, parse};

    fn context(paths: &[&str]) -> Context {
        let mut files: Vec<_> = paths
            .iter()
            .map(|path| ContextFile {
                path: (*path).to_owned(),
                len: 1,
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Context {
            bytes: files.len() as u64,
            files,
            truncated: false,
        }
    }

    #[test]
    fn only_what_reachable_stages_name_is_sent() {
        let build = Build::new(parse(
            "FROM a AS unused\nCOPY . .\n\
             FROM b AS build\nCOPY package*.json ./src/../lib /x/\nRUN --mount=type=bind,source=conf,target=/c make\n\
             FROM c\nCOPY --from=build /x /x\nCOPY [\"../with space\", \"/\"]\nADD https://x.org/y /y\n",
        ));
        let context = context(&[
            "package.json",
            "package-lock.json",
            "lib/a/b",
            "conf/x",
            "with space",
            "other",
            "sub/package.json",
            "libx",
        ]);
        let sent: Vec<_> = transfer(&build, &context)
            .iter()
            .map(|file| &*file.path)
            .collect();
        assert_eq!(
            sent,
            [
                "conf/x",
                "lib/a/b",
                "package-lock.json",
                "package.json",
                "with space"
            ]
        );
    }

    #[test]
    fn some_instructions_ask_for_everything() {
        let everything = |text: &str| requested(&Build::new(parse(text))).everything;
        assert!(everything("FROM a\nCOPY . .\n"));
        assert!(everything("FROM a\nADD ./ /x\n"));
        assert!(everything("FROM a\nCOPY ../.. /x\n"));
        assert!(everything("FROM a\nRUN --mount=target=. ls\n"));
        assert!(everything(
            "FROM a\nCOPY a /\nRUN --mount=type=tmpfs,target=/x ls\n"
        ));
        assert!(everything("FROM a AS b\nONBUILD COPY . .\nFROM b\n"));
        assert!(!everything("FROM a\nRUN --mount=type=tmpfs,target=/x ls\n"));
        assert!(!everything("FROM a AS b\nCOPY . .\nFROM a\n"));
        assert!(!everything(
            "FROM a\nRUN --mount=type=cache,target=/x --mount=type=secret,id=y ls\n"
        ));
        assert!(!everything("FROM a\nCOPY <<EOF /x\n.\nEOF\n"));
    }

    #[test]
    fn variables_are_expanded_where_they_have_a_value() {
        let build = Build::new(parse(
            "FROM a\nARG dir=src\nARG other\nCOPY $dir/${dir}.c /x\nCOPY $other /y\n",
        ));
        assert_eq!(
            requested(&build),
            Requested {
                paths: vec!["src/src.c".into()],
                everything: false,
                incomplete: true
            }
        );
    }
}
