//! Files of measurements. They are read in blocks, so that their length does not matter.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use plimsoll_sizing::input::csv::Columns;
use plimsoll_sizing::input::openmetrics::{Names, Reader};
use plimsoll_sizing::input::{Census, InputError, InputErrorKind};

use super::matrix;
use crate::failure::Failure;

/// How much is read at once.
const BLOCK: usize = 1 << 20;
/// The most files of a folder.
const MOST_FILES: usize = 10_000;
/// No line is longer.
const LONGEST_LINE: usize = 1 << 20;
/// What a first line is told by; the second file of two may be of another kind.
const SAMPLE: usize = 64 << 10;

/// Reads files, and the files in folders, into the census.
pub(super) fn files(paths: &[PathBuf], census: &mut Census) -> Result<(), Failure> {
    for path in paths {
        if path.is_dir() {
            for file in within(path)? {
                one(&file, census)?;
            }
        } else {
            one(path, census)?;
        }
    }
    Ok(())
}

/// The files of a folder whose names say that they are measurements, by name.
fn within(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error| unreadable(folder, &error);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let known = path.extension().is_some_and(|end| {
            ["csv", "tsv", "txt", "prom", "om", "json"]
                .iter()
                .any(|known| end.eq_ignore_ascii_case(known))
        });
        if known && path.is_file() {
            found.push(path);
        }
        if found.len() > MOST_FILES {
            return Err(Failure::user(format!(
                "`{}` has more than {MOST_FILES} files",
                folder.display()
            )));
        }
    }
    if found.is_empty() {
        return Err(Failure::user(format!(
            "there is no CSV, OpenMetrics or JSON file in `{}`",
            folder.display()
        )));
    }
    found.sort();
    Ok(found)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::user(format!("cannot read `{}`: {error}", path.display()))
}

fn one(path: &Path, census: &mut Census) -> Result<(), Failure> {
    let failed = |error| unreadable(path, &error);
    let wrong = |error: InputError| {
        Failure::user(format!("`{}`, {error}", path.display()))
            .help("see docs/sizing.md for how measurements are written")
    };
    let mut file = BufReader::with_capacity(BLOCK, File::open(path).map_err(failed)?);
    let sample = file.fill_buf().map_err(failed)?;
    let sample = String::from_utf8_lossy(&sample[..sample.len().min(SAMPLE)]).into_owned();
    match kind(&sample) {
        Kind::Json => matrix::read(&mut file, census, None).map_err(|error| {
            Failure::user(format!("`{}`: {error}", path.display()))
                .help("see docs/sizing.md for how measurements are written")
        }),
        Kind::OpenMetrics => {
            let mut reader = Reader::new(Names::default());
            let mut line = Vec::new();
            loop {
                line.clear();
                let length = (&mut file)
                    .take(LONGEST_LINE as u64)
                    .read_until(b'\n', &mut line)
                    .map_err(failed)?;
                if length == 0 {
                    return Ok(());
                }
                reader.line(&line, census).map_err(wrong)?;
            }
        }
        Kind::Csv => {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let mut head = String::new();
            let mut lines = 0;
            while head.trim().is_empty() || head.starts_with('#') {
                head.clear();
                let limited = (&mut file).take(LONGEST_LINE as u64).read_line(&mut head);
                if limited.map_err(failed)? == 0 {
                    return Ok(());
                }
                lines += 1;
            }
            let columns = Columns::of(&head, name(&stem))
                .map_err(|kind| wrong(InputError { line: lines, kind }))?;
            rows(&mut file, &columns, lines + 1, census).map_err(|error| match error {
                RowError::Disk(error) => failed(error),
                RowError::Input(error) => wrong(error),
            })
        }
    }
}

/// The name of a file without a date before it.
fn name(stem: &str) -> &str {
    let date = stem.get(..11).filter(|front| {
        let is = |(at, byte): (usize, u8)| match at {
            4 | 7 => byte == b'-',
            10 => matches!(byte, b'_' | b'-'),
            _ => byte.is_ascii_digit(),
        };
        front.bytes().enumerate().all(is)
    });
    stem.get(date.map_or(0, str::len)..)
        .filter(|rest| !rest.is_empty())
        .unwrap_or(stem)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Csv,
    OpenMetrics,
    Json,
}

/// The kind of a file by its beginning.
fn kind(sample: &str) -> Kind {
    let text = sample.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with(['{', '[']) {
        return Kind::Json;
    }
    let line = text
        .lines()
        .find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let told = text.starts_with("# HELP") || text.starts_with("# TYPE");
    match line {
        _ if told => Kind::OpenMetrics,
        Some(line) if line.contains('{') => Kind::OpenMetrics,
        _ => Kind::Csv,
    }
}

enum RowError {
    Disk(std::io::Error),
    Input(InputError),
}

