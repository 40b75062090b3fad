//! Predictive scaling: an hourly forecast of the capacity that a target needs. AWS raises the desired capacity to it and
//! never scales in; ESS sets the minimum (and the maximum) of its group. Neither publishes its model; this one is a seasonal profile of our own: the mean of the same hour of the week where there is one, else of the
//! same hour of the day. It rests on load (metric times instances), so it does not learn its own scaling.

use windtunnel_traces::{SimDuration, SimTime};

use crate::controllers::cloud::target_tracking;
use crate::controllers::decision::{Metric, MetricSource, Statistic};

const HOUR: SimDuration = SimDuration::from_hours(1);
/// How often the load is looked at.
const SAMPLE: SimDuration = SimDuration::from_mins(5);
const DAY: usize = 24;
const WEEK: usize = 7 * DAY;
/// The last 14 days are looked at, as AWS does.
const HISTORY: usize = 2 * WEEK;

/// A predictive policy at work.
#[derive(Clone, Debug)]
pub(crate) struct Predictor {
    metric: Metric,
    target: f64,
    buffer: SimDuration,
    /// How far above the maximum a forecast may go, as a share; none to honour the maximum.
    max_buffer: Option<f64>,
    scales: bool,
    /// The load of each past hour.
    hours: Vec<Option<f64>>,
    sum: f64,
    samples: u32,
    next_sample: SimTime,
    /// The first instant of the next hour minus the buffer: when the next forecast takes hold.
    next_hold: SimTime,
    floors: [u32; 2],
}

/// What a forecast asks for.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Forecast {
    /// The least desired capacity from now on.
    pub(crate) floor: u32,
    /// A new maximum, where the policy may raise it.
    pub(crate) max: Option<u32>,
}

impl Predictor {
    pub(crate) fn new(
        metric: Metric,
        target: f64,
        buffer: SimDuration,
        max_buffer_percent: Option<f64>,
        scales: bool,
    ) -> Self {
        Predictor {
            metric,
            target,
            buffer,
            max_buffer: max_buffer_percent.map(|percent| percent / 100.0),
            scales,
            hours: Vec::new(),
            sum: 0.0,
            samples: 0,
            next_sample: SimTime::ZERO + SAMPLE,
            next_hold: SimTime::ZERO + HOUR.saturating_sub(buffer),
            floors: [0, 0],
        }
    }

    pub(crate) fn next(&self) -> SimTime {
        self.next_sample.min(self.next_hold)
    }

    /// Below this the capacity does not go: the forecast of this hour, and of the next within its buffer.
    pub(crate) fn floor(&self) -> u32 {
        self.floors[0].max(self.floors[1])
    }

    /// Looks at the load, and forecasts when an hour is near. `max` is the group's.
    pub(crate) fn run(
        &mut self,
        now: SimTime,
        in_service: u32,
        max: u32,
        metrics: &dyn MetricSource,
    ) -> Option<Forecast> {
        if self.next_sample <= now {
            self.sample(now, in_service, metrics);
        }
        if self.next_hold > now {
            return None;
        }
        let hour = (self.next_hold + self.buffer) - SimTime::ZERO;
        self.next_hold += HOUR;
        let load = self.forecast((hour / HOUR) as usize)?;
        let wanted = u32::try_from(target_tracking::ceiling(1, load, self.target)).unwrap_or(0);
        let raised = self.max_buffer.filter(|_| wanted > max).map(|share| {
            let buffered = libm::ceil(f64::from(wanted) * (1.0 + share) - 1e-9);
            buffered as u32
        });
        if !self.scales {
            return None;
        }
        self.floors[1] = wanted.min(raised.unwrap_or(max));
        if self.buffer.is_zero() {
            self.floors[0] = self.floors[1];
        }
        Some(Forecast { floor: self.floor(), max: raised })
    }

