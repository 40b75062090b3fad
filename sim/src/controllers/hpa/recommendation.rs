//! One metric to one replica count.

use super::flags::ControllerFlags;
use super::groups::{Group, Groups, group_of};
use super::instant::Instant;
use super::observation::{Observation, Pod, PodSamples, Reading};
use super::outcome::{MetricError, MetricOutcome, Verdict};
use super::ratio::{Totals, ceil};
use super::requests::Resource;
use super::spec::{Goal, Metric, SeriesGoal, Source};
use super::tolerance::Tolerance;

/// What a metric is evaluated with.
pub(super) struct Calculator<'a> {
    pub(super) now: Instant,
    pub(super) flags: &'a ControllerFlags,
    pub(super) tolerance: Tolerance,
    pub(super) observation: &'a Observation<'a>,
}

/// What a metric of pods measures.
#[derive(Clone, Copy)]
struct PodMetric<'a> {
    goal: Goal,
    /// Whose requests are the denominator, and whose readiness rules apply; none for custom metrics.
    resource: Option<Resource>,
    container: Option<&'a str>,
}

impl Calculator<'_> {
    /// H computeReplicasForMetric. `scratch` keeps each pod's group and request between the two passes.
    pub(super) fn evaluate(&self, metric: &Metric, reading: Option<&Reading>, scratch: &mut Scratch) -> MetricOutcome {
        let of_pods = |goal, resource, container| PodMetric { goal, resource, container };
        let outcome = match &metric.source {
            Source::Resource(resource, goal) => self.pods(of_pods(*goal, Some(*resource), None), reading, scratch),
            Source::ContainerResource(resource, name, goal) => {
                let metric = of_pods(*goal, Some(*resource), Some(name.as_str()));
                self.pods(metric, reading, scratch)
            }
            Source::Pods(target) => self.pods(of_pods(Goal::Average(*target), None, None), reading, scratch),
            Source::Object(goal) | Source::External(goal) => self.series(*goal, reading),
        };
        outcome.unwrap_or_else(MetricOutcome::failed)
    }

    /// RC GetResourceReplicas, and calcPlainMetricReplicas behind GetRawResourceReplicas and GetMetricReplicas: they
    /// differ only in the ratio and in what a missing pod is taken to use.
    fn pods(
        &self,
        metric: PodMetric<'_>,
        reading: Option<&Reading>,
        scratch: &mut Scratch,
    ) -> Result<MetricOutcome, MetricError> {
        let samples = match reading {
            Some(Reading::Pods(samples)) => samples,
            Some(Reading::Failed(error)) => return Err(*error),
            Some(Reading::Series(_)) | None => return Err(MetricError::ApiFailed),
        };
        if self.observation.pods.is_empty() {
            return Err(MetricError::NoPods);
        }
        let groups = self.group(metric, samples, scratch);
        let strays = samples.strays.len() as i64;
        if groups.ready + strays == 0 {
            return Err(MetricError::NoSamples);
        }
        if let Goal::Utilization(_) = metric.goal {
            self.find_requests(metric, scratch)?;
        }
        let totals = scratch.total(metric.goal, samples);
        let first = totals.ratio(metric.goal)?;
        let mut outcome = MetricOutcome {
            groups,
            strays: samples.strays.len(),
            usage: totals.usage,
            request: totals.request,
            utilization: first.utilization,
            average: Some(first.average),
            ratio: first.ratio,
            ..MetricOutcome::failed(MetricError::Empty)
        };
        let grows_with_unready = groups.unready > 0 && first.ratio > 1.0;
        if groups.missing == 0 && !grows_with_unready {
            let pods = groups.ready;
            self.plain(&mut outcome, self.observation.spec_replicas, first.ratio * pods as f64);
        } else {
            let filled = scratch.fill(totals, metric.goal, first.ratio, grows_with_unready);
            let again = filled.ratio(metric.goal)?.ratio;
            outcome.rebalanced = Some((again, filled.samples));
            self.rebalance(&mut outcome, again, filled.samples);
        }
        Ok(outcome)
    }

    /// RC groupPods, over all pods.
    fn group(&self, metric: PodMetric<'_>, samples: &PodSamples, scratch: &mut Scratch) -> Groups {
        let is_cpu = metric.resource == Some(Resource::Cpu);
        let mut groups = Groups::default();
        scratch.pods.clear();
        for (index, pod) in self.observation.pods.iter().enumerate() {
            let sample = samples.of_pods.get(index).and_then(Option::as_ref);
            let group = group_of(pod, sample, is_cpu, self.now, self.flags);
            groups.count(group, pod.count);
            let usage = sample.map_or(0, |sample| sample.value);
            scratch.pods.push(Counted { group, usage, request: 0, count: pod.count });
        }
        groups
    }

    /// RC calculateRequests, over every listed pod, also those that do not count.
    fn find_requests(&self, metric: PodMetric<'_>, scratch: &mut Scratch) -> Result<(), MetricError> {
        let mut last: Option<(u32, i64)> = None;
        for (pod, counted) in self.observation.pods.iter().zip(&mut scratch.pods) {
            counted.request = match last {
                Some((template, request)) if template == pod.template => request,
                _ => self.request_of(pod, metric)?,
            };
            last = Some((pod.template, counted.request));
        }
        Ok(())
    }

    fn request_of(&self, pod: &Pod, metric: PodMetric<'_>) -> Result<i64, MetricError> {
        let template = self.observation.templates.get(pod.template as usize).ok_or(MetricError::MissingRequest)?;
        let resource = metric.resource.unwrap_or(Resource::Other);
        template.request(resource, metric.container, self.flags.gates)
    }

    /// Keeps `kept` inside the tolerance, else rounds `wanted` up.
    fn plain(&self, outcome: &mut MetricOutcome, kept: i32, wanted: f64) {
        if self.tolerance.allows(outcome.ratio) {
            outcome.verdict = Verdict::WithinTolerance;
            outcome.proposal = Ok(kept);
        } else {
            outcome.verdict = Verdict::Scaled;
            outcome.proposal = Ok(ceil(wanted));
        }
    }

    /// RC GetResourceReplicas, the branch with missing or unready pods: filling them in may dampen the change, never
    /// turn it around.
    fn rebalance(&self, outcome: &mut MetricOutcome, again: f64, samples: i64) {
        let current = self.observation.spec_replicas;
        let first = outcome.ratio;
        let wanted = ceil(again * samples as f64);
        let (verdict, proposal) = if self.tolerance.allows(again) {
            (Verdict::WithinTolerance, current)
        } else if (first < 1.0 && again > 1.0) || (first > 1.0 && again < 1.0) {
            (Verdict::DirectionFlipped, current)
        } else if (again < 1.0 && wanted > current) || (again > 1.0 && wanted < current) {
            (Verdict::CountFlipped, current)
        } else {
            (Verdict::Scaled, wanted)
        };
        outcome.verdict = verdict;
        outcome.proposal = Ok(proposal);
    }

    /// Object and External metrics.
    fn series(&self, goal: SeriesGoal, reading: Option<&Reading>) -> Result<MetricOutcome, MetricError> {
        if goal == SeriesGoal::Unset {
            return Err(MetricError::NoTarget);
        }
        let usage = match reading {
            Some(Reading::Series(values)) if values.is_empty() => return Err(MetricError::Empty),
            Some(Reading::Series(values)) => values.iter().copied().fold(0_i64, i64::saturating_add),
            Some(Reading::Failed(error)) => return Err(*error),
            Some(Reading::Pods(_)) | None => return Err(MetricError::ApiFailed),
        };
        let mut outcome = MetricOutcome { usage, ..MetricOutcome::failed(MetricError::Empty) };
        match goal {
            SeriesGoal::PerPod(target) => self.per_pod(&mut outcome, target),
            SeriesGoal::Value(target) => self.whole(&mut outcome, target)?,
            SeriesGoal::Unset => {}
        }
        Ok(outcome)
    }

    /// RC GetObjectMetricReplicas, GetExternalMetricReplicas and getUsageRatioReplicaCount: the ratio times the pods
    /// that are Running and Ready, terminating ones included.
    fn whole(&self, outcome: &mut MetricOutcome, target: i64) -> Result<(), MetricError> {
        let current = self.observation.spec_replicas;
        outcome.value = Some(outcome.usage);
        outcome.ratio = outcome.usage as f64 / target as f64;
        if current == 0 {
            outcome.verdict = Verdict::Scaled;
            outcome.proposal = Ok(ceil(outcome.ratio));
            return Ok(());
        }
        let pods = self.observation.pods;
        if pods.is_empty() && !self.tolerance.allows(outcome.ratio) {
            return Err(MetricError::NoPods);
        }
        let ready = pods.iter().filter(|pod| pod.is_running_and_ready()).map(|pod| i64::from(pod.count)).sum();
        outcome.ready_pods = Some(ready);
        self.plain(outcome, current, outcome.ratio * ready as f64);
        Ok(())
    }

    /// RC GetObjectPerPodMetricReplicas and GetExternalPerPodMetricReplicas: per pod that exists, whatever its state.
    fn per_pod(&self, outcome: &mut MetricOutcome, target: i64) {
        let existing = self.observation.status_replicas;
        let usage = outcome.usage as f64;
        outcome.ratio = usage / (target as f64 * f64::from(existing));
        outcome.average = Some((usage / f64::from(existing)).ceil() as i64);
        self.plain(outcome, existing, usage / target as f64);
    }
}

