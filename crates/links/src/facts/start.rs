//! What a container starts: the words of ENTRYPOINT and CMD after Compose and Kubernetes have
//! had their say, with wrappers taken off and scripts looked into.

mod open;
mod packages;
mod wrappers;

use plimsoll_compose::{Command as ComposeCommand, Value, interpolation};
use plimsoll_dockerfile::shell::Script;
use plimsoll_dockerfile::{Body, Command, Instruction};
use plimsoll_source::{FileId, Place, TextRange};
use plimsoll_yaml::Node;

use super::image::Image;
use super::runner::{ContainerRunner, Runner, ServiceRunner};
use super::words::{Word, kept, split};
use open::{Opened, Source};

/// A call of a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// The program without its folder.
    pub program: Box<str>,
    /// What follows it.
    pub args: Vec<Word>,
    /// Where the program is named.
    pub place: Place,
    /// Variables set for it alone.
    pub assigned: Vec<(Box<str>, Word)>,
    /// Whether the container ends with it: the last command, or one that replaces the shell.
    pub last: bool,
    /// Whether it runs only under a condition.
    pub conditional: bool,
    /// Whether what follows does not wait for it.
    pub background: bool,
    /// The script of the build context in which it stands, and the line there.
    pub within: Option<(Box<str>, u32)>,
}

/// How process 1 relates to the program that the container is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum First {
    /// It is the program, or replaced by it.
    Program,
    /// An init that passes signals on.
    Init,
    /// A shell that stays in front of it and gets the signals.
    Shell {
        /// The shell: `/bin/sh`.
        interpreter: Box<str>,
        /// The script file that it reads; `None` for `-c` and shell form.
        script: Option<Box<str>>,
        /// The command that it waits for, as written.
        command: Box<str>,
        /// Where that stands in the script.
        line: Option<u32>,
        /// How many commands there are at the top of the script.
        commands: usize,
    },
    /// Not known.
    Unknown,
}

/// Who decides what is started.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// Nothing in the files: the base image does.
    Base,
    /// The Dockerfile.
    Image,
    /// `command` or `entrypoint` of the service, `command` or `args` of the container.
    Runner,
}

/// What a container starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Start {
    /// The calls that it makes, in order; empty where nothing is known.
    pub calls: Vec<Call>,
    /// What process 1 is.
    pub first: First,
    /// Who decides.
    pub by: By,
    /// The instruction or field that decides.
    pub place: Option<Place>,
    /// Whether something could not be looked into: a script that is not there, an ENTRYPOINT of
    /// an unknown base.
    pub opaque: bool,
}

impl Start {
    /// What an image starts by itself.
    pub fn of_image(image: Image<'_>) -> Self {
        let mut words = Vec::new();
        let stage = image.stage();
        let mut place = None;
        let build = image.build();
        if let Some(index) = stage.entrypoint {
            let instruction = &build.file.instructions[index];
            place = Some(image.place(instruction.range));
            match script_of(image, index) {
                // In shell form nothing is added to it.
                Some((script, range)) => {
                    return Self::from_script(script, image, range, By::Image);
                }
                None => words.extend(exec_words(image, instruction)),
            }
        }
        if let Some(index) = stage.cmd {
            let instruction = &build.file.instructions[index];
            place = place.or_else(|| Some(image.place(instruction.range)));
            match script_of(image, index) {
                Some((script, range)) if words.is_empty() => {
                    return Self::from_script(script, image, range, By::Image);
                }
                // The shell's own words become arguments.
                Some((script, _)) => {
                    let end = image.place(instruction.range);
                    words.push(Word::new("/bin/sh", end));
                    words.push(Word::new("-c", end));
                    return Self::behind(words, Some(script), image, place);
                }
                None => words.extend(exec_words(image, instruction)),
            }
        }
        if words.is_empty() {
            return Self {
                calls: Vec::new(),
                first: First::Unknown,
                by: By::Base,
                place: None,
                opaque: false,
            };
        }
        Self::behind(words, None, image, place)
    }

    fn behind(
        words: Vec<Word>,
        script: Option<&Script>,
        image: Image<'_>,
        place: Option<Place>,
    ) -> Self {
        let mut opened = Opened::new(Some(image));
        opened.words(words, script.map(|script| (script, image.file())));
        opened.finish(By::Image, place)
    }

    fn from_script(script: &Script, image: Image<'_>, range: TextRange, by: By) -> Self {
        let mut opened = Opened::new(Some(image));
        let place = image.place(range);
        opened.script(script, Source::Written(image.file()), None);
        opened.finish(by, Some(place))
    }

