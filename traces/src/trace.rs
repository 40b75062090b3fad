//! A trace that is ready to be replayed: shared by all runs of a sweep, each of which draws its own arrivals.

use std::sync::{Arc, OnceLock};

use crate::arrivals::Arrivals;
use crate::calendar::Calendar;
use crate::clients::ClientsSpec;
use crate::error::TraceError;
use crate::noise::Noise;
use crate::random::Streams;
use crate::recording::{Digest, GapSummary, Series, Stamps};
use crate::segments::{RateSegments, Segment};
use crate::shape::Shape;
use crate::time::{SimDuration, SimTime};

/// What arrives.
#[derive(Clone, Debug)]
pub enum Trace {
    /// Requests that arrive whatever happens to those before them.
    Open(OpenTrace),
    /// Clients that wait for their answers.
    Closed(ClientsSpec),
}

/// Requests that arrive whatever happens to those before them. Cheap to clone; every clone replays the same trace.
#[derive(Clone)]
pub struct OpenTrace {
    plan: Arc<Plan>,
    /// The pieces of the rate, once somebody has asked for them; nothing where there are too many to be kept.
    pieces: Arc<OnceLock<Option<Arc<[Segment]>>>>,
}

/// A checked trace: a source and what is done to it, in the order of the fields.
pub(crate) struct Plan {
    pub(crate) source: Source,
    /// From, and up to: the end of time for the end of an endless source.
    pub(crate) window: (SimTime, SimTime),
    /// The length of one replay, unless it is endless.
    pub(crate) period: Option<u64>,
    pub(crate) factor: f64,
    pub(crate) looped: bool,
    /// Mean and highest rate of one replay after the factor, before the noise.
    pub(crate) mean: f64,
    pub(crate) peak: f64,
    pub(crate) noise: Option<Noise>,
    pub(crate) seed: u64,
    pub(crate) horizon: SimTime,
    pub(crate) length: Option<SimDuration>,
    pub(crate) calendar: Option<Calendar>,
    pub(crate) digest: String,
}

/// Where the rate, or the requests, come from.
pub(crate) enum Source {
    Shapes(Vec<Layer>),
    Series(Series),
    Stamps(Stamps),
}

/// One of the shapes that are added up.
pub(crate) struct Layer {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) noise: Option<Noise>,
}

impl Source {
    /// How long it is, unless it is endless.
    pub(crate) fn length(&self) -> Option<u64> {
        match self {
            Source::Shapes(_) => None,
            Source::Series(series) => Some(series.length),
            Source::Stamps(stamps) => Some(stamps.length),
        }
    }

    /// The file's own time of the beginning.
    pub(crate) fn origin(&self) -> Option<i64> {
        match self {
            Source::Shapes(_) => None,
            Source::Series(series) => Some(series.origin),
            Source::Stamps(stamps) => Some(stamps.origin),
        }
    }

    /// The time zone that the file names.
    pub(crate) fn zone(&self) -> Option<&str> {
        match self {
            Source::Series(series) => series.zone.as_deref(),
            Source::Shapes(_) | Source::Stamps(_) => None,
        }
    }

    pub(crate) fn digest(&self) -> Option<Digest> {
        match self {
            Source::Shapes(_) => None,
            Source::Series(series) => Some(series.digest),
            Source::Stamps(stamps) => Some(stamps.digest),
        }
    }
}

/// Recorded requests as a rate: counted in intervals of this length.
const BIN: u64 = 1_000_000_000;

/// Pieces of a rate that are kept for all who replay it: 3 MB, and more than a month by the minute.
const MOST_PIECES: usize = 100_000;

impl Plan {
    /// One replay of the rate within the window. For recorded requests see [`Plan::stamps`].
    fn replay(&self) -> RateSegments {
        let rate = match &self.source {
            Source::Shapes(layers) => RateSegments::sum(layers.iter().enumerate().map(|l| self.layer(l)).collect()),
            Source::Series(series) => series.segments(),
            Source::Stamps(_) => return RateSegments::new(std::iter::empty()),
        };
        let (from, to) = self.window;
        if from == SimTime::ZERO && to == SimTime::NEVER { rate } else { rate.window(from, to) }
    }

    fn layer(&self, (index, layer): (usize, &Layer)) -> RateSegments {
        match layer.noise {
            // Part 0 is the noise over the finished rate.
            Some(noise) => noise.over(layer.shape.segments(), self.seed, index as u32 + 1),
            None => layer.shape.segments(),
        }
    }

