//! Standard output and standard error: the only module that writes to them.

use std::fmt::Write as _;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};

use anstream::AutoStream;
use clap::ColorChoice;

use crate::failure::Failure;

/// What is known of where the output goes.
pub(crate) struct Terminal {
    /// Whether standard output gets colours.
    pub(crate) color: bool,
    /// The width of the terminal that standard output is; `None` if it is none.
    pub(crate) width: Option<usize>,
    /// Whether standard error is a terminal, where progress may be shown.
    pub(crate) progress: bool,
    errors_in_color: bool,
}

impl Terminal {
    pub(crate) fn new(color: ColorChoice) -> Self {
        let stdout = io::stdout();
        let on_terminal = stdout.is_terminal();
        Self {
            color: wanted(color, || AutoStream::choice(&stdout)),
            width: on_terminal.then(width).flatten(),
            progress: io::stderr().is_terminal(),
            errors_in_color: wanted(color, || AutoStream::choice(&io::stderr())),
        }
    }

    /// Says what the answer leaves to be known.
    pub(crate) fn warn(&self, message: &str) {
        let (warning, bold) = self.styles(anstyle::AnsiColor::BrightYellow);
        let message = plimsoll_report::escape::lines(message);
        let text = format!("{warning}warning{warning:#}{bold}:{bold:#} {message}\n");
        // Nobody is left to tell when standard error is closed.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Says something beside the answer.
    pub(crate) fn note(&self, message: &str) {
        let message = plimsoll_report::escape::lines(message);
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(io::stderr().lock(), "{message}");
    }

    fn styles(&self, color: anstyle::AnsiColor) -> (anstyle::Style, anstyle::Style) {
        if self.errors_in_color {
            (color.on_default().bold(), anstyle::Style::new().bold())
        } else {
            (anstyle::Style::new(), anstyle::Style::new())
        }
    }

    /// Says why there is no answer.
    pub(crate) fn complain(&self, failure: &Failure) {
        if let Some(places) = &failure.places {
            let text =
                plimsoll_report::problems(&places.file, &places.problems, self.errors_in_color);
            let text = format!("{}\n", text.trim_end());
            // Nobody is left to tell when standard error is closed.
            let _ = io::stderr().lock().write_all(text.as_bytes());
            return;
        }
        let (error, bold) = self.styles(anstyle::AnsiColor::BrightRed);
        let message = plimsoll_report::escape::lines(&failure.message);
        let group = failure.group.map(|group| format!("[{group}]"));
        let group = group.unwrap_or_default();
        let mut text = format!("{error}error{group}{error:#}{bold}:{bold:#} {message}\n");
        if let Some(help) = &failure.help {
            let help = plimsoll_report::escape::lines(help);
            let _ = writeln!(text, "  {bold}help:{bold:#} {help}");
        }
        // Nobody is left to tell when standard error is closed.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

/// Writes the answer.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    print_with(|out| out.write_all(text.as_bytes()))
}

/// Writes an answer piece by piece. A reader that has gone away has had enough: that is no
/// failure.
pub(crate) fn print_with(
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let mut stdout = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    let outcome = write(&mut stdout).and_then(|()| stdout.flush());
    // What is left in the buffer of a failed write must not be written again when it is dropped.
    let (_, _) = stdout.into_parts();
    match outcome {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::user(format!(
            "cannot write to standard output: {error}"
        ))),
        _ => Ok(()),
    }
}

/// Writes over the line of progress on standard error; an empty one clears it.
pub(crate) fn progress(words: &str) {
    let _ = write!(io::stderr().lock(), "\r\u{1b}[K{words}");
}

fn wanted(color: ColorChoice, auto: impl FnOnce() -> anstream::ColorChoice) -> bool {
    match color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => auto() != anstream::ColorChoice::Never,
    }
}

fn width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size()?;
    // Narrower than this nothing can be laid out.
    Some(usize::from(width.0).max(40))
}
