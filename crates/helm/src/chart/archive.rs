//! Charts in archives: gzip around tar, read within bounds and without following anything.

use std::sync::Arc;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};
use plimsoll_gotmpl::SharedBytes;

use super::folder::without_mark;
use super::load::{LoadError, LoadErrorKind};
use super::metadata::Metadata;
use super::{File, Loaded, MAX_CHART_BYTES, MAX_FILES, MAX_TOTAL_BYTES};
use crate::values::{ReadError, read_plain};

/// An archive that is no chart, or a hostile one. Displayed, it is what Helm prints.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It does not begin as gzip does.
    #[error("gzip: invalid header")]
    NotGzip,
    /// It ends too early.
    #[error("unexpected EOF")]
    Short,
    /// What is packed is damaged.
    #[error("flate: corrupt input before offset {0}")]
    Corrupt(usize),
    /// The sum at its end does not fit what was unpacked.
    #[error("gzip: invalid checksum")]
    Checksum,
    /// A header of the tar format that is none.
    #[error("archive/tar: invalid tar header")]
    Header,
    /// An absolute path.
    #[error("chart illegally contains absolute paths")]
    Absolute,
    /// A path of one part.
    #[error("chart illegally contains content outside the base directory: {0:?}")]
    OutsideBase(String),
    /// A path that leads up.
    #[error("chart illegally references parent directory")]
    Parent,
    /// A path with the letter of a drive.
    #[error("chart contains illegally named files")]
    Drive,
    /// `Chart.yaml` lies in no folder.
    #[error("chart yaml not in base directory")]
    NoBase,
    /// Unpacked, it is too large.
    #[error("decompressed chart is larger than the maximum size {MAX_CHART_BYTES}")]
    TooLarge,
    /// Archives in archives are too large together.
    #[error("the charts in the chart are larger than {MAX_TOTAL_BYTES} bytes together")]
    TotalTooLarge,
    /// There are too many files in it.
    #[error("the chart archive has more than {MAX_FILES} files")]
    TooMany,
    /// There is nothing in it.
    #[error("no files in chart archive")]
    Empty,
}

/// What may still be unpacked of a chart and the archives in it. Archives in archives could
/// otherwise grow without end.
#[derive(Debug)]
pub(super) struct Budget {
    bytes: u64,
    files: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            bytes: MAX_TOTAL_BYTES,
            files: MAX_FILES,
        }
    }
}

impl Budget {
    /// Takes a file of this length.
    fn take(&mut self, len: u64) -> Result<(), ArchiveError> {
        self.files = self.files.checked_sub(1).ok_or(ArchiveError::TooMany)?;
        let left = self.bytes.checked_sub(len);
        self.bytes = left.ok_or(ArchiveError::TotalTooLarge)?;
        Ok(())
    }
}

/// Whether bytes begin as a packed archive does.
pub fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x1f\x8b\x08")
}

impl Loaded {
    /// Loads the chart in a packed archive.
    pub fn from_archive(bytes: &[u8]) -> Result<Self, LoadError> {
        let mut budget = Budget::default();
        let files = files(bytes, "", &mut budget).map_err(LoadErrorKind::Archive)?;
        Self::from_files(files)
    }
}

/// An archive that is not unpacked into a folder. Displayed, it is what Helm prints.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UnpackError {
    /// It cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Its `Chart.yaml` is no YAML.
    #[error("cannot load Chart.yaml: {0}")]
    Metadata(ReadError),
    /// The chart has no name.
    #[error("chart name not specified")]
    NoName,
    /// A name that no folder can have.
    #[error("chart name {} is not allowed", plimsoll_gotmpl::quote(.0.as_bytes()))]
    NotAllowed(String),
    /// A name that is a path.
    #[error("chart name {} must not contain path separators", plimsoll_gotmpl::quote(.0.as_bytes()))]
    Path(String),
}

