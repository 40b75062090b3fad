//! A recording from a real cluster: what Prometheus kept of pods, usage and replicas, replayed sync by sync.
//!
//! The names are those of cAdvisor and kube-state-metrics. What such data cannot tell is assumed, and every assumption
//! is said.

mod pods;
mod response;
mod steps;

use std::collections::BTreeMap;

use self::pods::{Axis, Known, LONG_AGO_SECONDS, PodSeries};
use self::response::{Points, Series};
use super::observations::Step;
use crate::controllers::hpa::manifest::Manifest;
use crate::controllers::hpa::spec::Source;
use crate::controllers::hpa::{ControllerFlags, DefaultedSpec, PodTemplate};

/// Data that cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum PrometheusError {
    /// Not JSON, or not in Prometheus' shape.
    #[error("not Prometheus range-query JSON: {0}")]
    NotJson(String),
    /// A series that says neither by itself nor by its response what it is.
    #[error("a series has no `__name__`: save it as an object from the metric's name to the response")]
    NoName,
    /// Points out of order.
    #[error("{name}: the point at {t} s follows the one at {previous} s: time runs backwards")]
    TimeRunsBackwards {
        /// The series.
        name: String,
        /// The point.
        t: f64,
        /// The point before it.
        previous: f64,
    },
    /// No series about pods.
    #[error(
        "no pods: container_cpu_usage_seconds_total, container_memory_working_set_bytes or kube_pod_status_phase \
         with a `pod` label was expected"
    )]
    NoPods,
    /// Replicas of several Deployments, none of them the HPA's target.
    #[error("replicas of several Deployments ({0}), none of them the HPA's target")]
    WhichDeployment(String),
}

/// A recorded span, ready to be replayed.
#[derive(Debug)]
pub struct Recording {
    pods: BTreeMap<String, PodSeries>,
    asked_for: Option<Points>,
    existing: Option<Points>,
    /// Series of custom and external metrics that the policy names.
    others: Vec<Series>,
    policy: DefaultedSpec,
    known: Known,
    axis: Axis,
    sync_period: f64,
    template: PodTemplate,
    assumptions: Vec<String>,
}

impl Recording {
    /// Reads a file's text for a policy.
    ///
    /// # Errors
    /// When it is not Prometheus' JSON, or has nothing about pods.
    pub fn parse(
        text: &str,
        manifest: &Manifest,
        policy: &DefaultedSpec,
        flags: &ControllerFlags,
    ) -> Result<Self, PrometheusError> {
        let series = response::read(text)?;
        let target = manifest.spec.scale_target_ref.as_ref().map_or("", |target| target.name.as_str());
        let axis = axis(&series).ok_or(PrometheusError::NoPods)?;
        let mut known = Known::default();
        let mut pods: BTreeMap<String, PodSeries> = BTreeMap::new();
        let mut others = Vec::new();
        for one in &series {
            match one.labels.get("pod") {
                Some(pod) if PodSeries::knows(&one.name) => {
                    pods.entry(pod.clone()).or_default().take(one, &mut known);
                }
                _ if policy.metrics.iter().any(|metric| metric.name == one.name) => {
                    others.push(one.clone());
                }
                _ => {}
            }
        }
        if pods.is_empty() {
            return Err(PrometheusError::NoPods);
        }
        let mut assumptions = Vec::new();
        keep_target(&mut pods, target, &mut assumptions);
        for pod in pods.values_mut() {
            pod.finish();
        }
        let mut recording = Self {
            pods,
            asked_for: replicas(&series, "kube_deployment_spec_replicas", target)?,
            existing: replicas(&series, "kube_deployment_status_replicas", target)?,
            others,
            policy: policy.clone(),
            known,
            axis,
            sync_period: flags.sync_period.seconds(),
            template: manifest
                .workload
                .as_ref()
                .map_or_else(PodTemplate::default, |workload| workload.template.clone()),
            assumptions,
        };
        recording.assume();
        recording.complete_template();
        Ok(recording)
    }

    /// What the data does not tell, and what is taken for it.
    #[must_use]
    pub fn assumptions(&self) -> &[String] {
        &self.assumptions
    }

    /// The containers of pods whose requests are not in the data.
    #[must_use]
    pub fn template(&self) -> &PodTemplate {
        &self.template
    }

