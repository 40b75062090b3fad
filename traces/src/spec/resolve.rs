//! From the `[trace]` table to a trace: the files are read and checked, the order of operations is laid down.

use super::keys::listed;
use super::{Repeat, Rescale, TraceSpec};
use crate::calendar::{Calendar, zone_named};
use crate::error::TraceError;
use crate::files::{self, TraceFiles};
use crate::recording::{Digest, Gaps, Series, SeriesOptions, Stamps};
use crate::shape::ShapeKind;
use crate::time::{SimDuration, SimTime};
use crate::trace::{Layer, OpenTrace, Plan, Source, Trace};

/// Times since 1970 from here on (1980) are taken for Unix seconds; a relative column would have to be ten years long.
const UNIX_FROM: i64 = 315_532_800 * 1_000_000_000;

/// Requests per second above which a trace is a mistake: ten in a nanosecond.
const MOST: f64 = 1e10;

impl TraceSpec {
    /// Reads and checks what the table names, for a run of the given length.
    pub fn resolve(&self, files: &dyn TraceFiles, horizon: SimDuration) -> Result<Trace, TraceError> {
        self.check_together()?;
        if let Some(clients) = &self.clients {
            return Ok(Trace::Closed(clients.clone()));
        }
        let source = self.source(files)?;
        let calendar = self.calendar_of(&source)?;
        let (from, to) = self.window_of(source.length())?;
        let period = to.map(|to| to - from);
        let length = self.length_of(period, horizon)?;
        let mut plan = Plan {
            source,
            window: (SimTime::from_nanos(from), to.map_or(SimTime::NEVER, SimTime::from_nanos)),
            period,
            factor: 1.0,
            mean: 0.0,
            peak: 0.0,
            looped: self.repeat.is_some_and(|repeat| repeat != Repeat::Times(1)),
            noise: self.noise,
            seed: self.seed(),
            horizon: SimTime::from_nanos(horizon.as_nanos()),
            length: length.map(SimDuration::from_nanos),
            calendar: calendar.map(|calendar| calendar.later(SimTime::from_nanos(from))),
            digest: String::new(),
        };
        plan.digest = self.digest(&plan.source);
        let (mean, peak) = plan.mean_and_peak();
        plan.factor = self.factor(mean, peak)?;
        (plan.mean, plan.peak) = (mean * plan.factor, peak * plan.factor);
        if plan.peak.is_nan() || plan.peak > MOST {
            let problem = format!("a rate of {:e} requests per second is more than can be simulated", plan.peak);
            return Err(TraceError::spec(problem));
        }
        Ok(Trace::Open(OpenTrace::new(plan)))
    }

    fn seed(&self) -> u64 {
        self.seed.unwrap_or(1)
    }

    /// Keys that exclude each other, and keys that have nothing to apply to.
    fn check_together(&self) -> Result<(), TraceError> {
        let shape = self.shape.is_some_and(|kind| kind != ShapeKind::Sum);
        let kinds = [
            ("file", self.file.is_some()),
            ("arrivals", self.arrivals.is_some()),
            ("shape", shape),
            ("sum", self.sum.is_some() || self.shape == Some(ShapeKind::Sum)),
            ("clients", self.clients.is_some()),
        ];
        let kinds: Vec<_> = kinds.iter().filter(|(_, there)| *there).map(|(key, _)| *key).collect();
        let kind = match kinds[..] {
            [kind] => kind,
            [] => {
                return Err(TraceError::spec("nothing arrives; give `file`, `arrivals`, `shape`, `sum` or `clients`"));
            }
            _ => return Err(TraceError::spec(format!("{} exclude each other; keep one", listed(&kinds)))),
        };
        let strangers = self.strangers(kind);
        if !strangers.is_empty() {
            return Err(TraceError::spec(format!("{} cannot stand beside `{kind}`", listed(&strangers))));
        }
        if let Some(noise) = &self.noise {
            noise.check()?;
        }
        Ok(())
    }

