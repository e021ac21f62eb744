//! What can go wrong with a command, and whose fault it is.

use std::process::ExitCode;

use plimsoll_report::Problem;
use plimsoll_source::SourceFile;

/// Why a command gave no answer.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    /// What happened: one lower-case phrase.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: Option<String>,
    /// The group of refusals that it belongs to, one word.
    pub(crate) group: Option<&'static str>,
    /// What is wrong with a file, place by place; said instead of the message.
    pub(crate) places: Option<Box<Places>>,
}

/// What is wrong with a file.
#[derive(Debug)]
pub(crate) struct Places {
    /// The file, by the path to show.
    pub(crate) file: SourceFile,
    /// The problems.
    pub(crate) problems: Vec<Problem>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    User,
    Refused,
    Internal,
}

impl Failure {
    /// Something that the user can mend.
    pub(crate) fn user(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::User,
            message: message.into(),
            help: None,
            group: None,
            places: None,
        }
    }

    /// Something that only we can mend.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Internal,
            message: message.into(),
            help: None,
            group: None,
            places: None,
        }
    }

    /// Mistakes of the user in a file.
    pub(crate) fn in_file(file: SourceFile, problems: Vec<Problem>) -> Self {
        Self {
            places: Some(Box::new(Places { file, problems })),
            ..Self::user(String::new())
        }
    }

    /// The same in other words.
    pub(crate) fn saying(self, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..self
        }
    }

    /// Adds what to do.
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    /// The same with words before what happened.
    pub(crate) fn within(self, words: &str) -> Self {
        Self {
            message: format!("{words}: {}", self.message),
            ..self
        }
    }

    /// Says to which group of refusals it belongs.
    pub(crate) fn group(self, group: &'static str) -> Self {
        Self {
            group: Some(group),
            ..self
        }
    }

    /// The same as a refusal: what was asked for was understood, and the answer is no.
    pub(crate) fn refused(self) -> Self {
        match self.kind {
            Kind::User => Self {
                kind: Kind::Refused,
                ..self
            },
            Kind::Refused | Kind::Internal => self,
        }
    }

    /// 1 for refusals, 2 for the user's mistakes, 3 for ours.
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(match self.kind {
            Kind::Refused => 1,
            Kind::User => 2,
            Kind::Internal => 3,
        })
    }
}