    /// The syncs over the recorded span, one at a time.
    pub fn steps(&self) -> impl Iterator<Item = Step> + '_ {
        let syncs = ((self.axis.end - self.axis.start) / self.sync_period).floor() as u64;
        (0..=syncs).map(|sync| self.step(self.axis.start + sync as f64 * self.sync_period))
    }

    fn assume(&mut self) {
        let known = self.known;
        let step = self.axis.step;
        let mut say = |holds: bool, text: String| {
            if holds {
                self.assumptions.push(text);
            }
        };
        say(
            true,
            format!("the HPA synced every {} s from the first recorded point on, without latency", self.sync_period),
        );
        say(
            true,
            format!(
                "recorded points are {step} s apart: their times are taken for the times of metrics-server's samples, and what has no point for {step} s is taken to be gone"
            ),
        );
        say(true, "open loop: decisions change neither the recorded replicas nor the recorded usage".to_owned());
        say(known.cpu, "cpu is the increase of container_cpu_usage_seconds_total between two recorded points; a fall is a counter reset".to_owned());
        say(known.ready, "a pod became ready at the first point that shows it; one that was ready from the first point on, at its start".to_owned());
        say(!known.ready, "readiness is not recorded: every pod is taken to be ready from its start".to_owned());
        say(
            !known.start,
            format!(
                "start times are not recorded: a pod started at its first point, or {LONG_AGO_SECONDS} s before the recording"
            ),
        );
        say(!known.phase, "phases are not recorded: a pod with usage is taken to be Running".to_owned());
        say(!known.deletion, "deletion is not recorded: no pod is taken to be terminating".to_owned());
        say(
            !known.requests && !self.template.containers.is_empty(),
            "requests are those of the workload in the manifest".to_owned(),
        );
        say(
            !known.requests && self.template.containers.is_empty(),
            "requests are neither recorded nor in the manifest: containers are taken to have none".to_owned(),
        );
        let fallback = if self.existing.is_some() { "the replicas that existed" } else { "the number of pods" };
        say(
            self.asked_for.is_none(),
            format!("kube_deployment_spec_replicas is not recorded: {fallback} are taken for it"),
        );
        say(
            self.existing.is_none(),
            "kube_deployment_status_replicas is not recorded: the number of pods is taken for it".to_owned(),
        );
        for metric in &self.policy.metrics {
            let is_resource = matches!(metric.source, Source::Resource(..) | Source::ContainerResource(..));
            let found = is_resource || self.others.iter().any(|series| series.name == metric.name);
            if !found {
                self.assumptions.push(format!("metric {} is not recorded: it fails at every sync", metric.name));
            }
        }
    }

    /// Without any requests the containers are still known from their usage.
    fn complete_template(&mut self) {
        if self.template.containers.is_empty()
            && let Some(pod) = self.pods.values().find(|pod| !pod.cpu.is_empty() || !pod.memory.is_empty())
        {
            self.template.containers = pod.unrequested();
        }
    }
}

/// Keeps the pods of the HPA's target, when their names tell.
fn keep_target(pods: &mut BTreeMap<String, PodSeries>, target: &str, assumptions: &mut Vec<String>) {
    let prefix = format!("{target}-");
    let (own, other): (Vec<String>, Vec<String>) = pods.keys().cloned().partition(|name| name.starts_with(&prefix));
    if !own.is_empty() && !other.is_empty() {
        pods.retain(|name, _| name.starts_with(&prefix));
        assumptions
            .push(format!("pods of `{target}` are those named `{prefix}...`; {} others are left out", other.len()));
    }
}

/// Replicas of the target, or of the only Deployment there is.
fn replicas(series: &[Series], name: &str, target: &str) -> Result<Option<Points>, PrometheusError> {
    let deployment = |one: &Series| one.labels.get("deployment").cloned().unwrap_or_default();
    let all: Vec<&Series> = series.iter().filter(|one| one.name == name).collect();
    let own = all.iter().find(|one| deployment(one) == target);
    match (own, all.as_slice()) {
        (Some(own), _) => Ok(Some(own.points.clone())),
        (None, []) => Ok(None),
        (None, [only]) => Ok(Some(only.points.clone())),
        (None, several) => {
            let names: Vec<String> = several.iter().map(|one| deployment(one)).collect();
            Err(PrometheusError::WhichDeployment(names.join(", ")))
        }
    }
}

/// First and last point of all series, and the most common distance between two.
fn axis(series: &[Series]) -> Option<Axis> {
    let mut gaps: BTreeMap<i64, usize> = BTreeMap::new();
    let (mut start, mut end) = (f64::INFINITY, f64::NEG_INFINITY);
    for points in series.iter().map(|one| &one.points.0) {
        if let (Some(first), Some(last)) = (points.first(), points.last()) {
            start = start.min(first.0);
            end = end.max(last.0);
        }
        for pair in points.windows(2) {
            *gaps.entry(((pair[1].0 - pair[0].0) * 1e3).round() as i64).or_default() += 1;
        }
    }
    // Of equally common distances the larger one.
    let step = gaps.into_iter().max_by_key(|&(gap, count)| (count, gap)).map_or(15.0, |(gap, _)| gap as f64 / 1e3);
    (start <= end).then_some(Axis { start, end, step })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backtest::{Decision, Replay};

    const MANIFEST: &str = "
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 9
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}
  behavior: {scaleDown: {stabilizationWindowSeconds: 0}}
