//! Access logs of AWS load balancers.
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html>,
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html>
//!
//! ALB: `time` is when the response was sent, the request arrived at `request_creation_time`; what the target took is
//! `target_processing_time`, -1 when no target was asked. New fields are appended; what follows the known is ignored.
//! CLB: the timestamp is when the request was received.

use super::super::ImportOptions;
use super::super::collect::{Collector, Request};
use super::super::damage::Damage;
use super::super::format::{Importer, LineReader, Reader, Sample};
use super::super::number;
use super::super::stamp::Stamps;

pub(super) struct Alb;
pub(super) struct Clb;

/// Types of an ALB's requests.
const TYPES: [&[u8]; 6] = [b"http ", b"https ", b"h2 ", b"grpcs ", b"ws ", b"wss "];

impl Importer for Alb {
    fn name(&self) -> &'static str {
        "alb"
    }

    fn about(&self) -> &'static str {
        "access logs of AWS Application Load Balancers, with 25, 29 or more fields"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        let mut stamps = Stamps::new(None, 1e9, None);
        sample.mostly(|line| {
            let mut fields = Fields(line);
            TYPES.iter().any(|kind| line.starts_with(kind))
                && fields.nth(1).is_some_and(|time| stamps.iso(time).is_ok())
        })
    }

    fn reader(&self, _sample: &Sample, _options: &ImportOptions) -> Result<Reader, Damage> {
        Ok(Reader::Lines(Box::new(AlbLines)))
    }
}

impl Importer for Clb {
    fn name(&self) -> &'static str {
        "clb"
    }

    fn about(&self) -> &'static str {
        "access logs of AWS Classic Load Balancers"
    }

    fn recognises(&self, sample: &Sample) -> bool {
        let mut stamps = Stamps::new(None, 1e9, None);
        sample.mostly(|line| {
            let mut fields = Fields(line);
            let time = fields.next().is_some_and(|time| time.contains(&b'T') && stamps.iso(time).is_ok());
            // Three times in seconds after the elb, the client and the backend.
            time && fields.nth(2).is_some() && (0..3).all(|_| fields.next().and_then(number::decimal).is_some())
        })
    }

    fn reader(&self, _sample: &Sample, _options: &ImportOptions) -> Result<Reader, Damage> {
        Ok(Reader::Lines(Box::new(ClbLines)))
    }
}

/// Fields between spaces; a field in quotes may have spaces in it.
struct Fields<'l>(&'l [u8]);

impl<'l> Iterator for Fields<'l> {
    type Item = &'l [u8];

    fn next(&mut self) -> Option<&'l [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let (field, rest) = match self.0.strip_prefix(b"\"") {
            // A request may have quotes in it: the closing one stands before a space or at the end.
            Some(quoted) => {
                let is_end = |at: &usize| {
                    let is_escaped = at.checked_sub(1).is_some_and(|before| quoted[before] == b'\\');
                    !is_escaped && quoted.get(at + 1).is_none_or(|after| *after == b' ')
                };
                let end = memchr::memchr_iter(b'"', quoted).find(is_end).unwrap_or(quoted.len());
                (&quoted[..end], quoted.get(end + 2..).unwrap_or_default())
            }
            None => {
                let end = memchr::memchr(b' ', self.0).unwrap_or(self.0.len());
                (&self.0[..end], self.0.get(end + 1..).unwrap_or_default())
            }
        };
        self.0 = rest;
        Some(field)
    }
}

struct AlbLines;

impl LineReader for AlbLines {
    fn line(&mut self, line: &[u8], stamps: &mut Stamps, to: &mut Collector) -> Result<(), Damage> {
        let cut = || Damage::new("it has fewer than the 22 fields up to request_creation_time");
        if !TYPES.iter().any(|kind| line.starts_with(kind)) {
            return Err(Damage::found("this is no type of an ALB's request", line));
        }
        let mut fields = Fields(line);
        // 0 type, 1 time, 2 elb, 3 client, 4 target, 5 request_processing_time, 6 target_processing_time.
        let target_time = fields.nth(6).ok_or_else(cut)?;
        let status = fields.nth(1).ok_or_else(cut)?;
        // 8 elb_status_code was the last; 21 is request_creation_time.
        let created = fields.nth(12).ok_or_else(cut)?;
        to.request(Request { at: stamps.iso(created)?, duration: seconds(target_time), refused: is_refused(status) });
        Ok(())
    }
}

struct ClbLines;

impl LineReader for ClbLines {
    fn line(&mut self, line: &[u8], stamps: &mut Stamps, to: &mut Collector) -> Result<(), Damage> {
        let cut = || Damage::new("it has fewer than the 8 fields up to elb_status_code");
        let mut fields = Fields(line);
        let received = stamps.iso(fields.next().ok_or_else(cut)?)?;
        // 1 elb, 2 client, 3 backend, 4 request_processing_time, 5 backend_processing_time, 6 response, 7 status.
        let backend_time = fields.nth(4).ok_or_else(cut)?;
        let status = fields.nth(1).ok_or_else(cut)?;
        to.request(Request { at: received, duration: seconds(backend_time), refused: is_refused(status) });
        Ok(())
    }
}

/// -1 when the request never reached a target.
fn seconds(field: &[u8]) -> Option<f64> {
    number::decimal(field).map(number::Decimal::as_f64).filter(|seconds| *seconds >= 0.0)
}

fn is_refused(status: &[u8]) -> bool {
    number::digits(status).and_then(|status| u16::try_from(status).ok()).is_some_and(super::is_refusal)
}
