//! What the HPA may see of the pods: their objects, the resource metrics, custom metrics.

use windtunnel_traces::{SimDuration, SimTime};

use super::{Phase, Pod, Pods, PodsConfig};
use crate::agenda::Event;
use crate::controllers::decision::InstanceId;
use crate::controllers::hpa::samples::millicores_of_nanocores;
use crate::controllers::hpa::spec::Source;
use crate::controllers::hpa::{
    Container, ControllerFlags, DefaultedSpec, Instant, MetricError, Phase as PodPhase, Pod as PodObject, PodSamples,
    PodTemplate, Reading, ReadyCondition, ReadyStatus, Requests, Resource, Sample, Span,
};
use crate::fleet::Site;
use crate::plant::{self, NodeId};
use crate::sensors::metrics_server::{CpuRate, HOUSEKEEPING, PodMetrics, PodUsage, Point, SharedUsage};

/// Buffers of an observation, refilled at every sync.
#[derive(Debug, Default)]
pub struct PodObservation {
    /// The pods.
    pub pods: Vec<PodObject>,
    /// Their containers' requests.
    pub templates: Vec<PodTemplate>,
    /// What each metric's API answers.
    pub readings: Vec<Reading>,
    /// What time each reading is about.
    pub spans: Vec<ReadingSpan>,
    /// The resource usage behind each entry of `pods`, where there is any.
    usage: Vec<Option<Used>>,
}

/// What has been listed so far.
struct Listed {
    /// Entries of the settled pods without a sample, and with one.
    settled: [Option<usize>; 2],
    /// The start of the oldest window among the samples.
    oldest: Option<SimTime>,
}

impl Listed {
    /// Adds so many pods like this one, all of which have used so much.
    fn add(&mut self, pod: &Pod, all: Option<Used>, count: u32, seen: &mut PodObservation) {
        let used = &all;
        if let Some(used) = used {
            self.oldest = Some(self.oldest.map_or(used.since, |oldest| oldest.min(used.since)));
        }
        let entry = self.settled[usize::from(used.is_some())].filter(|_| pod.settled);
        if let Some(entry) = entry {
            seen.pods[entry].count += count;
            if let (Some(sum), Some(all)) = (&mut seen.usage[entry], &all) {
                sum.add(all, 1);
            }
            return;
        }
        if pod.settled {
            self.settled[usize::from(used.is_some())] = Some(seen.pods.len());
        }
        seen.pods.push(PodObject { count, ..pod.object() });
        seen.usage.push(all);
    }
}

/// What metrics-server answers for one pod, or for several together.
#[derive(Copy, Clone, Debug)]
struct Used {
    millicores: i64,
    /// Thousandths of a byte.
    memory: i64,
    at: SimTime,
    window: SimDuration,
    /// The start of the oldest window among them.
    since: SimTime,
}

impl From<PodMetrics> for Used {
    #[inline]
    fn from(metrics: PodMetrics) -> Self {
        Used {
            millicores: millicores_of_nanocores(metrics.cpu_nanocores as i64),
            memory: (metrics.memory as i64).saturating_mul(1_000),
            at: metrics.at,
            window: metrics.window,
            since: metrics.at.saturating_sub(metrics.window),
        }
    }
}

impl Used {
    /// Nothing yet, but it will have been used at the time of this.
    #[inline]
    fn none_at(other: &Used) -> Used {
        Used { millicores: 0, memory: 0, ..*other }
    }

    /// So many pods have used this as well.
    #[inline]
    fn add(&mut self, each: &Used, count: u32) {
        self.millicores += each.millicores * i64::from(count);
        self.memory = self.memory.saturating_add(each.memory.saturating_mul(i64::from(count)));
        self.since = self.since.min(each.since);
    }
}

/// What time a reading is about, and since when it could be read.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct ReadingSpan {
    /// The start of the oldest window among its samples.
    pub since: SimTime,
    /// The scrape that brought it.
    pub readable: SimTime,
}

