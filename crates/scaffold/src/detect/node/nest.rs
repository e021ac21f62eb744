//! Routes of Nest's controllers, and what stands before them.

use super::Project;
use crate::detect::code::Code;
use crate::detect::{health, reads};
use crate::model::{Certainty, Evidence, HealthRoute, Known};

/// What Nest puts before all routes.
pub(super) enum Prefix {
    /// Nothing does.
    None,
    /// The code says it.
    Said(String),
    /// It stands for a variable that is not set.
    Default(String),
    /// Something that was not read.
    Unread,
}

impl Prefix {
    /// `app.setGlobalPrefix('api')`.
    pub(super) fn of(project: &Project<'_>) -> Self {
        let mut code = project.code.iter();
        let set = code.find_map(|text| {
            let code = text.text.contains("setGlobalPrefix").then(|| text.code())?;
            Some((code, code.find(&["setGlobalPrefix", "("])?))
        });
        let Some((code, index)) = set else {
            return Self::None;
        };
        if let Some(path) = code.string(index + 2) {
            return Self::Said(path.to_owned());
        }
        let argument = code.arguments(index + 1).into_iter().next();
        let argument = argument.unwrap_or_default();
        let named = code
            .word(argument.start)
            .filter(|_| argument.len() == 1)
            .and_then(|name| code.definition(name));
        let value = named.unwrap_or(argument);
        if let Some(path) = code.string(value.start).filter(|_| value.len() == 1) {
            return Self::Said(path.to_owned());
        }
        let mut reads = value.filter_map(|at| reads::at(code, at));
        let default = reads.find_map(|read| read.default);
        default.map_or(Self::Unread, Self::Default)
    }
}

/// What controllers of a file answer.
pub(super) fn routes(
    project: &Project<'_>,
    code: Code<'_>,
    prefix: &Prefix,
) -> Vec<Known<HealthRoute>> {
    let is_sure = !matches!(prefix, Prefix::Unread | Prefix::Default(_));
    let prefix = match prefix {
        Prefix::Said(path) | Prefix::Default(path) => path.as_str(),
        Prefix::None | Prefix::Unread => "",
    };
    let found = controllers(code, prefix).into_iter();
    // What else knows controllers may put them below a path of its own.
    let is_sure = is_sure && project.package.has("@nestjs/common");
    found
        .map(|known| {
            if is_sure {
                known
            } else {
                known.at_most(Certainty::Likely)
            }
        })
        .collect()
}

fn controllers(code: Code<'_>, prefix: &str) -> Vec<Known<HealthRoute>> {
    let mut found = Vec::new();
    let mut controller = String::new();
    let argument = |open: usize| match code.string(open + 1) {
        Some(path) => Some(path.to_owned()),
        None => code.is(open + 1, &[")"]).then(String::new),
    };
    for index in 0..code.len() {
        if code.is(index, &["@", "Controller", "("]) {
            controller = argument(index + 2).unwrap_or_else(|| "{".to_owned());
        } else if code.is(index, &["@", "Get", "("]) {
            let Some(path) = argument(index + 2) else {
                continue;
            };
            let whole = health::joined(prefix, &controller)
                .or_else(|| controller.is_empty().then(|| prefix.to_owned()));
            let Some(path) = whole.and_then(|whole| health::joined(&whole, &path)) else {
                continue;
            };
            let evidence = Evidence::line(
                code.path,
                code.line(index),
                format!("a controller answers `{path}`"),
            );
            found.extend(health::route(path.trim_end_matches('/'), evidence));
        }
    }
    found
}