/// A block of whole lines, and the number of its first.
type Block = (Vec<u8>, u64);

/// Reads rows in blocks, which two threads count each for itself.
fn rows(
    file: &mut impl Read,
    columns: &Columns,
    first: u64,
    census: &mut Census,
) -> Result<(), RowError> {
    let workers = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(4);
    let empty = census.fresh();
    let outcome = thread::scope(|scope| {
        let mut lines = Vec::new();
        let mut counting = Vec::new();
        for _ in 0..workers {
            let (send, receive) = sync_channel::<Block>(2);
            lines.push(send);
            let mut own = empty.fresh();
            counting.push(scope.spawn(move || count(&receive, columns, &mut own).map(|()| own)));
        }
        let read = blocks(file, first, |index, block| {
            // A counter that has gone away has met a line that it cannot read.
            lines[index % workers].send(block).is_ok()
        });
        drop(lines);
        let mut counted = Vec::new();
        let mut wrong: Option<InputError> = None;
        for one in counting {
            match one.join() {
                Ok(Ok(own)) => counted.push(own),
                Ok(Err(error)) => {
                    // The first line that is wrong is told, whoever met it.
                    if wrong.as_ref().is_none_or(|other| error.line < other.line) {
                        wrong = Some(error);
                    }
                }
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        if let Some(error) = wrong {
            return Err(RowError::Input(error));
        }
        read.map(|()| counted)
    })?;
    for own in outcome {
        let merged = census.merge(own);
        merged.map_err(|kind| RowError::Input(InputError { line: first, kind }))?;
    }
    Ok(())
}

fn count(blocks: &Receiver<Block>, columns: &Columns, own: &mut Census) -> Result<(), InputError> {
    while let Ok((text, first)) = blocks.recv() {
        columns.lines(&text, first, own)?;
    }
    Ok(())
}

/// Cuts a file into blocks that end with a line.
fn blocks(
    file: &mut impl Read,
    first: u64,
    mut to: impl FnMut(usize, Block) -> bool,
) -> Result<(), RowError> {
    let mut rest: Vec<u8> = Vec::new();
    let mut line = first;
    for index in 0.. {
        let mut block = std::mem::take(&mut rest);
        let begin = block.len();
        block.reserve(BLOCK);
        let read = file
            .take(BLOCK as u64)
            .read_to_end(&mut block)
            .map_err(RowError::Disk)?;
        if read > 0 {
            match block[begin..].iter().rposition(|byte| *byte == b'\n') {
                Some(end) => rest = block.split_off(begin + end + 1),
                None if block.len() < LONGEST_LINE + BLOCK => {
                    rest = block;
                    continue;
                }
                None => {
                    let kind = InputErrorKind::NotText;
                    return Err(RowError::Input(InputError { line, kind }));
                }
            }
        }
        #[expect(
            clippy::naive_bytecount,
            reason = "it takes far less time than reading the lines does"
        )]
        let lines = block.iter().filter(|byte| **byte == b'\n').count() as u64;
        if !block.is_empty() && !to(index, (block, line)) {
            return Ok(());
        }
        line += lines;
        if read == 0 {
            return Ok(());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Kind, blocks, kind, name};

    #[test]
    fn kinds_are_told_by_the_beginning() {
        assert_eq!(kind("time,cpu\n1,2\n"), Kind::Csv);
        assert_eq!(kind("# a comment\ntime,cpu\n"), Kind::Csv);
        assert_eq!(kind("# TYPE a counter\na 1 2\n"), Kind::OpenMetrics);
        assert_eq!(kind("\u{feff}a{b=\"c\"} 1 2\n"), Kind::OpenMetrics);
        assert_eq!(kind(" {\"status\": 1}"), Kind::Json);
        assert_eq!(kind(""), Kind::Csv);
    }

    #[test]
    fn a_date_before_a_name_is_no_part_of_it() {
        assert_eq!(
            name("2022-08-22_web-5f6585d649-fnmft"),
            "web-5f6585d649-fnmft"
        );
        assert_eq!(name("web"), "web");
        assert_eq!(name("2022-08-22_"), "2022-08-22_");
    }

    #[test]
    fn blocks_end_with_lines() {
        let text = "a\n".repeat(900_000) + "b";
        let mut seen = Vec::new();
        let outcome = blocks(&mut text.as_bytes(), 2, |_, (block, first)| {
            seen.push((block, first));
            true
        });
        assert!(outcome.is_ok());
        let whole: Vec<u8> = seen.iter().flat_map(|(block, _)| block.clone()).collect();
        assert_eq!(whole, text.as_bytes());
        assert_eq!((seen[0].1, seen[1].1), (2, 2 + (1 << 19)));
        assert!(seen[0].0.ends_with(b"\n"));
    }
}
