//! One pod of the recording, put together from the series about it.

use std::collections::BTreeMap;

use super::response::{Points, Series};
use crate::backtest::observations::{ContainerRecord, DetailedUsage, PhaseName, PodRecord, PodUsage, ReadyName, Usage};

/// A pod that was there before the recording is taken to have started this long before it.
pub(super) const LONG_AGO_SECONDS: f64 = 3600.0;

const POD_SERIES: [&str; 8] = [
    "container_cpu_usage_seconds_total",
    "container_memory_working_set_bytes",
    "kube_pod_status_phase",
    "kube_pod_status_ready",
    "kube_pod_container_status_ready",
    "kube_pod_start_time",
    "kube_pod_deletion_timestamp",
    "kube_pod_container_resource_requests",
];

/// Everything known of one pod.
#[derive(Debug, Default)]
pub(super) struct PodSeries {
    pub(super) cpu: BTreeMap<String, Points>,
    pub(super) memory: BTreeMap<String, Points>,
    phases: Vec<(PhaseName, Points)>,
    ready: Vec<(ReadyName, Points)>,
    container_ready: Vec<Points>,
    start: Points,
    deletion: Points,
    /// Millicores and bytes by container.
    requests: BTreeMap<String, (Option<i64>, Option<i64>)>,
    /// When readiness changed, and to what.
    readiness: Vec<(f64, ReadyName)>,
    first_seen: f64,
}

/// Which kinds of series a recording has.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known {
    pub(super) cpu: bool,
    pub(super) memory: bool,
    pub(super) phase: bool,
    pub(super) ready: bool,
    pub(super) start: bool,
    pub(super) deletion: bool,
    pub(super) requests: bool,
}

/// The axis of a recording.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    pub(super) start: f64,
    pub(super) end: f64,
    pub(super) step: f64,
}

impl PodSeries {
    /// Whether a series of this name is about a pod.
    pub(super) fn knows(name: &str) -> bool {
        POD_SERIES.contains(&name)
    }

    /// Takes a series about this pod.
    pub(super) fn take(&mut self, series: &Series, known: &mut Known) {
        let label = |name| series.labels.get(name).map_or("", String::as_str);
        let container = label("container");
        let points = || series.points.clone();
        match series.name.as_str() {
            // The pod's own cgroup and the pause container are not containers.
            "container_cpu_usage_seconds_total" | "container_memory_working_set_bytes"
                if container.is_empty() || container == "POD" => {}
            "container_cpu_usage_seconds_total" => {
                self.cpu.insert(container.to_owned(), points());
                known.cpu = true;
            }
            "container_memory_working_set_bytes" => {
                self.memory.insert(container.to_owned(), points());
                known.memory = true;
            }
            "kube_pod_status_phase" => {
                if let Some(phase) = phase(label("phase")) {
                    self.phases.push((phase, points()));
                    known.phase = true;
                }
            }
            "kube_pod_status_ready" => {
                if let Some(ready) = ready(label("condition")) {
                    self.ready.push((ready, points()));
                    known.ready = true;
                }
            }
            "kube_pod_container_status_ready" => {
                self.container_ready.push(points());
                known.ready = true;
            }
            "kube_pod_start_time" => {
                self.start = points();
                known.start = true;
            }
            "kube_pod_deletion_timestamp" => {
                self.deletion = points();
                known.deletion = true;
            }
            "kube_pod_container_resource_requests" => {
                if let Some(&(_, value)) = series.points.0.last() {
                    self.request(container, label("resource"), value);
                    known.requests = true;
                }
            }
            _ => {}
        }
    }

    fn request(&mut self, container: &str, resource: &str, value: f64) {
        let request = self.requests.entry(container.to_owned()).or_default();
        match resource {
            "cpu" => request.0 = Some((value * 1e3).ceil() as i64),
            "memory" => request.1 = Some(value.ceil() as i64),
            _ => {}
        }
    }

    /// Works out when readiness changed, once all series are in.
    pub(super) fn finish(&mut self) {
        let mut seen: Vec<(f64, ReadyName)> = Vec::new();
        for (status, points) in &self.ready {
            let holds = points.0.iter().filter(|point| point.1 == 1.0);
            seen.extend(holds.map(|point| (point.0, *status)));
        }
        if seen.is_empty() {
            seen = self.readiness_of_containers();
        }
        seen.sort_by(|a, b| a.0.total_cmp(&b.0));
        seen.dedup_by(|later, earlier| later.1 == earlier.1);
        self.readiness = seen;
        let all = self.phases.iter().map(|(_, points)| points);
        let all = all.chain(self.cpu.values()).chain(self.memory.values());
        let firsts = all.filter_map(|points| points.0.first());
        self.first_seen = firsts.map(|point| point.0).fold(f64::INFINITY, f64::min);
    }

    /// A pod is ready when all its containers are.
    fn readiness_of_containers(&self) -> Vec<(f64, ReadyName)> {
        let mut all_ready: BTreeMap<u64, (f64, bool)> = BTreeMap::new();
        for &(t, value) in self.container_ready.iter().flat_map(|points| &points.0) {
            all_ready.entry(t.to_bits()).or_insert((t, true)).1 &= value == 1.0;
        }
        let status = |ready| {
            if ready { ReadyName::True } else { ReadyName::False }
        };
        all_ready.into_values().map(|(t, ready)| (t, status(ready))).collect()
    }

