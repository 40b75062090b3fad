//! When a metric can be read: monitoring services publish late, and each of their sources in its own time.

use windtunnel_traces::distribution::{Distribution, Sampler};
use windtunnel_traces::{Purpose, SimDuration, SimTime, Streams};

use crate::controllers::decision::Metric;

/// Metrics of most sources come once a minute.
pub(crate) const MINUTE: SimDuration = SimDuration::from_mins(1);

/// Where a metric comes from.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The instances: the hypervisor or an agent.
    Instances,
    /// The load balancer.
    Balancer,
    /// The application itself.
    Application,
}

impl Source {
    /// The source of a metric.
    pub const fn of(metric: Metric) -> Source {
        match metric {
            Metric::CpuUtilization | Metric::MemoryUtilization => Source::Instances,
            Metric::RequestCount
            | Metric::RequestCountPerTarget
            | Metric::LatencyMean
            | Metric::LatencyP50
            | Metric::LatencyP95
            | Metric::LatencyP99
            | Metric::HealthyHosts => Source::Balancer,
            Metric::RequestRate
            | Metric::RequestRatePerInstance
            | Metric::InFlight
            | Metric::InFlightPerInstance
            | Metric::ErrorRate => Source::Application,
        }
    }
}

/// Something for each source.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct PerSource<T> {
    /// Of the instances' metrics.
    pub instances: T,
    /// Of the load balancer's.
    pub balancer: T,
    /// Of the application's.
    pub application: T,
}

impl<T> PerSource<T> {
    /// The one of a source.
    pub fn of(&self, source: Source) -> &T {
        match source {
            Source::Instances => &self.instances,
            Source::Balancer => &self.balancer,
            Source::Application => &self.application,
        }
    }

    /// Whether something holds for each.
    pub(crate) fn is_all(&self, holds: impl Fn(&T) -> bool) -> bool {
        holds(&self.instances) && holds(&self.balancer) && holds(&self.application)
    }

    /// The same with something made of each.
    pub fn map<U>(&self, mut make: impl FnMut(&T) -> U) -> PerSource<U> {
        PerSource {
            instances: make(&self.instances),
            balancer: make(&self.balancer),
            application: make(&self.application),
        }
    }
}

/// How late a monitoring service publishes, by source, beyond the delay that the scenario's sensors have.
pub type PublicationDelays = PerSource<Distribution>;

/// When a sample that was taken at `taken` can be read. A service publishes a minute's samples together (or a longer
/// interval's, where it samples less often): so samples of one such interval share one draw.
pub fn published(
    delays: &PerSource<Option<Sampler>>,
    taken: SimTime,
    every: SimDuration,
    streams: Streams,
) -> PerSource<SimTime> {
    let interval = every.max(MINUTE);
    let whole = taken.floor_to(interval);
    let end = if whole == taken { taken } else { whole + interval };
    let number = end.as_nanos() / interval.as_nanos().max(1);
    let mut source = 0;
    delays.map(|law| {
        source += 1;
        let Some(law) = law else { return taken };
        // Each source has its own draws.
        let index = (number * 3 + source) as u32;
        let delay = law.sample(&mut streams.indexed(Purpose::MetricDelay, index));
        end + SimDuration::from_nanos((delay + 0.5) as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_minutes_samples_are_published_together_and_each_source_in_its_own_time() {
        let between =
            |min, max| Distribution::Uniform { min: SimDuration::from_secs(min), max: SimDuration::from_secs(max) };
        let compile = |law: &Distribution| law.sampler(Path::new("")).ok();
        let delays = PerSource { instances: between(60, 150), balancer: between(0, 1), application: between(300, 301) };
        let laws = delays.map(compile);
        let at = |seconds| published(&laws, SimTime::from_secs(seconds), SimDuration::from_secs(15), Streams::new(3));
        assert_eq!(at(75), at(120), "the second minute");
        assert_ne!(at(120).instances + SimDuration::from_mins(1), at(180).instances, "another draw");
        for seconds in [60, 120, 180, 240] {
            let late = |of: SimTime| of.saturating_since(SimTime::from_secs(seconds)).as_secs_f64();
            let published = at(seconds);
            assert!((60.0..150.0).contains(&late(published.instances)));
            assert!((0.0..1.0).contains(&late(published.balancer)));
            assert!((300.0..301.0).contains(&late(published.application)));
        }
        let none = PerSource { instances: None, ..PerSource::default() };
        assert_eq!(
            published(&none, SimTime::from_secs(75), SimDuration::from_secs(15), Streams::new(3)).instances,
            SimTime::from_secs(75)
        );
    }
}