    /// What a service or container starts, given its image where that is built here.
    pub fn of(runner: &Runner<'_>, image: Option<Image<'_>>) -> Self {
        let (entrypoint, command) = match runner {
            Runner::Service(one) => service_words(one),
            Runner::Container(one) => container_words(one),
        };
        if entrypoint.is_none() && command.is_none() {
            return match image {
                Some(image) => Self::of_image(image),
                None => Self {
                    calls: Vec::new(),
                    first: First::Unknown,
                    by: By::Base,
                    place: None,
                    opaque: false,
                },
            };
        }
        let mut opened = Opened::new(image);
        let mut words = Vec::new();
        let mut place = None;
        match &entrypoint {
            Some(given) => {
                place = given.first().map(|word| word.word.place);
                words.extend(given.iter().cloned());
            }
            // The image's ENTRYPOINT stays in front.
            None => {
                let index = image.and_then(|image| image.stage().entrypoint);
                match (image, index) {
                    (Some(image), Some(index)) => {
                        let instruction = &image.build().file.instructions[index];
                        if script_of(image, index).is_some() {
                            // In shell form it takes no arguments.
                            return Self::of_image(image);
                        }
                        words.extend(exec_words(image, instruction).into_iter().map(Given::fixed));
                    }
                    (Some(image), None) => opened.opaque |= image.known().is_none(),
                    (None, _) => {}
                }
            }
        }
        if let Some(given) = command {
            place = place.or_else(|| given.first().map(|word| word.word.place));
            words.extend(given);
        }
        opened.given(words);
        opened.finish(By::Runner, place)
    }
}

/// A word with the means to find places inside it.
#[derive(Clone)]
pub(super) struct Given<'a> {
    pub(super) word: Word,
    pub(super) at: At<'a>,
}

/// How places inside a word are found.
#[derive(Clone, Copy)]
pub(super) enum At<'a> {
    /// Only the whole is known.
    Whole,
    /// The text is that of a node, letter by letter.
    Node(FileId, Node<'a>),
    /// The text is that of a value of a Compose file.
    Value(FileId, Value<'a>),
}

impl Given<'_> {
    fn fixed(word: Word) -> Self {
        Self {
            word,
            at: At::Whole,
        }
    }
}

impl At<'_> {
    /// The place of a part of the word.
    pub(super) fn part(self, whole: Place, range: TextRange) -> Place {
        let (start, end) = (range.start as usize, range.end as usize);
        match self {
            Self::Whole => whole,
            Self::Node(file, node) => Place::new(file, node.source_range(start..end)),
            Self::Value(file, value) => Place::new(file, value.range_of(start..end)),
        }
    }
}

/// The script of ENTRYPOINT or CMD in shell form, with the range of the whole.
fn script_of(image: Image<'_>, index: usize) -> Option<(&Script, TextRange)> {
    let build = image.build();
    match &build.file.instructions[index].body {
        Body::Entrypoint(Command::Shell(range)) | Body::Cmd(Command::Shell(range)) => {
            Some((build.scripts[index].as_deref()?, *range))
        }
        _ => None,
    }
}

fn exec_words(image: Image<'_>, instruction: &Instruction) -> Vec<Word> {
    match &instruction.body {
        Body::Entrypoint(Command::Exec(words)) | Body::Cmd(Command::Exec(words)) => words
            .iter()
            // Nothing expands variables here.
            .map(|word| Word::new(kept(&word.value), image.place(word.range)))
            .collect(),
        _ => Vec::new(),
    }
}

type Both<'a> = (Option<Vec<Given<'a>>>, Option<Vec<Given<'a>>>);

fn service_words<'a>(runner: &ServiceRunner<'a>) -> Both<'a> {
    let file = runner.unit.file;
    let read = |command: Option<ComposeCommand<'a>>| {
        let words: Vec<Given<'a>> = match command? {
            ComposeCommand::Line(line) => split(&line.text())
                .into_iter()
                .map(|(text, range)| {
                    let place = Place::new(file, line.range_of(range));
                    given(&text, place, At::Whole)
                })
                .collect(),
            ComposeCommand::Words(words) => words
                .into_iter()
                .map(|word| {
                    let place = Place::new(file, word.range());
                    given(&word.text(), place, At::Value(file, word))
                })
                .collect(),
        };
        // An empty list takes away what the image says.
        Some(words)
    };
    (
        read(runner.service.entrypoint()),
        read(runner.service.command()),
    )
}

/// A word of a Compose file: its own variables are put in before the container runs, and `$$`
/// stands for a `$` that is left to the container.
fn given<'a>(text: &str, place: Place, at: At<'a>) -> Given<'a> {
    if !text.contains('$') {
        let word = Word::new(text, place);
        return Given { word, at };
    }
    let text = interpolation::with_unknowns(text);
    Given {
        word: Word::new(text, place),
        at: At::Whole,
    }
}

fn container_words<'a>(runner: &ContainerRunner<'a>) -> Both<'a> {
    let read = |nodes: Vec<Node<'a>>| {
        let words: Vec<Given<'a>> = nodes
            .into_iter()
            .map(|node| Given {
                word: Word::new(
                    node.as_str().unwrap_or_default(),
                    Place::new(runner.file, node.range()),
                ),
                at: At::Node(runner.file, node),
            })
            .collect();
        (!words.is_empty()).then_some(words)
    };
    (
        read(runner.container.command()),
        read(runner.container.args()),
    )
}

#[cfg(test)]
mod tests;