/// The chart's name and its files, as they are unpacked below a folder of that name (`Expand`).
pub fn unpack(bytes: &[u8]) -> Result<(String, Vec<File>), UnpackError> {
    let files = files(bytes, "", &mut Budget::default())?;
    let mut name = String::new();
    for file in files.iter().filter(|file| &*file.name == "Chart.yaml") {
        let mut metadata = Metadata::default();
        read_plain(&file.data)
            .and_then(|item| metadata.decode(&item))
            .map_err(UnpackError::Metadata)?;
        name = metadata.name;
    }
    match &*name {
        "" => Err(UnpackError::NoName),
        "." | ".." => Err(UnpackError::NotAllowed(name)),
        path if path.contains('/') => Err(UnpackError::Path(name)),
        _ => Ok((name, files)),
    }
}

/// The files in an archive, by their paths in the chart. `shown` precedes those that readers
/// see.
pub(super) fn files(
    bytes: &[u8],
    shown: &str,
    budget: &mut Budget,
) -> Result<Vec<File>, ArchiveError> {
    let tar = Arc::new(inflated(bytes)?);
    let mut reader = Tar { bytes: &tar, at: 0 };
    let mut files = Vec::new();
    let mut left = MAX_CHART_BYTES;
    while let Some(entry) = reader.next()? {
        if entry.is_folder() || matches!(entry.kind, b'g' | b'x') {
            continue;
        }
        let name = inner_path(&entry.name)?;
        let len = entry.data.len() as u64;
        if len > left {
            return Err(ArchiveError::TooLarge);
        }
        left -= len;
        budget.take(len)?;
        if left == 0 {
            return Err(ArchiveError::TooLarge);
        }
        let path = if shown.is_empty() {
            name.clone()
        } else {
            format!("{shown}/{name}")
        };
        // No copy: what is in the archive is in its files.
        let from = entry.end - without_mark(entry.data).len();
        files.push(File {
            name: name.into(),
            data: SharedBytes::part(&tar, from..entry.end).into(),
            path: Arc::from(path),
        });
    }
    if files.is_empty() {
        return Err(ArchiveError::Empty);
    }
    Ok(files)
}

/// The path of an entry without the folder that holds the chart.
fn inner_path(name: &str) -> Result<String, ArchiveError> {
    // An archive made on Windows may have backslashes.
    let delimiter = if name.contains('\\') { '\\' } else { '/' };
    let (first, rest) = name.split_once(delimiter).unwrap_or((name, ""));
    let rest = rest.replace(delimiter, "/");
    if rest.starts_with('/') {
        return Err(ArchiveError::Absolute);
    }
    let clean = clean(&rest);
    if clean == "." {
        return Err(ArchiveError::OutsideBase(name.to_owned()));
    }
    if clean.starts_with("..") {
        return Err(ArchiveError::Parent);
    }
    let bytes = clean.as_bytes();
    if bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && bytes[2] == b'/' {
        return Err(ArchiveError::Drive);
    }
    if first == "Chart.yaml" {
        return Err(ArchiveError::NoBase);
    }
    Ok(clean)
}

/// A relative path in its shortest form (`path.Clean`).
pub(crate) fn clean(path: &str) -> String {
    let odd = |part: &[u8]| matches!(part, [b'/', b'/' | b'.']);
    let is_odd = path
        .bytes()
        .next()
        .is_none_or(|first| matches!(first, b'/' | b'.'))
        || path.ends_with('/')
        || path.as_bytes().windows(2).any(odd);
    if !is_odd {
        return path.to_owned();
    }
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// Headers and padding of a tar that holds as many bytes as a chart may.
const MAX_TAR_BYTES: usize = 2 * MAX_CHART_BYTES as usize;

/// Unpacks all members of a gzip file.
fn inflated(bytes: &[u8]) -> Result<Vec<u8>, ArchiveError> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while out.is_empty() || !rest.is_empty() {
        let body = after_header(rest).ok_or(if is_archive(rest) {
            ArchiveError::Short
        } else {
            ArchiveError::NotGzip
        })?;
        let start = out.len();
        let read = inflate(body, &mut out).map_err(|error| match error {
            ArchiveError::Corrupt(at) => ArchiveError::Corrupt(bytes.len() - body.len() + at),
            other => other,
        })?;
        let trailer = body.get(read..read + 8).ok_or(ArchiveError::Short)?;
        let unpacked = &out[start..];
        if word(trailer, 0) != crc32fast::hash(unpacked)
            || word(trailer, 4) != unpacked.len() as u32
        {
            return Err(ArchiveError::Checksum);
        }
        rest = &body[read + 8..];
    }
    Ok(out)
}

