//! As whom a process runs: USER of the image, the number behind its name, and what the
//! Dockerfile gives to that user.

use std::collections::BTreeMap;

use plimsoll_dockerfile::{Body, Command};
use plimsoll_source::Place;

use super::bases::{self, BaseUser};
use super::image::{Image, absolute};
use super::words::{Part, Word, of_shell};

/// The user of an image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum User {
    /// Root, by name or number, or because nothing is said.
    Root,
    /// A number.
    Id(u32),
    /// A name, which nothing outside the image can look up.
    Name(Box<str>),
    /// Not known.
    Unknown,
}

/// The user of an image and how it is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The user as the image's configuration has it.
    pub user: User,
    /// The number: of a name, as the Dockerfile or the base image gives it.
    pub id: Option<u32>,
    /// The USER instruction's word; `None` where the base image decides.
    pub place: Option<Place>,
}

/// Something of the image that is given to a user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owned {
    /// The path in the image, absolute where that is known.
    pub path: String,
    /// The user as written: a name or a number.
    pub user: Box<str>,
    /// The number.
    pub id: Option<u32>,
    /// Where it is written.
    pub place: Place,
    /// Whether it is a folder made for it, not files that were copied.
    pub made: bool,
}

impl Identity {
    /// The user of an image.
    pub fn of(image: Image<'_>) -> Self {
        let Some((index, text)) = &image.stage().user else {
            return Self::of_base(image);
        };
        let place = match &image.build().file.instructions[*index].body {
            Body::User(word) => Some(image.place(word.range)),
            _ => None,
        };
        let name = text.split(':').next().unwrap_or("");
        let name = match name {
            // .NET's images bring the number of their user in this variable.
            "$APP_UID" | "${APP_UID}"
                if image
                    .base()
                    .is_some_and(|base| base.domain() == "mcr.microsoft.com") =>
            {
                return Self {
                    user: User::Id(bases::APP_UID),
                    id: Some(bases::APP_UID),
                    place,
                };
            }
            name => name,
        };
        let user = user(name);
        let id = match &user {
            User::Root => Some(0),
            User::Id(id) => Some(*id),
            User::Name(name) => id_of(image, name),
            User::Unknown => None,
        };
        Self { user, id, place }
    }

    fn of_base(image: Image<'_>) -> Self {
        let (user, id) = match image.known().map(|known| known.user) {
            Some(BaseUser::Root) => (User::Root, Some(0)),
            Some(BaseUser::Id(id)) => (User::Id(id), Some(id)),
            Some(BaseUser::Name(name)) => {
                let id = bases::user_id(image.base().as_ref(), name);
                (User::Name(name.into()), id)
            }
            Some(BaseUser::Unknown) | None => (User::Unknown, None),
        };
        Self {
            user,
            id,
            place: None,
        }
    }
}

/// What the text before the colon of a USER means.
pub fn user(name: &str) -> User {
    if name.is_empty() || name.contains(['$', '\u{0}']) {
        return User::Unknown;
    }
    if name == "root" {
        return User::Root;
    }
    match name.parse() {
        Ok(0) => User::Root,
        Ok(id) => User::Id(id),
        Err(_) => User::Name(name.into()),
    }
}

/// The number of a user of an image: as the Dockerfile makes it, or as the base image brings it.
pub fn id_of(image: Image<'_>, name: &str) -> Option<u32> {
    if let Ok(id) = name.parse() {
        return Some(id);
    }
    if let Some(made) = made(image)
        .into_iter()
        .rev()
        .find(|made| &*made.name == name)
    {
        return made.id;
    }
    bases::user_id(image.base().as_ref(), name)
}

/// A user that a RUN makes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Made {
    /// Its name.
    pub name: Box<str>,
    /// Its number, where one is given.
    pub id: Option<u32>,
    /// The call that makes it.
    pub place: Place,
}