impl PodObservation {
    /// What a metrics API answers during an outage.
    pub fn fail(reading: &mut Reading) {
        *reading = Reading::Failed(MetricError::ApiFailed);
    }
}

fn instant(seconds: i64) -> Instant {
    Instant::from_nanos(seconds * 1_000_000_000)
}

/// API objects carry whole seconds.
fn whole_seconds(time: SimTime) -> Instant {
    instant((time.as_nanos() / 1_000_000_000) as i64)
}

impl Pods {
    /// The kubelet of a node takes points of its pods, and will do so again.
    pub(super) fn housekeeping(&mut self, site: &mut Site, number: NodeId) {
        let node = &self.nodes.nodes[number.0 as usize];
        if node.ended.is_some() && node.pods == 0 {
            return;
        }
        self.schedule_point(site, number, self.point_read(site.now + HOUSEKEEPING));
        for &id in &self.alive {
            let pod = &mut self.pods[id.0 as usize];
            if pod.node == Some(number) && pod.phase == Phase::Running && !pod.dead {
                let usage = site.plant.measured(id);
                let (base, per_request) = self.config.memory_use;
                let memory = base + per_request * u64::from(usage.inside);
                pod.usage.housekeeping(Point { at: site.now, busy_core_nanos: usage.busy_core_nanos, memory });
            }
        }
    }

    /// The kubelet of a node takes its next point at an instant. Where the plant notes what it will be, nothing has to
    /// happen then.
    pub(super) fn schedule_point(&mut self, site: &mut Site, number: NodeId, at: SimTime) {
        let noted = !self.every_point_counts() && site.plant.note(number, at);
        self.nodes.nodes[number.0 as usize].next_point = noted.then_some(at);
        if !noted {
            site.agenda.at(at, Event::Housekeeping(number));
        }
    }

    /// metrics-server reads those pods of each node that are read together.
    fn scrape_together(&mut self, site: &mut Site) {
        let mut readings = std::mem::take(&mut self.readings);
        site.plant.noted_together(&mut readings);
        for (number, (node, reading)) in self.nodes.nodes.iter_mut().zip(&readings).enumerate() {
            let Some(known) = &mut node.together else { continue };
            match reading {
                Some(reading) => known.read(self.config.point(reading)),
                // None of them serves any more.
                None if node.next_point.is_some_and(|at| at <= site.now) => {
                    node.together = None;
                    let here = Some(NodeId(number as u32));
                    self.roster.disturb();
                    self.pods.iter_mut().filter(|pod| pod.node == here).for_each(|pod| pod.together = false);
                }
                None => {}
            }
        }
        self.readings = readings;
    }

    /// The kubelets' points that have been noted up to now, at a scrape, are followed by the next ones.
    fn schedule_noted_points(&mut self, site: &mut Site) {
        let scrape = site.now + self.config.sensors.metrics_server;
        for number in 0..self.nodes.nodes.len() {
            let node = &mut self.nodes.nodes[number];
            let Some(at) = node.next_point.take_if(|at| *at <= site.now) else { continue };
            if node.ended.is_none() || node.pods > 0 {
                self.schedule_point(site, NodeId(number as u32), newest_until(scrape, at + HOUSEKEEPING));
            }
        }
    }

    /// When the kubelet of a node takes its first point after `now` that somebody reads: at whole seconds of its phase.
    pub(super) fn first_point_read(&self, number: NodeId, now: SimTime) -> SimTime {
        let period = HOUSEKEEPING.as_secs();
        let phase = self.nodes.nodes[number.0 as usize].housekeeping_phase;
        let next = now.as_nanos() / 1_000_000_000 + 1;
        let wait = (phase + period - next % period) % period;
        self.point_read(SimTime::from_secs(next + wait))
    }

