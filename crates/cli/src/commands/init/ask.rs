//! Questions on a terminal.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use plimsoll_report::escape;
use plimsoll_scaffold::detect::{Told, ToldService};
use plimsoll_scaffold::merge::Plan;
use plimsoll_scaffold::model::{Evidence, Known, Question, Survey, Topic};

use super::told;

/// Whether somebody is there to answer.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Whether something is open that somebody could answer.
pub(super) fn has_questions(survey: &Survey) -> bool {
    let mut all = survey
        .services
        .iter()
        .flat_map(|service| &service.questions);
    all.any(|question| question.topic != Topic::Schedule)
}

/// Asks what the tree does not settle; whether anything was answered.
pub(super) fn questions(survey: &Survey, told: &mut Told) -> bool {
    let mut answered = false;
    for service in &survey.services {
        let asked = service.questions.iter();
        for question in asked.filter(|question| question.topic != Topic::Schedule) {
            let Some(answer) = ask(question) else {
                continue;
            };
            if let Some(said) = said(question.topic, &answer) {
                let said = ToldService {
                    folder: Some(service.folder.clone()),
                    ..said
                };
                told.services.insert(0, said);
                answered = true;
            }
        }
    }
    answered
}

/// Whether what is planned is to be done.
pub(super) fn yes(plan: &Plan) -> bool {
    let count = plan
        .files
        .iter()
        .filter(|file| file.before != file.after)
        .count();
    let answer = line(&format!("Write {count} files? [y/N] "));
    answer.is_some_and(|answer| matches!(answer.as_str(), "y" | "Y" | "yes" | "Yes"))
}

fn ask(question: &Question) -> Option<String> {
    let mut text = format!("\n{}\n", escape::lines(&question.text));
    for (number, choice) in question.choices.iter().enumerate() {
        let _ = writeln!(text, "  {}  {}", number + 1, escape::one_line(choice));
    }
    text.push_str("Answer, a number above, or nothing to leave it open: ");
    let answer = line(&text)?;
    if answer.is_empty() {
        return None;
    }
    let number: Option<usize> = answer.parse().ok();
    let chosen = number.and_then(|number| question.choices.get(number.checked_sub(1)?));
    Some(chosen.cloned().unwrap_or(answer))
}

/// An answer as what the user said; nothing where it makes no sense.
fn said(topic: Topic, answer: &str) -> Option<ToldService> {
    let by = || Evidence::table("said when asked");
    let none = ToldService::default();
    Some(match topic {
        Topic::Start => ToldService {
            start: Some(Known::told(told::split(answer)?, by())),
            ..none
        },
        Topic::Port => ToldService {
            port: Some(Known::told(answer.parse().ok()?, by())),
            ..none
        },
        Topic::Program => ToldService {
            program: Some(Known::told(answer.to_owned(), by())),
            ..none
        },
        Topic::Version => ToldService {
            version: Some(Known::told(answer.to_owned(), by())),
            ..none
        },
        // Only the tree can say it.
        Topic::Schedule => return None,
        Topic::Backing => {
            let names: Vec<String> = answer
                .split([',', ' '])
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect();
            ToldService {
                backing: Some(told::backings(&names, &by()).ok()?),
                ..none
            }
        }
    })
}

fn line(question: &str) -> Option<String> {
    let mut errors = io::stderr().lock();
    write!(errors, "{question}")
        .and_then(|()| errors.flush())
        .ok()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).ok()?;
    Some(answer.trim().to_owned())
}