    /// Keys that are there and that this kind of trace has no use for.
    fn strangers(&self, kind: &str) -> Vec<&'static str> {
        let mut strangers = if kind == "shape" { Vec::new() } else { self.own_shape().present() };
        let is = |kinds: &[&str]| kinds.contains(&kind);
        let keys = [
            ("values", self.values.is_some() && !is(&["file"])),
            ("gaps", self.gaps.is_some() && !is(&["file"])),
            ("interval", self.interval.is_some() && !is(&["file"])),
            ("window", self.window.is_some() && is(&["clients"])),
            ("rescale", self.rescale.is_some() && is(&["clients", "arrivals"])),
            ("repeat", self.repeat.is_some() && is(&["clients"])),
            ("noise", self.noise.is_some() && is(&["clients", "arrivals"])),
        ];
        strangers.extend(keys.iter().filter(|(_, there)| *there).map(|(key, _)| *key));
        strangers
    }

    fn source(&self, files: &dyn TraceFiles) -> Result<Source, TraceError> {
        if let Some(path) = &self.file {
            let name = files.describe(path);
            if self.interval.is_some_and(SimDuration::is_zero) {
                return Err(TraceError::spec("interval is zero; say how long one row counts, such as \"1m\""));
            }
            let reopen = files.reopener(path).map_err(|error| TraceError::file(&name, files::problem(&error)))?;
            let gaps = self.gaps.unwrap_or(Gaps::Error);
            let options = SeriesOptions { gaps, values: self.values, interval: self.interval };
            return Ok(Source::Series(Series::read(reopen, &name, options)?));
        }
        if let Some(path) = &self.arrivals {
            let name = files.describe(path);
            let reopen = files.reopener(path).map_err(|error| TraceError::file(&name, files::problem(&error)))?;
            return Ok(Source::Stamps(Stamps::read(reopen, &name)?));
        }
        self.layers().map(Source::Shapes)
    }

    /// The shapes that are added up.
    fn layers(&self) -> Result<Vec<Layer>, TraceError> {
        let since_monday = match &self.start {
            Some(start) => Calendar::parse(start, self.zone.as_deref())?.since_monday(),
            None => 0,
        };
        let name = |kind: Option<ShapeKind>| kind.map_or("", ShapeKind::name);
        let Some(parts) = &self.sum else {
            if self.shape == Some(ShapeKind::Sum) {
                return Err(TraceError::spec("shape = \"sum\" needs `sum`, the list of shapes that are added up"));
            }
            // The noise of the table itself is laid over the finished rate.
            return Ok(vec![Layer {
                name: name(self.shape),
                shape: self.own_shape().compile(since_monday)?,
                noise: None,
            }]);
        };
        if parts.is_empty() {
            return Err(TraceError::spec("`sum` has no parts"));
        }
        let layer = |(index, part): (usize, &super::PartSpec)| {
            let numbered = |error| match error {
                TraceError::Spec(problem) => TraceError::Spec(format!("sum, part {}: {problem}", index + 1)),
                other => other,
            };
            if let Some(noise) = &part.noise {
                noise.check().map_err(numbered)?;
            }
            Ok(Layer {
                name: name(part.shape),
                shape: part.compile(since_monday).map_err(numbered)?,
                noise: part.noise,
            })
        };
        parts.iter().enumerate().map(layer).collect()
    }

    /// The calendar of the trace before its window: what is written, else the recording's own.
    fn calendar_of(&self, source: &Source) -> Result<Option<Calendar>, TraceError> {
        let zone = self.zone.as_deref();
        if let Some(start) = &self.start {
            return Calendar::parse(start, zone).map(Some);
        }
        // What is written here counts before what the file says of itself.
        let zone = zone.or(source.zone());
        match source.origin().filter(|origin| *origin >= UNIX_FROM) {
            Some(origin) => Calendar::from_unix_nanos(origin, zone).map(Some),
            None if self.zone.is_some() => {
                zone_named(zone)?;
                Err(TraceError::spec("`zone` without `start`, and the trace has no calendar time of its own"))
            }
            None => Ok(None),
        }
    }

    /// The window in nanoseconds; `end` is the length of the trace before it. The whole trace without a window.
    fn window_of(&self, end: Option<u64>) -> Result<(u64, Option<u64>), TraceError> {
        let Some(window) = self.window else { return Ok((0, end)) };
        let reach = window.to.unwrap_or(window.from).max(window.from);
        if let Some(length) = end.map(SimDuration::from_nanos).filter(|length| reach > *length) {
            return Err(TraceError::spec(format!("window reaches to {reach}, the trace is {length} long")));
        }
        let (from, to) = (window.from.as_nanos(), window.to.map(SimDuration::as_nanos).or(end));
        if let Some(to) = to.filter(|to| *to <= from) {
            let (from, to) = (window.from, SimDuration::from_nanos(to));
            return Err(TraceError::spec(format!("window is empty: it runs from {from} to {to}")));
        }
        Ok((from, to))
    }

    /// The length after repetition, none when it is endless; refused when the run is longer.
    fn length_of(&self, period: Option<u64>, horizon: SimDuration) -> Result<Option<u64>, TraceError> {
        let Some(period) = period else { return Ok(None) };
        let length = match self.repeat {
            Some(Repeat::Forever) => return Ok(None),
            Some(Repeat::Times(times)) => period.saturating_mul(times),
            None => period,
        };
        if length < horizon.as_nanos() {
            return Err(TraceError::TooShort { length: SimDuration::from_nanos(length), horizon });
        }
        Ok(Some(length))
    }

    /// The factor that `rescale` asks for.
    fn factor(&self, mean: f64, peak: f64) -> Result<f64, TraceError> {
        let Some(rescale) = self.rescale else { return Ok(1.0) };
        let (target, present, what) = match rescale {
            Rescale::Factor(factor) if factor.is_finite() && factor >= 0.0 => return Ok(factor),
            Rescale::Factor(factor) => {
                return Err(TraceError::spec(format!("rescale.factor is {factor}; it must be a number of at least 0")));
            }
            Rescale::Mean(rate) => (rate.as_per_second(), mean, "mean"),
            Rescale::Peak(rate) => (rate.as_per_second(), peak, "peak"),
        };
        if target > 0.0 && present <= 0.0 {
            return Err(TraceError::spec(format!("rescale to a {what} of {target}rps: the trace is empty")));
        }
        Ok(if target == 0.0 { 0.0 } else { target / present })
    }

    /// A hash of the content: what was written, with the recording's content in place of its path.
    fn digest(&self, source: &Source) -> String {
        let mut digest = Digest::new();
        let written = TraceSpec { file: None, arrivals: None, ..self.clone() };
        digest.add(format!("{written:?}").as_bytes());
        if let Some(content) = source.digest() {
            digest.add(content.hex().as_bytes());
        }
        digest.hex()
    }
}
