//! `docker build` and its kin in scripts, Makefiles and pipelines.

use plimsoll_source::TextRange;
use plimsoll_source::files::{file_name, join};

use super::variables::{Variables, without_expressions};
use super::{Built, dockerfile, image_name as name, variant};

/// Options that take a value and are of no interest here.
const WITH_VALUE: &[&str] = &[
    "--add-host",
    "--allow",
    "--annotation",
    "--attest",
    "--build-arg",
    "--build-context",
    "--builder",
    "--cache-from",
    "--cache-to",
    "--cgroup-parent",
    "--iidfile",
    "--label",
    "--metadata-file",
    "--network",
    "--output",
    "--platform",
    "--progress",
    "--registry",
    "--secret",
    "--shm-size",
    "--ssh",
    "--ulimit",
    "-m",
    "-o",
    "-r",
];

/// The images that commands of the text build. `dir` is the folder in which they run.
pub(super) fn builds(path: &str, dir: &str, text: &str) -> Vec<Built> {
    if !text.contains("build") {
        return Vec::new();
    }
    let variables = Variables::of(text);
    let mut found = Vec::new();
    let mut walk = Walk::new(path, dir);
    for (start, line) in logical_lines(text) {
        walk.begin(&line);
        let lead = line.len() - line.trim_start().len();
        if line.trim_start().starts_with('#') {
            continue;
        }
        let line = without_expressions(&line);
        for command in line.split(['&', ';', '|']) {
            // The end of a subshell is no part of its last word.
            let closes = command.matches(')').count() > command.matches('(').count();
            let command = match command.trim_end().strip_suffix(')') {
                Some(inner) if closes => inner,
                _ => command,
            };
            let words: Vec<String> = words(command)
                .into_iter()
                .map(|word| variables.expand(&word))
                .collect();
            let range = TextRange::at(start + lead, start + lead);
            walk.step(&words);
            found.extend(build(&words, &walk.here).into_iter().map(|mut built| {
                built.path = path.to_owned();
                built.range = range;
                built
            }));
        }
    }
    found.extend(tilt(path, dir, text));
    found
}

/// The folder in which commands run, as `cd` changes it.
struct Walk<'a> {
    top: &'a str,
    here: String,
    before: Vec<String>,
    /// The folder before a subshell, which it does not change.
    outside: Option<String>,
    follows: Follows,
}

/// How long a change of the folder lasts.
#[derive(PartialEq)]
enum Follows {
    /// To the end of the script.
    Script,
    /// To the end of the line: each has a shell of its own.
    Line,
    /// Not at all: texts for people begin anywhere.
    Nothing,
}

impl<'a> Walk<'a> {
    fn new(path: &str, dir: &'a str) -> Self {
        let name = file_name(path).to_ascii_lowercase();
        let follows = match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("sh" | "bash" | "ps1") => Follows::Script,
            Some("md" | "rst" | "txt" | "adoc") => Follows::Nothing,
            _ => Follows::Line,
        };
        Self {
            top: dir,
            here: dir.to_owned(),
            before: Vec::new(),
            outside: None,
            follows,
        }
    }

    fn begin(&mut self, line: &str) {
        if let Some(outside) = self.outside.take() {
            self.here = outside;
        }
        if self.follows == Follows::Line {
            self.here = self.top.to_owned();
        }
        if line.trim_start().starts_with('(') {
            self.outside = Some(self.here.clone());
        }
    }

    /// Takes note of a command. A folder that is not known leaves things as they are.
    fn step(&mut self, words: &[String]) {
        let Some(first) = words.first().filter(|_| self.follows != Follows::Nothing) else {
            return;
        };
        // A parenthesis keeps a word together: `(cd a`.
        let mut parts = words.iter().flat_map(|word| word.split_whitespace());
        let command = parts.next().unwrap_or(first);
        match command.trim_start_matches(['@', '-', '+', '(']) {
            "cd" | "pushd" => {
                let known = |path: &&str| !path.contains(['$', '`', '(', '*', '~', '{']);
                match parts.next().filter(known) {
                    Some("-") => self.back(),
                    Some(path) if !path.starts_with('/') => {
                        if let Some(there) = join(&self.here, path) {
                            self.before.push(std::mem::replace(&mut self.here, there));
                        }
                    }
                    _ => {}
                }
            }
            "popd" => self.back(),
            _ => {}
        }
    }

    fn back(&mut self) {
        self.here = self.before.pop().unwrap_or_else(|| self.top.to_owned());
    }
}