    /// Mean and highest rate of one replay before the factor; of an endless one until the horizon.
    pub(crate) fn mean_and_peak(&self) -> (f64, f64) {
        let end = if self.period.is_some() { SimTime::NEVER } else { self.horizon };
        let (mut requests, mut peak, mut upto) = (0.0, 0.0f64, SimTime::ZERO);
        for piece in self.replay().until(end) {
            requests += piece.requests();
            peak = peak.max(piece.from).max(piece.to);
            upto = piece.end;
        }
        let seconds = upto.as_secs_f64();
        (if seconds > 0.0 { requests / seconds } else { 0.0 }, peak)
    }

    /// The pieces of the finished rate, unless there are too many of them.
    fn pieces(self: &Arc<Self>) -> Option<Arc<[Segment]>> {
        let pieces: Vec<Segment> = self.rate().take(MOST_PIECES + 1).collect();
        (pieces.len() <= MOST_PIECES).then(|| pieces.into())
    }

    /// The finished rate until the horizon.
    fn rate(self: &Arc<Self>) -> RateSegments {
        if let Source::Stamps(_) = self.source {
            return binned(self.stamps(), self.horizon.as_nanos());
        }
        let rate = match self.period.filter(|_| self.looped) {
            Some(period) => {
                let plan = Arc::clone(self);
                RateSegments::looped(period, move || plan.replay())
            }
            None => self.replay(),
        };
        let rate = rate.times(self.factor).until(self.horizon);
        match self.noise {
            Some(noise) => noise.over(rate, self.seed, 0),
            None => rate,
        }
    }

    /// Recorded requests until the horizon, windowed and repeated.
    fn stamps(self: &Arc<Self>) -> Box<dyn Iterator<Item = u64> + Send> {
        let end = self.horizon.as_nanos();
        let plan = Arc::clone(self);
        match self.period.filter(|_| self.looped) {
            Some(period) => {
                let cycle = move |count: u64| {
                    let mut times = plan.replayed_stamps(count.saturating_mul(period));
                    // A replay without requests (an empty window, a file that has gone) would loop without yielding.
                    let first = times.next()?;
                    Some(std::iter::once(first).chain(times))
                };
                Box::new((0..).map_while(cycle).flatten().take_while(move |time| *time < end))
            }
            None => Box::new(plan.replayed_stamps(0).take_while(move |time| *time < end)),
        }
    }

    /// One replay of recorded requests within the window, beginning at `offset`.
    fn replayed_stamps(&self, offset: u64) -> impl Iterator<Item = u64> + Send + use<> {
        let (from, to) = (self.window.0.as_nanos(), self.window.1.as_nanos());
        let times: Box<dyn Iterator<Item = u64> + Send> = match &self.source {
            Source::Stamps(stamps) => stamps.times(),
            _ => Box::new(std::iter::empty()),
        };
        times
            .skip_while(move |time| *time < from)
            .take_while(move |time| *time < to)
            .map(move |time| offset.saturating_add(time - from))
    }
}

impl OpenTrace {
    pub(crate) fn new(plan: Plan) -> Self {
        OpenTrace { plan: Arc::new(plan), pieces: Arc::default() }
    }

    /// The requests of one run, as a stream until the horizon. A recording of request times is the same for all streams.
    pub fn arrivals(&self, streams: Streams) -> Arrivals {
        match self.plan.source {
            Source::Stamps(_) => Arrivals::recorded(self.plan.stamps()),
            _ => Arrivals::poisson(self.plan.rate(), streams),
        }
    }

    /// The rate in requests per second until the horizon, in straight pieces without holes. Recorded request times are
    /// counted by the second.
    pub fn rate_segments(&self) -> RateSegments {
        match self.pieces.get_or_init(|| self.plan.pieces()) {
            Some(pieces) => RateSegments::listed(Arc::clone(pieces)),
            None => self.plan.rate(),
        }
    }

    /// Whether it is a recording of request times: the same requests in every run, so that their number is not random.
    pub fn is_recorded_requests(&self) -> bool {
        matches!(self.plan.source, Source::Stamps(_))
    }

    /// How long the trace is after its window and repetitions; none when it is endless.
    pub fn length(&self) -> Option<SimDuration> {
        self.plan.length
    }

    /// The expected number of requests between two instants; for recorded request times their number.
    pub fn expected_requests(&self, from: SimTime, to: SimTime) -> f64 {
        if let Source::Stamps(_) = self.plan.source {
            let inside = |time: &u64| (from.as_nanos()..to.as_nanos()).contains(time);
            return self.plan.stamps().take_while(|time| *time < to.as_nanos()).filter(inside).count() as f64;
        }
        let until = self.rate_segments().take_while(|piece| piece.start < to);
        until.filter_map(|piece| piece.within(from, to)).map(|piece| piece.requests()).sum()
    }

