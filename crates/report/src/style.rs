//! The colours of the text report.

use std::fmt::{self, Display};

use anstyle::{AnsiColor, Style};
use plimsoll_source::Severity;

/// Styles by meaning; all empty when colours are not wanted.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Palette {
    pub(crate) error: Style,
    pub(crate) warning: Style,
    pub(crate) note: Style,
    pub(crate) help: Style,
    pub(crate) message: Style,
    pub(crate) frame: Style,
    pub(crate) added: Style,
    pub(crate) removed: Style,
}

impl Palette {
    pub(crate) fn new(color: bool) -> Self {
        if !color {
            return Self::default();
        }
        let bright = |color: AnsiColor| color.on_default().bold();
        Self {
            error: bright(AnsiColor::BrightRed),
            warning: bright(AnsiColor::Yellow),
            note: bright(AnsiColor::BrightGreen),
            help: bright(AnsiColor::BrightCyan),
            message: Style::new().bold(),
            frame: bright(AnsiColor::BrightBlue),
            added: AnsiColor::Green.on_default(),
            removed: AnsiColor::Red.on_default(),
        }
    }

    pub(crate) fn severity(&self, severity: Severity) -> Style {
        match severity {
            Severity::Error => self.error,
            Severity::Warning => self.warning,
            Severity::Note => self.note,
        }
    }
}

/// A text in a style.
pub(crate) struct Painted<T>(pub(crate) Style, pub(crate) T);

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(style, text) = self;
        write!(f, "{style}{text}{style:#}")
    }
}