/// The four bytes from `at` on as a number.
#[inline]
fn word(bytes: &[u8], at: usize) -> u32 {
    let word = bytes.get(at..at + 4).and_then(|word| word.try_into().ok());
    u32::from_le_bytes(word.unwrap_or_default())
}

/// What follows the header of a gzip member.
fn after_header(bytes: &[u8]) -> Option<&[u8]> {
    if !is_archive(bytes) {
        return None;
    }
    let flags = *bytes.get(3)?;
    let mut at = 10;
    if flags & 4 != 0 {
        let len = u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?);
        at += 2 + usize::from(len);
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            at += bytes.get(at..)?.iter().position(|&byte| byte == 0)? + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    bytes.get(at..)
}

/// A byte of the format cannot stand for more than this.
const MAX_RATIO: usize = 1032;

/// How much is unpacked at least before more room is made.
const FIRST_ROOM: usize = 16 * 1024;

/// How many bytes a stream seems to have that is followed by `body`'s end: a file that is not made
/// of several members says so in its last four bytes. Whatever they say, no more is believed than
/// the packed bytes can stand for.
fn expected(body: &[u8]) -> usize {
    let said = word(body, body.len().saturating_sub(4)) as usize;
    let possible = body.len().saturating_mul(MAX_RATIO);
    said.min(possible).clamp(FIRST_ROOM, MAX_TAR_BYTES)
}

/// Unpacks a stream behind `out` and gives how many bytes of `body` it took.
fn inflate(body: &[u8], out: &mut Vec<u8>) -> Result<usize, ArchiveError> {
    let mut state = Box::<DecompressorOxide>::default();
    let start = out.len();
    if out.is_empty() {
        // Memory that comes from the system as zeros is not touched before it is written to. A
        // little more than is needed, or the last bytes would be unpacked one by one.
        *out = vec![0; expected(body) + FIRST_ROOM];
    } else {
        out.resize(start + FIRST_ROOM, 0);
    }
    let (mut read, mut made) = (0, 0);
    loop {
        let room = &mut out[start..];
        let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, taken, more) = decompress(&mut state, &body[read..], room, made, flags);
        read += taken;
        made += more;
        if start + made > MAX_TAR_BYTES {
            return Err(ArchiveError::TooLarge);
        }
        match status {
            TINFLStatus::Done => {
                out.truncate(start + made);
                return Ok(read);
            }
            // In proportion to this member, of which there may be many.
            TINFLStatus::HasMoreOutput => {
                let more = start + 2 * (out.len() - start);
                out.resize(more.min(MAX_TAR_BYTES + FIRST_ROOM), 0);
            }
            TINFLStatus::FailedCannotMakeProgress | TINFLStatus::NeedsMoreInput => {
                return Err(ArchiveError::Short);
            }
            _ => return Err(ArchiveError::Corrupt(read)),
        }
    }
}

/// Entries of a tar file, with the long names of GNU and pax.
struct Tar<'a> {
    bytes: &'a [u8],
    at: usize,
}

struct Entry<'a> {
    name: String,
    kind: u8,
    data: &'a [u8],
    /// Where its data end.
    end: usize,
}

impl Entry<'_> {
    fn is_folder(&self) -> bool {
        self.kind == b'5' || (self.kind == b'0' && self.name.ends_with('/'))
    }
}

const BLOCK: usize = 512;