/// Lines with continuations joined, each with the offset at which it begins.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut offset = 0;
    let mut open = false;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches(['\n', '\r']);
        let (body, continues) = match body.strip_suffix(['\\', '`']) {
            Some(body) => (body, true),
            None => (body, false),
        };
        match found.last_mut() {
            Some((_, last)) if open && last.len() < 16 * 1024 => last.push_str(body),
            _ => found.push((offset, body.to_owned())),
        }
        open = continues;
        offset += line.len();
    }
    found
}

/// Words as a shell splits them, near enough: quotes keep blanks and go.
fn words(command: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut depth = 0_u32;
    for c in command.chars() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => word.push(c),
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c.is_whitespace() && depth == 0 => {
                if !word.is_empty() {
                    found.push(std::mem::take(&mut word));
                }
            }
            None => {
                match c {
                    '(' | '{' => depth += 1,
                    ')' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                word.push(c);
            }
        }
    }
    if !word.is_empty() {
        found.push(word);
    }
    found
}

/// The images that one command builds.
fn build(words: &[String], dir: &str) -> Vec<Built> {
    let Some(arguments) = arguments(words) else {
        return Vec::new();
    };
    let mut tags: Vec<&str> = Vec::new();
    let (mut file, mut target, mut context) = (None, None, None);
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        let (option, value) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value)),
            _ => (word.as_str(), None),
        };
        let mut value = || value.or_else(|| rest.next().map(String::as_str));
        match option {
            "-t" | "--tag" | "--image" => tags.extend(value()),
            "-f" | "--file" => file = value(),
            "--target" => target = value(),
            _ if WITH_VALUE.contains(&option) => {
                value();
            }
            _ if option.starts_with('-') => {}
            _ => context = Some(word.as_str()),
        }
    }
    let unknown = |text: &str| text.contains(['$', '{', '(', '*']) || text.contains("://");
    let Some(context) = context.filter(|context| *context != "-" && !unknown(context)) else {
        return Vec::new();
    };
    if file.is_some_and(unknown) {
        return Vec::new();
    }
    let Some(context) = join(dir, context) else {
        return Vec::new();
    };
    let Some(dockerfile) = dockerfile(&context, file, dir) else {
        return Vec::new();
    };
    let target = target.filter(|target| !unknown(target)).map(str::to_owned);
    tags.into_iter()
        .filter_map(|tag| Some((name(tag)?, tag)))
        .map(|(name, tag)| Built {
            name,
            variant: variant(tag),
            context: context.clone(),
            dockerfile: dockerfile.clone(),
            target: target.clone(),
            path: String::new(),
            range: TextRange::default(),
            command: true,
        })
        .collect()
}

/// What follows `docker build` and the like.
fn arguments(words: &[String]) -> Option<&[String]> {
    let program = words.iter().position(|word| {
        let name = word.trim_start_matches(['@', '-', '+', '(']);
        let name = name.rsplit('/').next().unwrap_or(name);
        matches!(
            name,
            "docker"
                | "podman"
                | "nerdctl"
                | "buildah"
                | "az"
                | "img"
                | "$(DOCKER)"
                | "${DOCKER}"
                | "$DOCKER"
        )
    })?;
    let rest = &words[program + 1..];
    let build = rest.iter().take(4).position(|word| {
        matches!(word.as_str(), "build" | "b" | "bud")
            && rest
                .first()
                .is_some_and(|first| !first.starts_with("compose"))
    })?;
    Some(&rest[build + 1..])
}