/// The users that the Dockerfile makes, in order.
pub fn made(image: Image<'_>) -> Vec<Made> {
    let mut found = Vec::new();
    for call in run_calls(image) {
        if !matches!(&*call.program, "useradd" | "adduser") {
            continue;
        }
        let mut id = None;
        let mut name = None;
        let mut args = call.args.iter().peekable();
        while let Some(arg) = args.next() {
            let text = &*arg.text;
            if let Some(value) = text.strip_prefix("--uid=") {
                id = value.parse().ok();
                continue;
            }
            match text {
                "-u" | "--uid" => {
                    id = args.next().and_then(|value| value.text.parse().ok());
                }
                // Options with a value; `-s` and `-g` mean the same in both tools, nearly.
                "-g" | "-G" | "-d" | "-h" | "-s" | "-c" | "-k" | "-K" | "-b" | "-e" | "-f"
                | "-p" | "--gid" | "--groups" | "--home" | "--home-dir" | "--shell"
                | "--comment" | "--gecos" | "--ingroup" | "--password" | "--firstuid"
                | "--base-dir" | "--skel" => {
                    args.next();
                }
                _ if text.starts_with('-') => {
                    // `-Du 1000` of BusyBox.
                    let short = text.len() > 2 && !text.starts_with("--");
                    if short && text.ends_with('u') {
                        id = args.next().and_then(|value| value.text.parse().ok());
                    }
                }
                _ if name.is_none() => name = Some(text.to_owned()),
                _ => {}
            }
        }
        if let Some(name) = name.filter(|name| !name.contains('$')) {
            found.push(Made {
                name: name.into(),
                id,
                place: call.place,
            });
        }
    }
    found
}

/// What the Dockerfile gives to users other than root, in order.
pub fn owned(image: Image<'_>) -> Vec<Owned> {
    let mut found = Vec::new();
    let mut push = |path: String, owner: &str, place: Place, made: bool| {
        let owner = owner.split([':', '.']).next().unwrap_or("");
        if !matches!(user(owner), User::Root | User::Unknown) {
            found.push(Owned {
                path,
                user: owner.into(),
                id: id_of(image, owner),
                place,
                made,
            });
        }
    };
    for copy in image.copies() {
        let flag = copy.instruction.flag("chown");
        let Some(value) = flag.and_then(|flag| flag.value.as_ref()) else {
            continue;
        };
        let (owner, known) = image.build().expanded(copy.index, value);
        if known {
            push(copy.dest, &owner, image.place(value.range), false);
        }
    }
    for call in run_calls(image) {
        let plain: Vec<&Word> = call
            .args
            .iter()
            .filter(|word| !word.text.starts_with('-'))
            .collect();
        match &*call.program {
            "chown" => {
                let Some((owner, paths)) = plain.split_first() else {
                    continue;
                };
                for path in paths.iter().filter(|path| path.is_literal()) {
                    let whole = absolute(&call.folder, &path.text);
                    push(whole, &owner.text, owner.place, true);
                }
            }
            "install" => {
                let at = call.args.iter().position(|word| &*word.text == "-o");
                let owner = at.and_then(|at| call.args.get(at + 1));
                let folder = call.args.iter().any(|word| word.text.starts_with("-d"));
                if let (Some(owner), true, Some(path)) = (owner, folder, plain.last()) {
                    push(
                        absolute(&call.folder, &path.text),
                        &owner.text,
                        owner.place,
                        true,
                    );
                }
            }
            _ => {}
        }
    }
    found
}

/// A call in a RUN.
pub(crate) struct RunCall {
    pub(crate) program: Box<str>,
    pub(crate) args: Vec<Word>,
    pub(crate) place: Place,
    /// The folder in which it runs.
    pub(crate) folder: String,
}

/// The calls of all RUN of an image in order, variables of the Dockerfile put in.
pub(crate) fn run_calls(image: Image<'_>) -> Vec<RunCall> {
    let build = image.build();
    let mut folder = "/".to_owned();
    let mut found = Vec::new();
    for (index, instruction) in image.instructions() {
        match &instruction.body {
            Body::Workdir(word) => folder = absolute(&folder, &build.expanded(index, word).0),
            Body::Run(Command::Exec(words)) if build.scripts[index].is_none() => {
                let mut words = words
                    .iter()
                    .map(|word| Word::new(&*word.value, image.place(word.range)));
                let Some(first) = words.next() else { continue };
                found.push(RunCall {
                    program: base_name(&first.text).into(),
                    place: first.place,
                    args: words.collect(),
                    folder: folder.clone(),
                });
            }
            Body::Run(_) => {
                let Some(script) = build.scripts[index].as_deref() else {
                    continue;
                };
                let mut values: Option<BTreeMap<String, String>> = None;
                for command in &script.commands {
                    let mut words = command.words.iter().map(|word| {
                        let word = of_shell(word, image.place(word.range));
                        if word.is_literal() {
                            return word;
                        }
                        let values = values.get_or_insert_with(|| build.env_at(index));
                        Word::new(filled(&word, values), word.place)
                    });
                    let Some(mut first) = words.next() else {
                        continue;
                    };
                    if &*first.text == "sudo" {
                        let Some(next) = words.next() else { continue };
                        first = next;
                    }
                    found.push(RunCall {
                        program: base_name(&first.text).into(),
                        place: first.place,
                        args: words.collect(),
                        folder: folder.clone(),
                    });
                }
            }
            _ => {}
        }
    }
    found
}