    fn sample(&mut self, now: SimTime, in_service: u32, metrics: &dyn MetricSource) {
        self.next_sample = now.next_multiple(SAMPLE);
        let from = now.saturating_sub(SAMPLE);
        if let Some(value) = metrics.statistic(self.metric, Statistic::Average, from, now) {
            self.sum += value * f64::from(in_service);
            self.samples += 1;
        }
        if now.floor_to(HOUR) == now {
            self.hours.push((self.samples > 0).then(|| self.sum / f64::from(self.samples)));
            (self.sum, self.samples) = (0.0, 0);
            // The hour that was announced has begun.
            self.floors[0] = self.floors[1];
        }
    }

    /// The load of an hour to come; none before a day has been seen.
    fn forecast(&self, hour: usize) -> Option<f64> {
        if self.hours.len() < DAY {
            return None;
        }
        let oldest = self.hours.len().saturating_sub(HISTORY);
        let seen = |season: usize| {
            let past = (1..).map_while(move |n| hour.checked_sub(n * season)).filter(|h| *h < self.hours.len());
            let loads: Vec<f64> = past.take_while(|h| *h >= oldest).filter_map(|h| self.hours[h]).collect();
            (!loads.is_empty()).then(|| loads.iter().sum::<f64>() / loads.len() as f64)
        };
        seen(WEEK).or_else(|| seen(DAY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Load(fn(u64) -> f64);

    impl MetricSource for Load {
        fn statistic(&self, _: Metric, _: Statistic, from: SimTime, _: SimTime) -> Option<f64> {
            Some(self.0(from.as_secs_f64() as u64 / 3600))
        }
    }

    /// Runs for so many hours with one instance, and gives the floor at the start of each.
    fn floors(predictor: &mut Predictor, max: u32, hours: u64, load: fn(u64) -> f64) -> (Vec<u32>, Option<u32>) {
        let (mut floors, mut raised) = (Vec::new(), None);
        while predictor.next() <= SimTime::from_secs(hours * 3600) {
            let now = predictor.next();
            let forecast = predictor.run(now, 1, max, &Load(load));
            raised = forecast.and_then(|f| f.max).or(raised);
            if now.floor_to(HOUR) == now {
                floors.push(predictor.floor());
            }
        }
        (floors, raised)
    }

    #[test]
    fn the_second_day_is_forecast_from_the_first() {
        let daily = |hour: u64| if hour % 24 == 9 { 500.0 } else { 100.0 };
        let mut predictor = Predictor::new(Metric::CpuUtilization, 50.0, SimDuration::from_mins(5), None, true);
        let (floors, _) = floors(&mut predictor, 40, 48, daily);
        assert!(floors[..23].iter().all(|f| *f == 0), "24 hours of history come first: {floors:?}");
        assert_eq!((floors[24 + 7], floors[24 + 8], floors[24 + 9]), (2, 10, 2), "entry n is the start of hour n + 1");
    }

    #[test]
    fn the_maximum_is_honoured_or_raised_by_the_buffer() {
        // "Predictive scaling", MaxCapacityBuffer: 50 predicted, maximum 40, buffer 10 %: 55. HonorMaxCapacity: 40.
        let flat = |_: u64| 2500.0;
        let with = |buffer| Predictor::new(Metric::CpuUtilization, 50.0, SimDuration::from_mins(5), buffer, true);
        assert_eq!(floors(&mut with(Some(10.0)), 40, 30, flat).1, Some(55));
        let (floors, raised) = floors(&mut with(None), 40, 30, flat);
        assert_eq!((floors.last(), raised), (Some(&40), None));
    }

    #[test]
    fn forecast_only_asks_for_nothing() {
        let mut predictor = Predictor::new(Metric::CpuUtilization, 50.0, SimDuration::from_mins(5), None, false);
        assert!(floors(&mut predictor, 40, 30, |_| 2500.0).0.iter().all(|f| *f == 0));
    }
}