    /// The first of a kubelet's points from `at` on that metrics-server reads: it looks at the newest alone, so those
    /// that another follows before the next scrape make no difference. Old versions look at the last two, and every
    /// point is taken for them.
    fn point_read(&self, at: SimTime) -> SimTime {
        if self.every_point_counts() {
            return at;
        }
        let (first, every) = (self.first_scrape.as_nanos(), self.config.sensors.metrics_server.as_nanos());
        let scrapes = at.as_nanos().saturating_sub(first).div_ceil(every);
        newest_until(SimTime::from_nanos(first + scrapes * every), at)
    }

    /// Whether metrics-server may look at any point: old versions do, and those that read the kubelets more often than they
    /// take points.
    fn every_point_counts(&self) -> bool {
        let sensors = &self.config.sensors;
        sensors.metrics_server_rate == CpuRate::Kubelet || sensors.metrics_server < HOUSEKEEPING
    }

    /// metrics-server reads the kubelets; the custom metrics' scraper reads the pods.
    pub(super) fn scrape(&mut self, site: &mut Site) {
        let resolution = self.config.sensors.metrics_server;
        self.last_scrape = site.now;
        site.agenda.at(site.now + resolution, Event::Scrape);
        let oldest = site.now.saturating_sub(self.config.sensors.rate_window);
        let rate = self.config.sensors.metrics_server_rate;
        let mut joined = false;
        // Where each point counts, the plant does not note them, and a pod's are its own.
        let reads_together = !self.config.rates_by_pod && !self.every_point_counts();
        self.scrape_together(site);
        let of_all = self.roster.reads_all();
        for &id in if of_all { &self.alive } else { &self.roster.alone } {
            let pod = &mut self.pods[id.0 as usize];
            // What was stored is replaced by each scrape: a node that does not answer drops out.
            if pod.phase != Phase::Running || pod.dead {
                pod.usage = PodUsage::new(pod.created);
                pod.together = false;
                continue;
            }
            if pod.together {
                continue;
            }
            if let Some(reading) = site.plant.noted(id) {
                pod.usage.housekeeping(self.config.point(&reading));
            }
            pod.usage.scrape(resolution, rate);
            if reads_together
                && pod.settled
                && let Some(node) = pod.node
                && let Some(usage) = SharedUsage::of(&pod.usage)
            {
                let known = &mut self.nodes.nodes[node.0 as usize].together;
                pod.together =
                    known.is_none_or(|known| known.covers_the_time_of(&pod.usage)) && site.plant.read_together(id);
                if pod.together {
                    known.get_or_insert(usage);
                    joined = true;
                }
            }
            if !self.config.rates_by_pod {
                continue;
            }
            pod.sent_history.push_back((site.now, site.plant.measured(id).sent));
            while pod.sent_history.len() > 2 && pod.sent_history[1].0 < oldest {
                pod.sent_history.pop_front();
            }
        }
        if joined {
            self.roster.list_anew();
        }
        self.schedule_noted_points(site);
        if !self.config.rates_of_fleet {
            return;
        }
        site.plant.record(&mut site.recorder);
        let sent_in_all = site.ledger.total().attempts + site.ledger.row_attempts() + site.recorder.segment().attempts;
        self.arrivals_history.push_back((site.now, sent_in_all));
        while self.arrivals_history.len() > 2 && self.arrivals_history[1].0 < oldest {
            self.arrivals_history.pop_front();
        }
    }

    /// Fills in what a sync of the policy sees. Pods whose start-up is over are one entry with the sum of their samples:
    /// the HPA cannot tell them apart. Where it looks at custom metrics of pods, each is an entry of its own.
    pub fn observe(
        &mut self,
        site: &mut Site,
        spec: &DefaultedSpec,
        flags: &ControllerFlags,
        seen: &mut PodObservation,
    ) {
        if seen.templates.is_empty() {
            seen.templates.push(self.template());
        }
        let oldest = self.list(Instant::from_nanos(site.now.as_nanos() as i64), flags, seen);
        seen.spans.clear();
        seen.readings.resize(spec.metrics.len(), Reading::Failed(MetricError::Empty));
        for (metric, reading) in spec.metrics.iter().zip(&mut seen.readings) {
            seen.spans.push(self.span(site.now, &metric.source, &metric.name, oldest));
            match &metric.source {
                Source::Resource(resource, _) | Source::ContainerResource(resource, ..) => {
                    answer(reading, seen.usage.iter().map(|used| resource_sample(*resource, used.as_ref()?)));
                }
                Source::Pods(_) => {
                    answer(reading, self.alive.iter().map(|id| self.custom(site, &metric.name, *id)));
                }
                Source::Object(_) | Source::External(_) => *reading = self.series(site, &metric.name),
            }
        }
    }