/// The word with known variables put in; others stay.
fn filled(word: &Word, values: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    for part in word.parts() {
        match part {
            Part::Text(part) => text.push_str(part),
            Part::Variable(one) => match values.get(one.name).map(String::as_str).or(one.default) {
                Some(value) => text.push_str(value),
                None => text.push('$'),
            },
            Part::Unknown => text.push('$'),
        }
    }
    text
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use plimsoll_project::{Options, Project};
    use plimsoll_testkit::{Fixture, tree};

    use super::{Identity, made, owned};
    use crate::facts::image::Image;

    fn with<T>(dockerfile: &str, ask: impl FnOnce(Image<'_>) -> T) -> T {
        let tree = tree(&Fixture::parse("Dockerfile", dockerfile));
        let project = Project::load(Arc::new(tree), &Options::default());
        let last = project.dockerfiles[0].build.stages.len() as u32 - 1;
        ask(Image::new(&project, 0, last).expect("a stage"))
    }

    #[track_caller]
    fn user(dockerfile: &str, expected: &str) {
        let found = with(dockerfile, |image| {
            let found = Identity::of(image);
            let id = found.id.map_or("?".into(), |id| id.to_string());
            format!("{:?} {id}", found.user)
        });
        assert_eq!(found, expected, "{dockerfile}");
    }

    #[test]
    fn users_and_their_numbers() {
        user("FROM node:22\nUSER node\n", "Name(\"node\") 1000");
        user("FROM debian:13\nUSER 10001:10001\n", "Id(10001) 10001");
        user("FROM debian:13\nUSER root\n", "Root 0");
        user("FROM debian:13\n", "Root 0");
        user("FROM scratch\n", "Root 0");
        user("FROM acme/x\n", "Unknown ?");
        user("FROM gcr.io/distroless/static:nonroot\n", "Id(65532) 65532");
        user(
            "FROM gcr.io/distroless/static\nUSER nonroot\n",
            "Name(\"nonroot\") 65532",
        );
        user(
            "FROM mcr.microsoft.com/dotnet/aspnet:8.0\nUSER $APP_UID\n",
            "Id(1654) 1654",
        );
        user("FROM debian:13\nARG U\nUSER $U\n", "Unknown ?");
        user(
            "FROM debian:13\nARG ID=1234\nRUN groupadd -g 5 app && useradd -r -u $ID -g app app\nUSER app\n",
            "Name(\"app\") 1234",
        );
        user(
            "FROM alpine\nRUN adduser -D -u 1001 app\nUSER app:app\n",
            "Name(\"app\") 1001",
        );
        user(
            "FROM alpine\nRUN adduser -S -h /home app\nUSER app\n",
            "Name(\"app\") ?",
        );
    }

    #[test]
    fn users_are_made_by_the_tools_of_both_families() {
        with(
            "FROM a\nRUN adduser --system --uid=1002 --ingroup x svc\nRUN [\"useradd\", \"-m\", \"me\"]\n",
            |image| {
                let found: Vec<_> = made(image).into_iter().map(|m| (m.name, m.id)).collect();
                assert_eq!(found, [("svc".into(), Some(1002)), ("me".into(), None)]);
            },
        );
    }

    #[test]
    fn what_is_given_to_a_user() {
        with(
            "FROM node:22\nWORKDIR /app\nCOPY --chown=node:node . .\nRUN mkdir data && chown -R node data /var/x\nRUN chown root:root /y\nRUN install -d -o 1001 /z\n",
            |image| {
                let found: Vec<_> = owned(image)
                    .into_iter()
                    .map(|one| (one.path, one.id, one.made))
                    .collect();
                assert_eq!(
                    found,
                    [
                        ("/app".into(), Some(1000), false),
                        ("/app/data".into(), Some(1000), true),
                        ("/var/x".into(), Some(1000), true),
                        ("/z".into(), Some(1001), true),
                    ]
                );
            },
        );
    }
}