";

    fn series(name: &str, labels: &str, values: &[(u32, &str)]) -> String {
        let values: Vec<String> = values.iter().map(|(t, v)| format!("[{t},\"{v}\"]")).collect();
        let values = values.join(",");
        format!(r#"{{"metric":{{"__name__":"{name}",{labels}}},"values":[{values}]}}"#)
    }

    fn response(series: &[String]) -> String {
        let all = series.join(",");
        format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{all}]}}}}"#)
    }

    /// One pod of one core at 800m, with a counter reset on the way.
    fn parts() -> [String; 3] {
        let pod = r#""pod":"web-1","container":"app""#;
        let cpu = [(0, "100"), (15, "112"), (30, "12"), (45, "24")];
        let request = r#""pod":"web-1","container":"app","resource":"cpu","unit":"core""#;
        [
            response(&[series("container_cpu_usage_seconds_total", pod, &cpu)]),
            response(&[series("kube_pod_container_resource_requests", request, &[(0, "1"), (45, "1")])]),
            response(&[series(
                "kube_deployment_spec_replicas",
                r#""deployment":"web""#,
                &[(0, "1"), (15, "1"), (30, "2"), (45, "2")],
            )]),
        ]
    }

    fn recording(text: &str) -> Result<Recording, PrometheusError> {
        let manifest = Manifest::parse(MANIFEST).expect("a manifest");
        let flags = ControllerFlags::default();
        let policy = manifest.policy(flags.gates).expect("valid");
        Recording::parse(text, &manifest, &policy, &flags)
    }

    fn decisions(text: &str) -> Vec<Decision> {
        let recording = recording(text).expect("usable");
        let policy = recording.policy.clone();
        let mut replay = Replay::new(policy, ControllerFlags::default(), recording.template().clone());
        let steps: Vec<Step> = recording.steps().collect();
        steps.iter().map(|step| Decision::of(step.t, replay.step(step, None))).collect()
    }

    #[test]
    fn every_shape_of_file_says_the_same() {
        let [cpu, requests, replicas] = parts();
        let concatenated = format!("{cpu}\n{requests}\n{replicas}\n");
        let array = format!("[{cpu},{requests},{replicas}]");
        let named = format!(r#"{{"a":{cpu},"b":{requests},"c":{replicas}}}"#);
        let expected = decisions(&concatenated);
        // The first point has no rate yet. Then 80 % of 50 % twice, over the counter's reset; but pods are recorded, not
        // simulated: 1.6 of one pod.
        assert_eq!(expected[0].active, "False/FailedGetResourceMetric");
        assert_eq!(expected[1].raw, Some(2));
        assert_eq!(expected[2].raw, Some(2));
        assert_eq!(decisions(&array), expected);
        assert_eq!(decisions(&named), expected);
    }

    #[test]
    fn a_response_may_be_saved_under_the_name_of_its_metric() {
        let text = r#"{"container_cpu_usage_seconds_total":{"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{"pod":"web-1","container":"app"},"values":[[0,"1"],[15,"2"]]}]}}}"#;
        let steps: Vec<Step> = recording(text).expect("usable").steps().collect();
        assert_eq!(steps.len(), 2);
        assert!(recording(&text.replace("container_cpu_usage_seconds_total", "data")).is_err());
    }

    #[test]
    fn readiness_changes_where_it_is_first_seen() {
        let [cpu, ..] = parts();
        let ready = |condition: &str, values: &[(u32, &str)]| {
            let labels = format!(r#""pod":"web-1","condition":"{condition}""#);
            series("kube_pod_status_ready", &labels, values)
        };
        let text = format!(
            "{cpu}{}",
            response(&[
                ready("true", &[(0, "0"), (15, "0"), (30, "1"), (45, "1")]),
                ready("false", &[(0, "1"), (15, "1"), (30, "0"), (45, "0")]),
            ])
        );
        let steps: Vec<Step> = recording(&text).expect("usable").steps().collect();
        let since: Vec<Option<f64>> = steps.iter().map(|step| step.pods.as_ref().and_then(|pods| pods[0].rt)).collect();
        assert_eq!(since, [Some(-3600.0), Some(-3600.0), Some(30.0), Some(30.0)]);
    }

    #[test]
    fn what_is_not_recorded_is_said() {
        let [cpu, ..] = parts();
        let said = recording(&cpu).expect("usable").assumptions().join("\n");
        for expected in ["open loop", "readiness is not recorded", "requests are neither", "start times", "phases"] {
            assert!(said.contains(expected), "{expected}: {said}");
        }
    }

    #[test]
    fn unusable_data_is_refused() {
        let message = |text: &str| recording(text).map(|_| ()).expect_err("refused").to_string();
        assert!(message("").contains("not Prometheus"));
        assert!(message("[]").contains("no pods"));
        assert!(message("nope").contains("line 1"));
        assert!(message(r#"{"status":"error","error":"boom"}"#).contains("failed"));
        assert!(message(r#"{"resultType":"vector","result":[]}"#).contains("matrix"));
        assert!(message(r#"{"metric":{"pod":"a"},"values":[[0,"1"]]}"#).contains("__name__"));
        assert!(message(r#"{"x":{"metric":{},"values":[[15,"1"],[0,"1"]]}}"#).contains("backwards"));
        assert!(message(r#"{"x":{"metric":{},"values":[[15,"one"]]}}"#).contains("`one` is not a value"));
    }
}