    /// Lists the pods with their usage, and returns the start of the oldest window among their samples.
    fn list(&mut self, now: Instant, flags: &ControllerFlags, seen: &mut PodObservation) -> Option<SimTime> {
        seen.pods.clear();
        seen.usage.clear();
        if self.roster.lists_all() {
            self.call_the_roll();
        }
        let mut listed = Listed { settled: [None; 2], oldest: None };
        let mut settled = false;
        for &id in &self.roster.alone {
            let pod = &mut self.pods[id.0 as usize];
            let known = match pod.node.filter(|_| pod.together) {
                Some(node) => self.nodes.nodes[node.0 as usize].together.as_ref().map(SharedUsage::metrics),
                None => pod.usage.metrics(),
            };
            let known = known.map(Used::from);
            let used = known.filter(|_| pod.phase == Phase::Running);
            if !pod.settled && !self.config.rates_by_pod && pod.object().is_settled(now, flags) {
                pod.settled = true;
                settled = true;
            }
            listed.add(pod, used, 1, seen);
        }
        if let Some(first) = self.roster.first {
            let mut sum = None;
            let mut pods = 0;
            for (node, &count) in self.nodes.nodes.iter().zip(&self.roster.together) {
                let Some(known) = node.together.as_ref().filter(|_| count > 0) else { continue };
                let each = Used::from(known.metrics());
                sum.get_or_insert_with(|| Used::none_at(&each)).add(&each, count);
                pods += count;
            }
            if pods > 0 {
                listed.add(&self.pods[first.0 as usize], sum, pods, seen);
            }
        }
        if settled {
            self.roster.list_anew();
        }
        listed.oldest
    }

    /// Looks at all pods: which of them are known by their node, and which have to be looked at by themselves.
    fn call_the_roll(&mut self) {
        self.roster.clear(self.nodes.nodes.len());
        for &id in &self.alive {
            let pod = &self.pods[id.0 as usize];
            self.roster.existing += u32::from(pod.deleting.is_none());
            match pod.node.filter(|_| pod.together && pod.settled) {
                Some(node) => self.roster.add_together(id, node.0 as usize),
                None => self.roster.alone.push(id),
            }
        }
    }

    /// `status.replicas` as it was observed last.
    pub fn observed_replicas(&self) -> u32 {
        self.roster.existing
    }

    /// What time a metric's reading is about: the window of resource usage, `oldest` of the pods', the window of a rate, this
    /// instant for a level.
    fn span(&self, now: SimTime, source: &Source, name: &str, oldest: Option<SimTime>) -> ReadingSpan {
        let since = match source {
            Source::Resource(..) | Source::ContainerResource(..) => oldest,
            _ if is_gauge(name) => return ReadingSpan { since: now, readable: now },
            Source::Pods(_) => {
                let running = self.alive.iter().map(|id| &self.pods[id.0 as usize]);
                let running = running.filter(|pod| pod.phase == Phase::Running);
                running.filter_map(|pod| pod.sent_history.front().map(|first| first.0)).min()
            }
            Source::Object(_) | Source::External(_) => self.arrivals_history.front().map(|first| first.0),
        };
        ReadingSpan { since: since.unwrap_or(now), readable: self.last_scrape }
    }

    fn template(&self) -> PodTemplate {
        let pods = &self.config.pods;
        let requests = Requests {
            cpu: pods.cpu.request.map(|cores| i64::from(cores.as_millis())),
            memory: pods.memory.request.map(|bytes| (bytes.as_u64() as i64).saturating_mul(1_000)),
        };
        PodTemplate { containers: vec![Container { name: self.config.container.clone(), requests }], pod_level: None }
    }

