//! The comments at the beginning of a trace that windtunnel wrote: `# windtunnel trace`, then `# key: value` lines.

use std::str::FromStr;

use super::Values;
use crate::time::SimDuration;

/// The first line of a trace that windtunnel wrote.
pub(crate) const FIRST_LINE: &str = "# windtunnel trace 1";

/// A stretch in which the recorded system could not keep up: what was recorded is less than what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Censored {
    /// Its beginning, in nanoseconds of the recording's own clock.
    pub from: i64,
    /// Its end.
    pub to: i64,
    /// How that is known.
    pub reason: String,
}

/// What the comments say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TraceHeader {
    pub(crate) sources: Vec<String>,
    pub(crate) zone: Option<String>,
    pub(crate) resolution: Option<SimDuration>,
    pub(crate) values: Option<Values>,
    pub(crate) censored: Vec<Censored>,
}

impl TraceHeader {
    /// True for the first line of a trace with such comments.
    pub(crate) fn begins(line: &[u8]) -> bool {
        line.trim_ascii_end() == FIRST_LINE.as_bytes()
    }

    /// Reads one comment; what it does not know it passes over.
    pub(crate) fn read(&mut self, line: &[u8]) {
        let Ok(line) = std::str::from_utf8(line) else { return };
        let Some((key, value)) = line.trim_start_matches('#').split_once(':') else { return };
        let value = value.trim();
        match key.trim() {
            "source" => self.sources.push(value.to_string()),
            "zone" => self.zone = Some(value.to_string()),
            "resolution" => self.resolution = SimDuration::from_str(value).ok().filter(|step| !step.is_zero()),
            "values" if value == "count" => self.values = Some(Values::Count),
            "values" if value == "rate" => self.values = Some(Values::Rate),
            "censored" => self.censored.extend(censored(value)),
            _ => {}
        }
    }
}

/// `807249600 to 807249660: 503`
fn censored(text: &str) -> Option<Censored> {
    let (span, reason) = text.split_once(':')?;
    let (from, to) = span.split_once(" to ")?;
    let nanos = |text: &str| super::rows::nanos(text.trim()).ok();
    Some(Censored { from: nanos(from)?, to: nanos(to)?, reason: reason.trim().to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_read_and_strange_ones_passed_over() {
        let mut header = TraceHeader::default();
        for line in [
            "# source: access.log",
            "# zone: -04:00",
            "# resolution: 60s",
            "# values: count",
            "# gaps: 2",
            "# resolution:",
            "#",
            "# censored: 10 to 20.5: refusals: 3 %",
            "# censored: soon",
        ] {
            header.read(line.as_bytes());
        }
        assert_eq!(header.zone.as_deref(), Some("-04:00"));
        assert_eq!(header.values, Some(Values::Count));
        let mark = Censored { from: 10_000_000_000, to: 20_500_000_000, reason: "refusals: 3 %".into() };
        assert_eq!(header.censored, [mark]);
    }
}