impl<'a> Tar<'a> {
    fn next(&mut self) -> Result<Option<Entry<'a>>, ArchiveError> {
        let (mut long_name, mut long_size) = (None, None);
        loop {
            let Some(header) = self.header()? else {
                return Ok(None);
            };
            let kind = if header[156] == 0 { b'0' } else { header[156] };
            let size = match (kind, long_size) {
                // Links have no content, whatever size they say.
                (b'1'..=b'6', _) => 0,
                (b'L' | b'K' | b'x' | b'g', _) | (_, None) => number(&header[124..136])?,
                (_, Some(size)) => size,
            };
            let size = usize::try_from(size).map_err(|_| ArchiveError::Header)?;
            let end = self.at.checked_add(size).ok_or(ArchiveError::Header)?;
            let data = self.bytes.get(self.at..end);
            let data = data.ok_or(if size as u64 > MAX_CHART_BYTES {
                ArchiveError::TooLarge
            } else {
                ArchiveError::Short
            })?;
            self.at = end.next_multiple_of(BLOCK);
            match kind {
                b'L' => long_name = Some(text(data)),
                b'K' => {}
                b'x' => {
                    let records = pax(data)?;
                    let value = |key: &str| {
                        let found = records.iter().rev().find(|(known, _)| known == key);
                        found.map(|(_, value)| value.clone())
                    };
                    long_name = value("path").or(long_name);
                    if let Some(size) = value("size") {
                        long_size = Some(size.parse().map_err(|_| ArchiveError::Header)?);
                    }
                }
                _ => {
                    let name = long_name.unwrap_or_else(|| short_name(header));
                    return Ok(Some(Entry {
                        name,
                        kind,
                        data,
                        end,
                    }));
                }
            }
        }
    }

    /// The next header that is not blank; two blank ones, or the end, end the file.
    fn header(&mut self) -> Result<Option<&'a [u8]>, ArchiveError> {
        let Some(header) = self.bytes.get(self.at..self.at + BLOCK) else {
            return if self.at >= self.bytes.len() {
                Ok(None)
            } else {
                Err(ArchiveError::Short)
            };
        };
        self.at += BLOCK;
        if header.iter().all(|&byte| byte == 0) {
            let next = self.bytes.get(self.at..self.at + BLOCK);
            return match next {
                Some(next) if next.iter().any(|&byte| byte != 0) => Err(ArchiveError::Header),
                _ => Ok(None),
            };
        }
        let sum: i64 = (0..BLOCK)
            .map(|at| match at {
                148..156 => i64::from(b' '),
                at => i64::from(header[at]),
            })
            .sum();
        let signed: i64 = (0..BLOCK)
            .map(|at| match at {
                148..156 => i64::from(b' '),
                at => i64::from(header[at].cast_signed()),
            })
            .sum();
        let stored = number(&header[148..156])? as i64;
        if stored != sum && stored != signed {
            return Err(ArchiveError::Header);
        }
        Ok(Some(header))
    }
}

/// A number of a header: octal digits, or with the top bit set the bytes themselves.
fn number(field: &[u8]) -> Result<u64, ArchiveError> {
    if field.first().is_some_and(|first| first & 0x80 != 0) {
        let mut value: u64 = u64::from(field[0] & 0x7f);
        for &byte in &field[1..] {
            let shifted = value.checked_mul(256).ok_or(ArchiveError::Header)?;
            value = shifted + u64::from(byte);
        }
        return Ok(value);
    }
    let digits: Vec<u8> = field
        .iter()
        .copied()
        .skip_while(|byte| matches!(byte, b' ' | 0))
        .take_while(|byte| !matches!(byte, b' ' | 0))
        .collect();
    digits.iter().try_fold(0, |value: u64, digit| match digit {
        b'0'..=b'7' => value
            .checked_mul(8)
            .map(|value| value + u64::from(digit - b'0'))
            .ok_or(ArchiveError::Header),
        _ => Err(ArchiveError::Header),
    })
}

/// A text that ends with a zero byte, or with the field.
fn text(field: &[u8]) -> String {
    let end = field.iter().position(|&byte| byte == 0);
    String::from_utf8_lossy(&field[..end.unwrap_or(field.len())]).into_owned()
}

fn short_name(header: &[u8]) -> String {
    let name = text(&header[..100]);
    let is_ustar = &header[257..263] == b"ustar\0";
    let prefix = if is_ustar {
        text(&header[345..500])
    } else {
        String::new()
    };
    if prefix.is_empty() {
        name
    } else {
        format!("{prefix}/{name}")
    }
}