    /// A custom metric of a pod that serves.
    fn custom(&self, site: &mut Site, name: &str, id: InstanceId) -> Option<Sample> {
        let pod = &self.pods[id.0 as usize];
        if pod.phase != Phase::Running || pod.dead {
            return None;
        }
        let value = if is_gauge(name) { f64::from(site.plant.usage(id).inside) } else { rate(&pod.sent_history)? };
        let window = Span::from_nanos(self.config.sensors.rate_window.as_nanos() as i64);
        Some(Sample { value: milli(value), at: whole_seconds(site.now), window })
    }

    /// An object or external metric: the fleet's total.
    fn series(&self, site: &mut Site, name: &str) -> Reading {
        if is_gauge(name) {
            site.plant.record(&mut site.recorder);
            return Reading::Series(vec![milli(site.plant.in_flight() as f64)]);
        }
        match rate(&self.arrivals_history) {
            Some(rate) => Reading::Series(vec![milli(rate)]),
            None => Reading::Failed(MetricError::Empty),
        }
    }
}

impl PodsConfig {
    /// A kubelet's point from what was read.
    fn point(&self, reading: &plant::Reading) -> Point {
        let (base, per_request) = self.memory_use;
        let memory = base + per_request * u64::from(reading.inside);
        Point { at: reading.at, busy_core_nanos: reading.busy_core_nanos, memory }
    }
}

impl Pod {
    /// The pod as the API server shows it.
    fn object(&self) -> PodObject {
        PodObject {
            phase: if self.phase == Phase::Running { PodPhase::Running } else { PodPhase::Pending },
            ready: self.ready.map(|ready| ReadyCondition {
                status: if ready.status { ReadyStatus::True } else { ReadyStatus::False },
                since: instant(ready.since),
            }),
            started: self.started.map(instant),
            deleting: self.deleting.is_some(),
            template: 0,
            count: 1,
        }
    }
}

/// What the resource metrics say of pods that have used so much.
fn resource_sample(resource: Resource, used: &Used) -> Option<Sample> {
    let value = match resource {
        Resource::Cpu => used.millicores,
        Resource::Memory => used.memory,
        Resource::Other => return None,
    };
    Some(Sample { value, at: whole_seconds(used.at), window: Span::from_nanos(used.window.as_nanos() as i64) })
}

/// Answers with the samples of the pods, in the room of the last answer; with an error when there is none.
fn answer(reading: &mut Reading, samples: impl Iterator<Item = Option<Sample>>) {
    if !matches!(reading, Reading::Pods(_)) {
        *reading = Reading::Pods(PodSamples::default());
    }
    let Reading::Pods(PodSamples { of_pods, .. }) = reading else { return };
    of_pods.clear();
    of_pods.extend(samples);
    if of_pods.iter().all(Option::is_none) {
        *reading = Reading::Failed(MetricError::Empty);
    }
}

/// The newest of a kubelet's points, the first of which is at `at`, that the scrape after it finds.
#[inline]
fn newest_until(scrape: SimTime, mut at: SimTime) -> SimTime {
    while at + HOUSEKEEPING <= scrape {
        at += HOUSEKEEPING;
    }
    at
}

/// Metrics that are a level rather than a rate of requests.
fn is_gauge(name: &str) -> bool {
    matches!(name, "in_flight_requests" | "active_connections")
}

fn milli(value: f64) -> i64 {
    libm::ceil(value * 1000.0) as i64
}

/// Prometheus' `rate()` between the first and the last sample of the window, without extrapolation.
fn rate(history: &std::collections::VecDeque<(SimTime, u64)>) -> Option<f64> {
    let (first, last) = (history.front()?, history.back()?);
    let seconds = last.0.saturating_since(first.0).as_secs_f64();
    (seconds > 0.0).then(|| (last.1 - first.1) as f64 / seconds)
}
