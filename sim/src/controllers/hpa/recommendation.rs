//! One metric to one replica count.

use super::flags::ControllerFlags;
use super::groups::{Group, Groups, group_of};
use super::instant::Instant;
use super::observation::{Observation, Pod, PodSamples, Reading, Sample};
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
    /// H computeReplicasForMetric, into an outcome of its own.
    pub(super) fn evaluate(&self, metric: &Metric, reading: Option<&Reading>, outcome: &mut MetricOutcome) {
        let of_pods = |goal, resource, container| PodMetric { goal, resource, container };
        let result = match &metric.source {
            Source::Resource(resource, goal) => self.pods(of_pods(*goal, Some(*resource), None), reading, outcome),
            Source::ContainerResource(resource, name, goal) => {
                let metric = of_pods(*goal, Some(*resource), Some(name.as_str()));
                self.pods(metric, reading, outcome)
            }
            Source::Pods(target) => self.pods(of_pods(Goal::Average(*target), None, None), reading, outcome),
            Source::Object(goal) | Source::External(goal) => self.series(*goal, reading, outcome),
        };
        if let Err(error) = result {
            *outcome = MetricOutcome::failed(error);
        }
    }

    /// RC GetResourceReplicas, and calcPlainMetricReplicas behind GetRawResourceReplicas and GetMetricReplicas: they
    /// differ only in the ratio and in what a missing pod is taken to use.
    fn pods(
        &self,
        metric: PodMetric<'_>,
        reading: Option<&Reading>,
        outcome: &mut MetricOutcome,
    ) -> Result<(), MetricError> {
        let samples = match reading {
            Some(Reading::Pods(samples)) => samples,
            Some(Reading::Failed(error)) => return Err(*error),
            Some(Reading::Series(_)) | None => return Err(MetricError::ApiFailed),
        };
        if self.observation.pods.is_empty() {
            return Err(MetricError::NoPods);
        }
        let (groups, mut totals) = self.tally(metric, samples)?;
        match metric.goal {
            // A stray has no request and is skipped, but it stays in the number of samples.
            Goal::Utilization(_) => totals.samples += samples.strays.len() as i64,
            Goal::Average(_) => samples.strays.iter().for_each(|&stray| totals.add(stray, 0)),
        }
        let first = totals.ratio(metric.goal)?;
        outcome.groups = groups;
        outcome.strays = samples.strays.len();
        (outcome.usage, outcome.request) = (totals.usage, totals.request);
        (outcome.utilization, outcome.average) = (first.utilization, Some(first.average));
        outcome.ratio = first.ratio;
        let grows_with_unready = groups.unready > 0 && first.ratio > 1.0;
        if groups.missing == 0 && !grows_with_unready {
            let pods = groups.ready;
            self.plain(outcome, self.observation.spec_replicas, first.ratio * pods as f64);
        } else {
            let filled = self.fill(totals, metric, samples, first.ratio, grows_with_unready)?;
            let again = filled.ratio(metric.goal)?.ratio;
            outcome.rebalanced = Some((again, filled.samples));
            self.rebalance(outcome, again, filled.samples);
        }
        Ok(())
    }

    /// RC groupPods and calculateRequests, over every listed pod, also those that do not count: how many there are of each
    /// group, and the sums over those that are ready.
    fn tally(&self, metric: PodMetric<'_>, samples: &PodSamples) -> Result<(Groups, Totals), MetricError> {
        let (mut groups, mut totals) = (Groups::default(), Totals::default());
        let mut requests = KnownRequest::default();
        let mut without_request = None;
        for (index, pod) in self.observation.pods.iter().enumerate() {
            let sample = samples.of_pods.get(index).and_then(Option::as_ref);
            let group = self.group_of(metric, pod, sample);
            groups.count(group, pod.count);
            let request = requests.of(self, pod, metric).unwrap_or_else(|error| {
                without_request.get_or_insert(error);
                0
            });
            if group == Group::Ready {
                totals.add_pods(sample.map_or(0, |sample| sample.value), request, pod.count);
            }
        }
        // Upstream looks for requests when it knows that there are samples.
        if groups.ready == 0 && samples.strays.is_empty() {
            return Err(MetricError::NoSamples);
        }
        without_request.map_or(Ok((groups, totals)), Err)
    }

    fn group_of(&self, metric: PodMetric<'_>, pod: &Pod, sample: Option<&Sample>) -> Group {
        group_of(pod, sample, metric.resource == Some(Resource::Cpu), self.now, self.flags)
    }

    /// RC GetResourceReplicas and calcPlainMetricReplicas: what pods without a usable sample are taken to use. Missing
    /// pods are busy on the way down and idle on the way up; unready pods are idle on the way up.
    fn fill(
        &self,
        mut totals: Totals,
        metric: PodMetric<'_>,
        samples: &PodSamples,
        ratio: f64,
        grows_with_unready: bool,
    ) -> Result<Totals, MetricError> {
        let mut requests = KnownRequest::default();
        for (index, pod) in self.observation.pods.iter().enumerate() {
            let sample = samples.of_pods.get(index).and_then(Option::as_ref);
            let is_busy = match self.group_of(metric, pod, sample) {
                Group::Missing if ratio < 1.0 => true,
                Group::Missing if ratio > 1.0 => false,
                Group::Unready if grows_with_unready => false,
                _ => continue,
            };
            let request = requests.of(self, pod, metric)?;
            let each = if is_busy { assumed_usage(metric.goal, request) } else { 0 };
            totals.add_pods(each.saturating_mul(i64::from(pod.count)), request, pod.count);
        }
        Ok(totals)
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
    fn series(
        &self,
        goal: SeriesGoal,
        reading: Option<&Reading>,
        outcome: &mut MetricOutcome,
    ) -> Result<(), MetricError> {
        if goal == SeriesGoal::Unset {
            return Err(MetricError::NoTarget);
        }
        let usage = match reading {
            Some(Reading::Series(values)) if values.is_empty() => return Err(MetricError::Empty),
            Some(Reading::Series(values)) => values.iter().copied().fold(0_i64, i64::saturating_add),
            Some(Reading::Failed(error)) => return Err(*error),
            Some(Reading::Pods(_)) | None => return Err(MetricError::ApiFailed),
        };
        outcome.usage = usage;
        match goal {
            SeriesGoal::PerPod(target) => self.per_pod(outcome, target),
            SeriesGoal::Value(target) => self.whole(outcome, target)?,
            SeriesGoal::Unset => {}
        }
        Ok(())
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

/// The request of the pods of a template, as it was found last: most pods have the same.
#[derive(Debug, Default)]
struct KnownRequest(Option<(u32, i64)>);

impl KnownRequest {
    /// What a pod requests; nothing where the metric is no utilization.
    #[inline]
    fn of(&mut self, calculator: &Calculator<'_>, pod: &Pod, metric: PodMetric<'_>) -> Result<i64, MetricError> {
        if !matches!(metric.goal, Goal::Utilization(_)) {
            return Ok(0);
        }
        if let Some((template, request)) = self.0
            && template == pod.template
        {
            return Ok(request);
        }
        let template =
            calculator.observation.templates.get(pod.template as usize).ok_or(MetricError::MissingRequest)?;
        let resource = metric.resource.unwrap_or(Resource::Other);
        let request = template.request(resource, metric.container, calculator.flags.gates)?;
        self.0 = Some((pod.template, request));
        Ok(request)
    }
}

/// What a missing pod is taken to use on the way down: the target, and at least all of its request.
fn assumed_usage(goal: Goal, request: i64) -> i64 {
    match goal {
        Goal::Utilization(target) => request.saturating_mul(i64::from(target.max(100))) / 100,
        Goal::Average(target) => target,
    }
}