    /// The calendar of the run, when the trace has one.
    pub fn calendar(&self) -> Option<Calendar> {
        self.plan.calendar.clone()
    }

    /// A 64-bit hash, in hex, of the content: of what was written and of what recordings hold, not of their paths.
    pub fn content_digest(&self) -> String {
        self.plan.digest.clone()
    }

    /// The gaps that the recording had; none for what is not a recorded rate.
    pub fn gaps(&self) -> GapSummary {
        match &self.plan.source {
            Source::Series(series) => series.gaps,
            _ => GapSummary::default(),
        }
    }

    /// Where the recorded system could not keep up, so that the trace shows less than what was asked for: from, to (within
    /// one replay of the window, from its beginning) and how that is known.
    pub fn censored(&self) -> Vec<(SimTime, SimTime, String)> {
        let Source::Series(series) = &self.plan.source else { return Vec::new() };
        let (from, to) = self.plan.window;
        let within = |at: i64| {
            let at = SimTime::from_nanos(u64::try_from(at.saturating_sub(series.origin)).unwrap_or(0));
            SimTime::from_nanos(at.clamp(from, to).as_nanos() - from.as_nanos())
        };
        let marks = series.censored.iter().map(|mark| (within(mark.from), within(mark.to), mark.reason.clone()));
        marks.filter(|(from, to, _)| from < to).collect()
    }

    /// The same over a whole run: every replay of a looped trace has them again.
    pub fn censored_until(&self, end: SimTime) -> Vec<(SimTime, SimTime, String)> {
        let once = self.censored();
        let period = if self.plan.looped { self.plan.period.filter(|period| *period > 0) } else { None };
        let replays = period.map_or(1, |period| end.as_nanos().div_ceil(period));
        let mut all = Vec::new();
        // A recording that is mostly censored and looped for months says no more after the first thousands.
        const MOST: usize = 10_000;
        for replay in 0..replays {
            let offset = replay.saturating_mul(period.unwrap_or(0));
            let moved = |at: SimTime| SimTime::from_nanos(at.as_nanos().saturating_add(offset)).min(end);
            all.extend(once.iter().map(|(from, to, reason)| (moved(*from), moved(*to), reason.clone())));
            if once.is_empty() || all.len() >= MOST {
                break;
            }
        }
        all.retain(|(from, to, _)| from < to);
        all
    }

    /// What went wrong when a long recording was read again for a replay. To be asked for at the end of a run: arrivals
    /// end early when the file has changed since it was checked.
    pub fn fault(&self) -> Option<&TraceError> {
        match &self.plan.source {
            Source::Shapes(_) => None,
            Source::Series(series) => series.fault(),
            Source::Stamps(stamps) => stamps.fault(),
        }
    }

    /// The trace in a line: what it is, how long, how much.
    pub fn describe(&self) -> String {
        let plan = &self.plan;
        let what = match &plan.source {
            Source::Shapes(layers) => layers.iter().map(|layer| layer.name).collect::<Vec<_>>().join(" + "),
            Source::Series(series) => {
                let gaps = match series.gaps.count {
                    0 => String::new(),
                    count => format!(", {count} gaps of {} together", series.gaps.total),
                };
                format!("recording in steps of {}{gaps}", SimDuration::from_nanos(series.interval))
            }
            Source::Stamps(stamps) => format!("{} recorded requests", stamps.count),
        };
        let length = plan.length.map_or("endless".to_string(), |length| format!("{length} long"));
        let calendar =
            plan.calendar.as_ref().map(|calendar| format!(", from {}", calendar.start())).unwrap_or_default();
        if let Source::Stamps(_) = plan.source {
            return format!("{what}, {length}{calendar}");
        }
        let (mean, peak) = (plan.mean, plan.peak);
        format!("{what}, {length}, mean {mean:.1} and peak {peak:.1} requests per second{calendar}")
    }
}

impl std::fmt::Debug for OpenTrace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenTrace({})", self.describe())
    }
}

/// Request times as a rate: the count in each second.
fn binned(times: Box<dyn Iterator<Item = u64> + Send>, end: u64) -> RateSegments {
    let mut times = times.peekable();
    let mut start = 0;
    RateSegments::new(std::iter::from_fn(move || {
        if start >= end {
            return None;
        }
        let stop = start.saturating_add(BIN).min(end);
        let mut count = 0u64;
        while times.next_if(|time| *time < stop).is_some() {
            count += 1;
        }
        let rate = count as f64 / ((stop - start) as f64 / 1e9);
        let piece = Segment::level(SimTime::from_nanos(start), SimTime::from_nanos(stop), rate);
        start = stop;
        Some(piece)
    }))
}
