//! Gathers what importers read: requests one by one, or rows of a series. Both end as counts per interval.

use super::ImportOptions;
use super::bins::{Bin, SparseBins};
use super::durations::Durations;
use super::rows::Rows;
use super::saturation::Saturation;
use super::sorter::Sorter;
use crate::recording::Values;
use crate::recording::header::TraceHeader;

/// The finest resolution that is chosen unless another is asked for.
const FINEST: u64 = 1_000_000_000;

/// Beyond this a real number no longer counts.
const MOST_COUNTED: f64 = 9_007_199_254_740_992.0;

/// One request as a log tells it.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub(super) struct Request {
    /// When it arrived, in nanoseconds since 1970 or since the beginning.
    pub(super) at: i64,
    /// How long the service took for it, in seconds.
    pub(super) duration: Option<f64>,
    /// True when the recorded system turned it away or gave up on it.
    pub(super) refused: bool,
}

impl Request {
    /// The same, when `at` may be the end of the request rather than its arrival.
    pub(super) fn stamped(self, at_end: bool) -> Request {
        let back = self.duration.filter(|duration| at_end && (0.0..1e9).contains(duration)).unwrap_or(0.0);
        Request { at: self.at - (back * 1e9) as i64, ..self }
    }
}

/// What was read so far.
pub(super) struct Collector {
    pub(super) bins: SparseBins,
    pub(super) rows: Rows,
    pub(super) sorter: Option<Sorter>,
    pub(super) durations: Durations,
    /// Utilization beside the traffic.
    pub(super) saturation: Saturation,
    durations_within: Option<Vec<(i64, i64)>>,
    pub(super) requests: u64,
    /// What a trace of windtunnel's own says about itself.
    pub(super) header: Option<TraceHeader>,
    /// What went wrong in here rather than in a line.
    pub(super) failure: Option<String>,
}

impl Collector {
    pub(super) fn new(options: &ImportOptions) -> Self {
        let asked = options.resolution.map(crate::SimDuration::as_nanos);
        // Bins of what was asked for, unless a coarser resolution can be made of whole seconds.
        let step = asked.filter(|step| !step.is_multiple_of(FINEST)).unwrap_or(FINEST);
        Collector {
            bins: SparseBins::new(step, 0, asked.is_none_or(|asked| step != asked)),
            rows: Rows::new(options.interval.map(crate::SimDuration::as_nanos)),
            sorter: options.stamps.then(Sorter::new),
            durations: Durations::default(),
            saturation: Saturation::new(options.saturated_at),
            durations_within: options.durations_within.clone(),
            requests: 0,
            header: None,
            failure: None,
        }
    }

    /// Adds a request.
    #[inline]
    pub(super) fn request(&mut self, request: Request) {
        let bin = Bin { count: 1.0, rows: 1, refused: f32::from(u8::from(request.refused)) };
        self.requests += 1;
        if self.bins.add(request.at, bin).is_err() {
            self.too_many();
        }
        if let Some(duration) = request.duration
            && self.counts_duration(request.at)
        {
            self.durations.add(duration);
        }
        if let Some(sorter) = &mut self.sorter
            && let Err(error) = sorter.add(request.at)
        {
            self.failure.get_or_insert(format!("request times could not be put aside for sorting: {error}"));
        }
    }

    /// True when durations at an instant are wanted.
    fn counts_duration(&self, at: i64) -> bool {
        let Some(stretches) = &self.durations_within else { return true };
        let after = stretches.partition_point(|stretch| stretch.0 <= at);
        after.checked_sub(1).is_some_and(|index| at < stretches[index].1)
    }

    /// Adds the value of an interval that begins at an instant.
    pub(super) fn row(&mut self, at: i64, value: f64, refused: f64) {
        if value > MOST_COUNTED {
            let problem =
                format!("there is a value of {value:e} in it: this is more than can be counted; is it damaged?");
            self.failure.get_or_insert(problem);
        } else if let Err(problem) = self.rows.add(at, value, refused) {
            self.failure.get_or_insert(problem);
        }
    }

    /// Tells what the values of rows are. Unless the user said so, the format does.
    pub(super) fn values_are(&mut self, values: Values) {
        self.rows.values = values;
    }

    /// Tells how long an interval is, when the format knows and the user did not say.
    pub(super) fn interval_is(&mut self, nanos: u64) {
        if self.rows.step.is_none() {
            self.rows.step = Some(nanos);
        }
    }

    #[cold]
    fn too_many(&mut self) {
        let problem = "the log has more than four million intervals of the resolution that was asked for; ask for a \
                       coarser --resolution, or for none";
        self.failure.get_or_insert(problem.to_string());
    }
}
