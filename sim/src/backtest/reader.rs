//! Recordings from a file: JSON lines, gzipped or not, one scenario in memory at a time.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use super::observations::Record;

/// A recording that cannot be read. Every error has the line it is on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file itself.
    #[error("line {line}: {source}")]
    Io {
        /// Line, from 1.
        line: usize,
        /// What went wrong.
        source: io::Error,
    },
    /// The compressed stream ends too early.
    #[error("line {line}: the gzip stream is truncated")]
    TruncatedGzip {
        /// Line, from 1.
        line: usize,
    },
    /// The compressed stream is damaged.
    #[error("line {line}: the gzip stream is damaged: {message}")]
    DamagedGzip {
        /// Line, from 1.
        line: usize,
        /// What the decoder says.
        message: String,
    },
    /// Not JSON at all.
    #[error("line {line}: not JSON: {message}")]
    NotJson {
        /// Line, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// JSON, but not a recording: a field is missing or of the wrong type.
    #[error("line {line}: {path}: {message}")]
    Shape {
        /// Line, from 1.
        line: usize,
        /// The field.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// A step before the one in front of it.
    #[error("line {line}: steps[{step}].t: {t} s is before the previous step's {previous} s: time runs backwards")]
    TimeRunsBackwards {
        /// Line, from 1.
        line: usize,
        /// Index of the step.
        step: usize,
        /// Its time.
        t: f64,
        /// The time of the step before.
        previous: f64,
    },
    /// A file without a scenario.
    #[error("the file has no scenarios: one JSON object on each line was expected")]
    Empty,
}

/// The scenarios of a recording, with their line numbers.
pub struct Records<'r> {
    source: Box<dyn BufRead + 'r>,
    compressed: bool,
    line: usize,
    found: bool,
    text: Vec<u8>,
}

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BUFFER_BYTES: usize = 1 << 16;

/// The plain content of a source, and whether it was gzipped, which is seen from its first bytes.
///
/// # Errors
/// When the source cannot be read.
pub fn decompressed<'r>(source: impl Read + 'r) -> io::Result<(Box<dyn BufRead + 'r>, bool)> {
    let mut source = BufReader::with_capacity(BUFFER_BYTES, source);
    if source.fill_buf()?.starts_with(&GZIP_MAGIC) {
        let plain = MultiGzDecoder::new(source);
        Ok((Box::new(BufReader::with_capacity(BUFFER_BYTES, plain)), true))
    } else {
        Ok((Box::new(source), false))
    }
}

impl<'r> Records<'r> {
    /// Reads JSON lines; compression is seen from the content.
    ///
    /// # Errors
    /// When the source cannot be read.
    pub fn new(source: impl Read + 'r) -> Result<Self, ReadError> {
        let (source, compressed) = decompressed(source).map_err(|source| ReadError::Io { line: 1, source })?;
        Ok(Self { source, compressed, line: 0, found: false, text: Vec::new() })
    }

    fn read_line(&mut self) -> Result<usize, ReadError> {
        self.text.clear();
        self.line += 1;
        let line = self.line;
        self.source.read_until(b'\n', &mut self.text).map_err(|source| match (self.compressed, source.kind()) {
            (true, io::ErrorKind::UnexpectedEof) => ReadError::TruncatedGzip { line },
            (true, io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => {
                ReadError::DamagedGzip { line, message: source.to_string() }
            }
            _ => ReadError::Io { line, source },
        })
    }

    fn next_record(&mut self) -> Result<Option<(usize, Record)>, ReadError> {
        while self.read_line()? > 0 {
            if !self.text.trim_ascii().is_empty() {
                self.found = true;
                return Ok(Some((self.line, record(self.line, &self.text)?)));
            }
        }
        if self.found {
            Ok(None)
        } else {
            self.found = true;
            Err(ReadError::Empty)
        }
    }
}

impl Iterator for Records<'_> {
    type Item = Result<(usize, Record), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_record().transpose()
    }
}

/// Reads one line.
fn record(line: usize, text: &[u8]) -> Result<Record, ReadError> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let record: Record = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| shape(line, &error))?;
    deserializer.end().map_err(|error| ReadError::NotJson { line, message: error.to_string() })?;
    check_times(line, &record)?;
    Ok(record)
}

fn shape(line: usize, error: &serde_path_to_error::Error<serde_json::Error>) -> ReadError {
    let inner = error.inner();
    // serde_json counts lines inside the text it got: always line 1 here.
    let message = inner.to_string().replace(" at line 1 column ", " at column ");
    match inner.classify() {
        serde_json::error::Category::Data => ReadError::Shape { line, path: error.path().to_string(), message },
        _ => ReadError::NotJson { line, message },
    }
}

fn check_times(line: usize, record: &Record) -> Result<(), ReadError> {
    for (index, pair) in record.steps.windows(2).enumerate() {
        if pair[1].t < pair[0].t {
            return Err(ReadError::TimeRunsBackwards { line, step: index + 1, t: pair[1].t, previous: pair[0].t });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const LINE: &str = r#"{"id":"a","controller":{},"containers":[{"n":"app"}],"hpa":{"maxReplicas":3},"steps":[{"t":0,"spec":1,"status":1},{"t":15,"spec":1,"status":1}]}"#;

    fn error(bytes: &[u8]) -> String {
        let records = match Records::new(bytes) {
            Ok(records) => records,
            Err(error) => return error.to_string(),
        };
        records.filter_map(Result::err).map(|error| error.to_string()).next().unwrap_or_default()
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).expect("in memory");
        encoder.finish().expect("in memory")
    }

    #[test]
    fn plain_and_gzipped_are_told_apart_by_content() {
        let text = format!("{LINE}\n\n{LINE}\n");
        for bytes in [text.clone().into_bytes(), gzip(&text)] {
            let records = Records::new(bytes.as_slice()).expect("opens");
            let lines: Vec<usize> = records.map(|record| record.expect("a record").0).collect();
            assert_eq!(lines, [1, 3]);
        }
    }

    #[test]
    fn errors_have_their_line() {
        assert!(error(b"").contains("no scenarios"));
        assert!(error(format!("{LINE}\nnope\n").as_bytes()).starts_with("line 2: not JSON"));
        assert!(error(format!("{LINE}\n{{\"id\":").as_bytes()).starts_with("line 2: not JSON"));
        let cut = &gzip(&format!("{LINE}\n{LINE}\n"))[..60];
        assert!(error(cut).contains("the gzip stream is truncated"), "{}", error(cut));
        let backwards = LINE.replace("\"t\":15", "\"t\":-15");
        assert!(error(backwards.as_bytes()).contains("line 1: steps[1].t: -15 s is before"));
    }

    #[test]
    fn a_missing_or_wrong_field_is_named() {
        let missing = LINE.replace("\"hpa\":{\"maxReplicas\":3},", "");
        assert!(error(missing.as_bytes()).contains("missing field `hpa`"));
        let wrong = LINE.replace("\"t\":15", "\"t\":\"soon\"");
        assert!(error(wrong.as_bytes()).contains("steps[1].t"), "{}", error(wrong.as_bytes()));
        let id = LINE.replace("\"id\":\"a\",", "");
        assert!(error(id.as_bytes()).contains("missing field `id`"));
    }
}
