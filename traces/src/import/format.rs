//! What an importer is, and how content tells which one reads it.

use super::ImportOptions;
use super::collect::Collector;
use super::damage::Damage;
use super::formats;
use super::stamp::Stamps;

/// One format of recorded traffic.
pub(super) trait Importer: Sync {
    /// The name by which it is asked for.
    fn name(&self) -> &'static str;
    /// What it is, in a line.
    fn about(&self) -> &'static str;
    /// True when content that begins like this is of this format.
    fn recognises(&self, sample: &Sample) -> bool;
    /// A reader for content that begins like this.
    fn reader(&self, sample: &Sample, options: &ImportOptions) -> Result<Reader, Damage>;
}

/// How a format is read.
pub(super) enum Reader {
    /// Line by line.
    Lines(Box<dyn LineReader>),
    /// As a whole: documents that one request to a monitoring service returned.
    Document(Box<dyn DocumentReader>),
}

/// Reads a format of lines.
pub(super) trait LineReader {
    /// Reads a line that is not blank.
    fn line(&mut self, line: &[u8], stamps: &mut Stamps, to: &mut Collector) -> Result<(), Damage>;

    /// Called after the last line of a file.
    fn finish(&mut self, _to: &mut Collector) -> Result<(), Damage> {
        Ok(())
    }

    /// What is to be told about how it was read.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Reads a document.
pub(super) trait DocumentReader {
    /// Reads all of it. The answer is what is to be told about how it was read.
    fn document(&mut self, text: &[u8], stamps: &mut Stamps, to: &mut Collector) -> Result<Vec<String>, Damage>;
}

/// All formats, the more particular before the more general.
pub(super) const ALL: &[&dyn Importer] = formats::ALL;

/// The beginning of a file.
pub(super) struct Sample<'c> {
    /// Its bytes, without a byte order mark.
    pub(super) bytes: &'c [u8],
    /// Its first lines that are not blank, up to 20, without one that is cut off.
    pub(super) lines: Vec<&'c [u8]>,
    /// The file's name.
    pub(super) file: &'c str,
}

impl<'c> Sample<'c> {
    pub(super) fn new(bytes: &'c [u8], is_whole: bool, file: &'c str) -> Self {
        const LINES: usize = 20;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let end = if is_whole { bytes.len() } else { memchr::memrchr(b'\n', bytes).unwrap_or(bytes.len()) };
        let lines = bytes[..end].split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
        Sample { bytes, lines: lines.filter(|line| !line.is_empty()).take(LINES).collect(), file }
    }

    /// The first line that is neither blank nor a comment.
    pub(super) fn first(&self) -> &'c [u8] {
        self.lines.iter().find(|line| !line.starts_with(b"#")).copied().unwrap_or_default()
    }

    /// True when most lines are such.
    pub(super) fn mostly(&self, mut is_such: impl FnMut(&[u8]) -> bool) -> bool {
        let such = self.lines.iter().filter(|line| is_such(line)).count();
        such > 0 && 2 * such >= self.lines.len()
    }

    /// True for content that is no text: control characters occur in it as they do in no log.
    pub(super) fn is_binary(&self) -> bool {
        let is_control = |byte: &&u8| **byte < 9 || (14..32).contains(*byte) && **byte != 27;
        50 * self.bytes.iter().filter(is_control).count() > self.bytes.len()
    }

    /// The first byte that is not white space.
    pub(super) fn opening(&self) -> Option<u8> {
        self.bytes.iter().find(|byte| !byte.is_ascii_whitespace()).copied()
    }

    /// True when a word occurs in it.
    pub(super) fn mentions(&self, word: &str) -> bool {
        memchr::memmem::find(self.bytes, word.as_bytes()).is_some()
    }
}

/// The format by its name.
pub(super) fn named(name: &str) -> Option<&'static dyn Importer> {
    ALL.iter().find(|importer| importer.name() == name).copied()
}

/// The format that content seems to have.
pub(super) fn detected(sample: &Sample) -> Option<&'static dyn Importer> {
    ALL.iter().find(|importer| importer.recognises(sample)).copied()
}

/// What content seems to be that is no traffic.
pub(super) fn looks_like(sample: &Sample) -> &'static str {
    let start = sample.bytes.trim_ascii_start();
    let starts = |with: &[u8]| start.len() >= with.len() && start[..with.len()].eq_ignore_ascii_case(with);
    if start.starts_with(b"PAR1") {
        "a Parquet file; export it as CSV"
    } else if start.starts_with(b"PK\x03\x04") {
        "a ZIP archive; unpack it first"
    } else if start.starts_with(b"%PDF") || start.starts_with(b"\x89PNG") || start.starts_with(b"\xff\xd8\xff") {
        "a picture or a printed document"
    } else if sample.bytes.get(257..262) == Some(b"ustar") {
        "a tar archive; unpack it first"
    } else if sample.is_binary() || memchr::memchr(0, sample.bytes).is_some() {
        "a binary file; traffic is text, or text compressed by gzip, zstd or xz"
    } else if starts(b"<!doctype html") || starts(b"<html") {
        "a web page; was the login page saved instead of the data?"
    } else if start.starts_with(b"<") {
        "XML, but no DLIM model"
    } else if start.starts_with(b"{") && sample.mentions("\"Code\"") && sample.mentions("\"Message\"") {
        "the answer of a call that failed: its Code and Message say why; there is no data in it"
    } else if start.starts_with(b"{") && sample.mentions("\"errorType\"") {
        "Prometheus's answer to a query that failed: its `error` says why; there is no data in it"
    } else if sample.mentions("Requests/sec:") && sample.mentions("Slowest:") {
        "hey's summary, which has no times; `hey -o csv` writes a row per request"
    } else if start.starts_with(b"{") || start.starts_with(b"[") {
        "JSON, but of no shape that is known: not from CloudWatch, CloudMonitor or Prometheus, nor one request per line"
    } else if sample.mentions("HorizontalPodAutoscaler") || sample.mentions("ScalingReplicaSet") || starts(b"Name:  ") {
        "what kubectl prints about objects and events; it holds no traffic"
    } else {
        "text of no known format; name it with --input-format, or describe a log by nginx's --log-format"
    }
}