/// The records of an extended header: `LENGTH KEY=VALUE` and a line break.
fn pax(data: &[u8]) -> Result<Vec<(String, String)>, ArchiveError> {
    let mut records = Vec::new();
    let mut rest = data;
    while !rest.is_empty() && rest[0] != 0 {
        let space = rest.iter().position(|&byte| byte == b' ');
        let space = space.ok_or(ArchiveError::Header)?;
        let length = std::str::from_utf8(&rest[..space]).ok();
        let length: usize = length
            .and_then(|text| text.parse().ok())
            .ok_or(ArchiveError::Header)?;
        let record = rest.get(space + 1..length).ok_or(ArchiveError::Header)?;
        let record = record.strip_suffix(b"\n").ok_or(ArchiveError::Header)?;
        let record = String::from_utf8_lossy(record);
        let (key, value) = record.split_once('=').ok_or(ArchiveError::Header)?;
        records.push((key.to_owned(), value.to_owned()));
        rest = &rest[length..];
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_in_archives_share_one_budget() {
        let mut budget = Budget {
            bytes: 10,
            files: 2,
        };
        assert_eq!(budget.take(6), Ok(()));
        assert_eq!(budget.take(6), Err(ArchiveError::TotalTooLarge));
        assert_eq!(budget.take(0), Err(ArchiveError::TooMany));
    }

    /// One member of a gzip file.
    fn member(bytes: &[u8]) -> Vec<u8> {
        let mut member = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
        member.extend(miniz_oxide::deflate::compress_to_vec(bytes, 6));
        member.extend(crc32fast::hash(bytes).to_le_bytes());
        member.extend((bytes.len() as u32).to_le_bytes());
        member
    }

    /// Bytes that repeat, but not at once.
    fn noise(len: usize) -> Vec<u8> {
        let byte = |at: usize| (at.wrapping_mul(at) >> 7) as u8;
        (0..len).map(byte).collect()
    }

    #[test]
    fn members_are_unpacked_one_after_the_other() {
        // What the last says of its size is expected of the first, too.
        for lens in [
            &[0, 5][..],
            &[1_000_000],
            &[200_000, 1],
            &[1, 200_000],
            &[70_000, 0, 70_000],
        ] {
            let wanted: Vec<u8> = lens.iter().flat_map(|&len| noise(len)).collect();
            let packed: Vec<u8> = lens.iter().flat_map(|&len| member(&noise(len))).collect();
            assert_eq!(inflated(&packed), Ok(wanted), "{lens:?}");
        }
    }

    #[test]
    fn a_size_that_is_wrong_is_found_and_not_believed() {
        let good = member(&noise(100_000));
        for said in [0, 99_999, 100_001, u32::MAX] {
            let mut packed = good.clone();
            let at = packed.len() - 4;
            packed[at..].copy_from_slice(&u32::to_le_bytes(said));
            assert_eq!(inflated(&packed), Err(ArchiveError::Checksum), "{said}");
        }
        assert_eq!(expected(&[0xff; 100]), 100 * MAX_RATIO);
        assert_eq!(expected(&vec![0xff; 1 << 20]), MAX_TAR_BYTES);
    }

    #[test]
    fn what_leads_before_the_start_is_corrupt() {
        // A block of fixed codes: a match of three bytes at distance one, and its end.
        let packed = [0x03, 0x02, 0x00, 0x00, 0x00, 0x00];
        let mut out = Vec::new();
        let error = inflate(&packed, &mut out).expect_err("there is nothing to repeat");
        assert!(matches!(error, ArchiveError::Corrupt(_)), "{error}");
    }

    #[test]
    fn paths_are_made_short() {
        for (path, wanted) in [
            ("", "."),
            ("a//b/./c", "a/b/c"),
            ("a/../b", "b"),
            ("../a", "../a"),
            ("a/../../b", "../b"),
            ("/../a", "/a"),
            ("a/b.c", "a/b.c"),
            ("a/.b", "a/.b"),
            (".a/b/", ".a/b"),
            ("/", "/"),
        ] {
            assert_eq!(clean(path), wanted, "{path}");
        }
    }
}