/// A pod between the two passes.
#[derive(Debug, Clone, Copy)]
struct Counted {
    group: Group,
    usage: i64,
    request: i64,
    /// Pods that it stands for: the usage is that of all, the request that of each.
    count: u32,
}

/// Room for each pod's group and request, kept from sync to sync.
#[derive(Debug, Clone, Default)]
pub(super) struct Scratch {
    pods: Vec<Counted>,
}

impl Scratch {
    /// The sums over ready pods, and over strays where they count.
    fn total(&self, goal: Goal, samples: &PodSamples) -> Totals {
        let mut totals = Totals::default();
        for pod in self.of(Group::Ready) {
            totals.add_pods(pod.usage, pod.request, pod.count);
        }
        match goal {
            // A stray has no request and is skipped, but it stays in the number of samples.
            Goal::Utilization(_) => totals.samples += samples.strays.len() as i64,
            Goal::Average(_) => {
                for &stray in &samples.strays {
                    totals.add(stray, 0);
                }
            }
        }
        totals
    }

    /// RC GetResourceReplicas and calcPlainMetricReplicas: what pods without a usable sample are taken to use. Missing
    /// pods are busy on the way down and idle on the way up; unready pods are idle on the way up.
    fn fill(&self, mut totals: Totals, goal: Goal, ratio: f64, grows_with_unready: bool) -> Totals {
        for pod in self.of(Group::Missing) {
            if ratio < 1.0 {
                let usage = assumed_usage(goal, pod.request).saturating_mul(i64::from(pod.count));
                totals.add_pods(usage, pod.request, pod.count);
            } else if ratio > 1.0 {
                totals.add_pods(0, pod.request, pod.count);
            }
        }
        if grows_with_unready {
            for pod in self.of(Group::Unready) {
                totals.add_pods(0, pod.request, pod.count);
            }
        }
        totals
    }

    fn of(&self, group: Group) -> impl Iterator<Item = &Counted> {
        self.pods.iter().filter(move |pod| pod.group == group)
    }
}

/// What a missing pod is taken to use on the way down: the target, and at least all of its request.
fn assumed_usage(goal: Goal, request: i64) -> i64 {
    match goal {
        Goal::Utilization(target) => request.saturating_mul(i64::from(target.max(100))) / 100,
        Goal::Average(target) => target,
    }
}
