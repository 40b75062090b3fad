//! Common and Combined log formats, as Apache and nginx write them by default: `host ident user [time] "request" status
//! bytes`, then whatever else. <https://httpd.apache.org/docs/2.4/logs.html#common>
//!
//! The time is what counts. A line that is torn off after it is still one request; a line without a readable time is
//! damaged.

use memchr::memchr;

use super::super::ImportOptions;
use super::super::collect::{Collector, Request};
use super::super::damage::Damage;
use super::super::format::{Importer, LineReader, Reader, Sample};
use super::super::number;
use super::super::stamp::Stamps;

pub(super) struct Combined;

impl Importer for Combined {
    fn name(&self) -> &'static str {
        "combined"
    }

    fn about(&self) -> &'static str {
        "Common and Combined logs of nginx and Apache; further fields may follow"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        let is_such = |line: &[u8]| {
            instant(line, &mut Stamps::new(None, 1e9, None)).is_ok_and(|(_, rest)| rest.starts_with(b" \""))
        };
        // A time of the right form that lies centuries off is for the reader to refuse, with its line.
        let has_form = |line: &[u8]| {
            let Some(open) = memchr(b'[', line) else { return false };
            let time = &line[open + 1..];
            time.len() > 28
                && time.iter().zip(b"00/Aaa/0000:00:00:00 +0000] \"").all(|(byte, form)| match form {
                    b'0' => byte.is_ascii_digit(),
                    b'A' | b'a' => byte.is_ascii_alphabetic(),
                    b'+' => matches!(byte, b'+' | b'-'),
                    _ => byte == form,
                })
        };
        sample.mostly(is_such) || sample.mostly(has_form)
    }

    fn reader(&self, _sample: &Sample, _options: &ImportOptions) -> Result<Reader, Damage> {
        Ok(Reader::Lines(Box::new(CombinedLines)))
    }
}

struct CombinedLines;

impl LineReader for CombinedLines {
    #[inline]
    fn line(&mut self, line: &[u8], stamps: &mut Stamps, to: &mut Collector) -> Result<(), Damage> {
        let (at, rest) = instant(line, stamps)?;
        let refused = status(rest).is_some_and(super::is_refusal);
        to.request(Request { at, duration: None, refused });
        Ok(())
    }
}

/// The time of a line, and what follows it.
#[inline]
fn instant<'l>(line: &'l [u8], stamps: &mut Stamps) -> Result<(i64, &'l [u8]), Damage> {
    let mut rest = line;
    let mut damage = None;
    // A user's name may have a bracket in it, hardly more.
    for _ in 0..3 {
        let Some(open) = memchr(b'[', rest) else { break };
        rest = &rest[open + 1..];
        match stamps.common_log(rest) {
            Ok(at) if rest.get(26) == Some(&b']') => return Ok((at, &rest[27..])),
            Ok(_) => {
                damage.get_or_insert_with(|| Damage::new("the time is cut off"));
            }
            Err(problem) => {
                damage.get_or_insert(problem);
            }
        }
    }
    Err(damage.unwrap_or_else(|| Damage::new("it has no [time], such as [01/Aug/1995:00:00:01 -0400]")))
}

/// The status after the quoted request, which may have quotes in it.
#[inline]
fn status(rest: &[u8]) -> Option<u16> {
    let mut rest = rest.strip_prefix(b" \"")?;
    loop {
        let quote = memchr(b'"', rest)?;
        rest = &rest[quote + 1..];
        if let [b' ', hundreds, tens, units, b' ', ..] = rest
            && let (Some(high), true) = (number::two_digits(&[*hundreds, *tens]), units.is_ascii_digit())
        {
            return Some(u16::from(high) * 10 + u16::from(units - b'0'));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &[u8] =
        b"10.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET /a?q=\\\"x\\\" HTTP/1.0\" 503 2326 \"-\" \"curl\" 0.1";

    #[test]
    fn a_line_is_a_request() {
        let mut stamps = Stamps::new(None, 1e9, None);
        let (at, rest) = instant(LINE, &mut stamps).unwrap();
        assert_eq!(at / 1_000_000_000, 971_211_336);
        assert_eq!(status(rest), Some(503));
        assert_eq!(stamps.offset, Some(-7 * 3600));
    }

    #[test]
    fn a_bracket_before_the_time_is_passed_over() {
        let line = b"10.0.0.1 - [bot] [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 1";
        assert!(instant(line, &mut Stamps::new(None, 1e9, None)).is_ok());
    }

    #[test]
    fn a_torn_line_counts_when_its_time_is_whole() {
        let mut stamps = Stamps::new(None, 1e9, None);
        for end in 0..LINE.len() {
            assert_eq!(instant(&LINE[..end], &mut stamps).is_ok(), end > 44, "{end}");
        }
    }
}