    /// The pod at a time, if it exists then.
    pub(super) fn at(&self, name: &str, t: f64, axis: Axis, known: Known) -> Option<PodRecord> {
        let phase = self.phase(t, axis, known)?;
        let (rd, rt) = match self.readiness_at(t, axis) {
            Some((status, since)) => (Some(status), Some(since)),
            None if known.ready => (None, None),
            None => (Some(ReadyName::True), Some(self.started(axis))),
        };
        let has_start = phase != PhaseName::Pending || !self.start.0.is_empty();
        Some(PodRecord {
            n: name.to_owned(),
            ph: phase,
            rd,
            rt,
            st: has_start.then(|| self.started(axis)),
            del: self.deletion.live(t, axis.step).is_some(),
            c: self.containers(known),
            plr: None,
        })
    }

    fn phase(&self, t: f64, axis: Axis, known: Known) -> Option<PhaseName> {
        let live = |points: &Points| points.live(t, axis.step);
        if known.phase {
            let mut phases = self.phases.iter();
            return phases
                .find(|(_, points)| live(points).is_some_and(|(_, value)| value == 1.0))
                .map(|(phase, _)| *phase);
        }
        let mut usage = self.cpu.values().chain(self.memory.values());
        usage.any(|points| live(points).is_some()).then_some(PhaseName::Running)
    }

    fn readiness_at(&self, t: f64, axis: Axis) -> Option<(ReadyName, f64)> {
        let index = self.readiness.partition_point(|change| change.0 <= t).checked_sub(1)?;
        let (since, status) = self.readiness[index];
        // As it was when the recording began: when that began, only the pod's start can tell.
        let since = if index == 0 && since < axis.start + axis.step { self.started(axis) } else { since };
        Some((status, since))
    }

    fn started(&self, axis: Axis) -> f64 {
        match self.start.0.last() {
            Some(&(_, start)) => start,
            None if self.first_seen < axis.start + axis.step => axis.start - LONG_AGO_SECONDS,
            None => self.first_seen,
        }
    }

    /// The containers with their requests, when the recording knows requests.
    fn containers(&self, known: Known) -> Option<Vec<ContainerRecord>> {
        if !known.requests {
            return None;
        }
        let measured = self.cpu.keys().chain(self.memory.keys());
        let mut containers: BTreeMap<&String, (Option<i64>, Option<i64>)> =
            measured.map(|name| (name, (None, None))).collect();
        containers.extend(self.requests.iter().map(|(name, request)| (name, *request)));
        let record =
            |(name, (cpu, mem)): (&String, (Option<i64>, Option<i64>))| ContainerRecord { n: name.clone(), cpu, mem };
        Some(containers.into_iter().map(record).collect())
    }

    /// What metrics-server would have shown: the rate over the last two points, and the last working set.
    pub(super) fn usage(&self, t: f64, axis: Axis, known: Known) -> Option<PodUsage> {
        let mut oldest: Option<(f64, f64)> = None;
        let mut containers: BTreeMap<String, Option<Usage>> = BTreeMap::new();
        for (name, points) in &self.cpu {
            let (at, window, nanocores) = rate(points, t, axis)?;
            if oldest.is_none_or(|(oldest, _)| at < oldest) {
                oldest = Some((at, window));
            }
            containers.entry(name.clone()).or_default().get_or_insert_default().0 = Some(nanocores);
        }
        for (name, points) in &self.memory {
            let Some((at, bytes)) = points.live(t, axis.step) else {
                continue;
            };
            oldest.get_or_insert((at, 0.0));
            containers.entry(name.clone()).or_default().get_or_insert_default().1 = Some(bytes as i64);
        }
        let (ts, win) = oldest.filter(|_| known.cpu || known.memory)?;
        Some(PodUsage::Detailed(DetailedUsage { v: None, ts: Some(ts), win: Some(win), c: Some(containers) }))
    }
}

/// Time of the last point, seconds since the one before, and nanocores between them.
fn rate(points: &Points, t: f64, axis: Axis) -> Option<(f64, f64, i64)> {
    points.live(t, axis.step)?;
    let [.., (before, from), (at, to)] = points.until(t) else {
        return None;
    };
    let window = at - before;
    if window > 2.5 * axis.step {
        return None;
    }
    // A counter that falls was reset: what it shows now was used since.
    let used = if to < from { *to } else { to - from };
    Some((*at, window, (used / window * 1e9) as i64))
}

fn phase(name: &str) -> Option<PhaseName> {
    Some(match name {
        "Pending" => PhaseName::Pending,
        "Running" => PhaseName::Running,
        "Succeeded" => PhaseName::Succeeded,
        "Failed" => PhaseName::Failed,
        "Unknown" => PhaseName::Unknown,
        _ => return None,
    })
}

fn ready(condition: &str) -> Option<ReadyName> {
    Some(match condition {
        "true" => ReadyName::True,
        "false" => ReadyName::False,
        "unknown" => ReadyName::Unknown,
        _ => return None,
    })
}
