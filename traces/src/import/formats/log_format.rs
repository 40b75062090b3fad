//! Logs in a format of one's own, described as nginx's `log_format` does:
//! <https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format>
//!
//! nginx writes a line when the request is over (log phase): `$time_local`, `$time_iso8601` and `$msec` are its end. Where
//! `$request_time` stands in the line, the arrival is that much earlier.

use super::super::ImportOptions;
use super::super::collect::{Collector, Request};
use super::super::damage::Damage;
use super::super::format::{Importer, LineReader, Reader, Sample};
use super::super::number;
use super::super::stamp::Stamps;

pub(super) struct LogFormat;

impl Importer for LogFormat {
    fn name(&self) -> &'static str {
        "log-format"
    }

    fn about(&self) -> &'static str {
        "logs in a format of your own, described by nginx's log_format string in --log-format"
    }

    fn recognises(&self, _sample: &Sample) -> bool {
        // Only who says what the format is can ask for it.
        false
    }

    fn reader(&self, _sample: &Sample, options: &ImportOptions) -> Result<Reader, Damage> {
        let Some(format) = &options.log_format else {
            return Err(Damage::new("say how its lines are written with --log-format, as in nginx's configuration"));
        };
        Ok(Reader::Lines(Box::new(Pattern::compile(format)?)))
    }
}

/// What a variable means here.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Variable {
    TimeLocal,
    TimeIso8601,
    Msec,
    RequestTime,
    UpstreamTime,
    Status,
    Other,
}

impl Variable {
    fn named(name: &str) -> Variable {
        match name {
            "time_local" => Variable::TimeLocal,
            "time_iso8601" => Variable::TimeIso8601,
            "msec" => Variable::Msec,
            "request_time" => Variable::RequestTime,
            "upstream_response_time" => Variable::UpstreamTime,
            "status" => Variable::Status,
            _ => Variable::Other,
        }
    }

    fn is_time(self) -> bool {
        matches!(self, Variable::TimeLocal | Variable::TimeIso8601 | Variable::Msec)
    }
}

/// A compiled format: a text, then variables, each up to the text after it.
struct Pattern {
    before: Vec<u8>,
    parts: Vec<(Variable, Vec<u8>)>,
}

impl Pattern {
    fn compile(format: &str) -> Result<Pattern, Damage> {
        let wrong = |problem: String| Damage::new(format!("--log-format: {problem}"));
        let mut pieces = format.split('$');
        let before = pieces.next().unwrap_or_default().as_bytes().to_vec();
        let mut parts: Vec<(Variable, Vec<u8>)> = Vec::new();
        for piece in pieces {
            let (name, text) = match piece.strip_prefix('{').and_then(|braced| braced.split_once('}')) {
                Some(parts) => parts,
                None => {
                    let end = piece.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
                    piece.split_at(end.unwrap_or(piece.len()))
                }
            };
            if name.is_empty() {
                return Err(wrong("a `$` without the name of a variable".into()));
            }
            if parts.last().is_some_and(|(_, text)| text.is_empty()) {
                return Err(wrong(format!(
                    "nothing stands between `${name}` and the variable before it: where one ends cannot be told"
                )));
            }
            parts.push((Variable::named(name), text.as_bytes().to_vec()));
        }
        if !parts.iter().any(|(variable, _)| variable.is_time()) {
            return Err(wrong("it has no time: one of $time_local, $time_iso8601 and $msec is needed".into()));
        }
        Ok(Pattern { before, parts })
    }
}

impl LineReader for Pattern {
    fn line(&mut self, line: &[u8], stamps: &mut Stamps, to: &mut Collector) -> Result<(), Damage> {
        let differs = || Damage::new("it is not written as --log-format says");
        let mut rest = line.strip_prefix(self.before.as_slice()).ok_or_else(differs)?;
        let (mut at, mut duration, mut upstream, mut status) = (None, None, None, None);
        for (variable, text) in &self.parts {
            let end = if text.is_empty() { Some(rest.len()) } else { memchr::memmem::find(rest, text) };
            let field = &rest[..end.ok_or_else(differs)?];
            rest = &rest[field.len() + text.len()..];
            match variable {
                Variable::TimeLocal => at = Some(stamps.common_log(field)?),
                Variable::TimeIso8601 => at = Some(stamps.iso(field)?),
                Variable::Msec => at = Some(stamps.number(field)?),
                Variable::RequestTime => duration = number::decimal(field).map(number::Decimal::as_f64),
                Variable::UpstreamTime => upstream = upstream_seconds(field),
                Variable::Status => status = number::digits(field),
                Variable::Other => {}
            }
        }
        let end = at.ok_or_else(differs)?;
        let refused = status.and_then(|status| u16::try_from(status).ok()).is_some_and(super::is_refusal);
        let mut request = Request { at: end, duration, refused }.stamped(true);
        request.duration = upstream.or(duration);
        to.request(request);
        Ok(())
    }
}

/// `0.012`, or several servers that were asked: `0.002, 0.010`, `0.002 : 0.010`; `-` for none.
fn upstream_seconds(field: &[u8]) -> Option<f64> {
    let parts = field.split(|byte| matches!(byte, b',' | b':')).map(<[u8]>::trim_ascii).filter(|part| *part != b"-");
    let seconds: Vec<f64> =
        parts.map(|part| number::decimal(part).map(number::Decimal::as_f64)).collect::<Option<_>>()?;
    (!seconds.is_empty()).then(|| seconds.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: &str = r#"$remote_addr [$time_local] "$request" $status ${request_time}s up=$upstream_response_time"#;

    fn read(format: &str, line: &str) -> Result<Collector, Damage> {
        let mut to = Collector::new(&ImportOptions::default());
        Pattern::compile(format)?.line(line.as_bytes(), &mut Stamps::new(None, 1e9, None), &mut to)?;
        Ok(to)
    }

    #[test]
    fn a_request_arrived_before_its_line_was_written() {
        let line = r#"::1 [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 503 2.500s up=0.002, 0.010"#;
        let read = read(FORMAT, line).unwrap();
        let (start, bin) = read.bins.occupied().next().unwrap();
        assert_eq!((start / 1_000_000_000, bin.refused), (971_211_333, 1.0), "2.5 s before 971211336");
        assert!((read.durations.mean() - 0.012).abs() < 1e-12);
    }

    #[test]
    fn a_format_that_cannot_be_read_is_refused() {
        let problem =
            |format: &str| Pattern::compile(format).err().map(|damage| damage.to_string()).unwrap_or_default();
        assert!(problem("$remote_addr $status").contains("$time_local"));
        assert!(problem("$msec$status").contains("between"));
        assert!(problem("$ $msec").contains("name of a variable"));
        assert!(read(FORMAT, "something else").is_err());
    }
}
