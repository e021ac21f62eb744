//! What is wrong with a file of our own (a configuration, a baseline): messages with frames, for
//! standard error.

use std::fmt::Write;

use plimsoll_source::{Severity, SourceFile, TextRange};

use crate::escape;
use crate::frame::{self, Layout, Mark};
use crate::style::{Painted, Palette};

/// What is wrong at one place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where.
    pub range: TextRange,
    /// What is wrong: one lower-case phrase.
    pub message: String,
    /// What to do, imperative.
    pub help: Option<String>,
}

/// The width that lines are cut to.
const WIDTH: usize = 140;

/// The problems of a file, each with the line that it is on. The path is shown as it is.
pub fn problems(file: &SourceFile, problems: &[Problem], color: bool) -> String {
    let palette = Palette::new(color);
    let mut out = String::new();
    for problem in problems {
        let marks = [Mark {
            range: problem.range,
            label: String::new(),
            primary: true,
            style: palette.severity(Severity::Error),
        }];
        let layout = Layout {
            gutter: frame::last_line(file, &marks).to_string().len(),
            width: WIDTH,
            palette,
        };
        let head = Painted(palette.error, "error");
        let message = format!(": {}", escape::one_line(&problem.message));
        let _ = writeln!(out, "{head}{}", Painted(palette.message, message));
        let at = file.line_col(problem.range.start);
        let arrow = Painted(palette.frame, format!("{:1$}-->", "", layout.gutter));
        let path = escape::one_line(&file.path);
        let _ = writeln!(out, "{arrow} {path}:{}:{}", at.line, at.column);
        frame::frame(&mut out, &layout, file, &marks);
        if let Some(help) = &problem.help {
            frame::empty_row(&mut out, &layout);
            let sign = Painted(palette.frame, format!("{:1$} =", "", layout.gutter));
            let head = Painted(palette.message, "help");
            let _ = writeln!(out, "{sign} {head}: {}", escape::one_line(help));
        }
        out.push('\n');
    }
    out
}