/// `docker_build('name', 'context', dockerfile='…')` of a Tiltfile.
fn tilt(path: &str, dir: &str, text: &str) -> Vec<Built> {
    let calls = text.match_indices("docker_build(").take(200);
    calls
        .filter_map(|(at, call)| {
            let start = at + call.len();
            let end = text[start..]
                .find(')')
                .map_or(text.len(), |end| start + end);
            let mut plain = Vec::new();
            let (mut file, mut target) = (None, None);
            for argument in text[start..end].split(',') {
                let unquoted = |text: &str| Some(text.trim().trim_matches(['"', '\'']).to_owned());
                match argument.split_once('=') {
                    Some((key, value)) => match key.trim() {
                        "dockerfile" => file = unquoted(value),
                        "target" => target = unquoted(value),
                        "context" => plain.push(unquoted(value)?),
                        _ => {}
                    },
                    None => plain.push(unquoted(argument)?),
                }
            }
            let context = join(dir, plain.get(1)?)?;
            Some(Built {
                name: name(plain.first()?)?,
                variant: variant(plain.first()?),
                dockerfile: dockerfile(&context, file.as_deref(), dir)?,
                context,
                target,
                path: path.to_owned(),
                range: TextRange::at(at, at + call.len() - 1),
                command: true,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::builds;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let shown: Vec<_> = builds("dir/Makefile", "dir", text)
            .iter()
            .map(|one| {
                let target = one.target.as_deref().unwrap_or("-");
                format!("{:?} {} {} {target}", one.name, one.context, one.dockerfile)
            })
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn builds_are_found_in_makefiles_and_scripts() {
        check(
            "NAME := web\nREPO := acme\nimage:\n\t@docker build -t $(REPO)/$(NAME):$(TAG) .\n",
            &["Whole(\"acme/web\") dir dir/Dockerfile -"],
        );
        check(
            "set -e\ndocker buildx build --platform linux/amd64,linux/arm64 \\\n  -f api/Dockerfile --target run \\\n  --tag=${REPO}/api:1 --push ..\n",
            &["Last(\"api\")  dir/api/Dockerfile run"],
        );
        check(
            "cd x && docker build -t a . && docker tag a b\n",
            &["Whole(\"a\") dir/x dir/x/Dockerfile -"],
        );
        // Each line of a Makefile has a shell of its own.
        check(
            "a:\n\tcd x\n\tdocker build -t a .\n",
            &["Whole(\"a\") dir dir/Dockerfile -"],
        );
        check(
            "docker_build('shop/web', './web', dockerfile='web/Dockerfile.dev')\n",
            &["Whole(\"shop/web\") dir/web dir/web/Dockerfile.dev -"],
        );
    }

    #[test]
    fn scripts_change_their_folder() {
        let places = |path: &str, text: &str| -> Vec<String> {
            let found = builds(path, "", text);
            found.into_iter().map(|one| one.dockerfile).collect()
        };
        let text = "cd services/a\ndocker build -t a .\ncd ../..\ndocker build -t b .\n\
                    pushd c && docker build -t c . && popd\n(cd d && docker build -t d .)\n\
                    docker build -t e .\ncd \"$(dirname \"$0\")\"\ndocker build -t f .\n";
        assert_eq!(
            places("build.sh", text),
            [
                "services/a/Dockerfile",
                "Dockerfile",
                "c/Dockerfile",
                "d/Dockerfile",
                "Dockerfile",
                "Dockerfile"
            ]
        );
        // Readers have cloned what they enter.
        assert_eq!(
            places("README.md", "cd a && docker build -t a .\n"),
            ["Dockerfile"]
        );
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        check("docker build -t $1 $2\n", &[]);
        check("docker build -t a https://example.com/x.git\n", &[]);
        check("# docker build -t a .\n", &[]);
        check("docker compose build\n", &[]);
        check(
            "for d in *; do docker build -t \"$r/$d\" \"$d\"; done\n",
            &[],
        );
    }
}
