//! A sync in prose: what it saw, what it computed, and what it did about it.

use std::fmt;

use super::outcome::{Limit, MetricOutcome, Path, Stabilization, SyncOutcome, Verdict};
use super::spec::{DefaultedSpec, Goal, Metric, Select, SeriesGoal, Source};
use super::{Reason, Resource};

/// The explanation of an outcome. Nothing is formatted before it is displayed.
#[derive(Debug, Clone, Copy)]
pub struct Explanation<'a> {
    spec: &'a DefaultedSpec,
    outcome: &'a SyncOutcome,
}

impl SyncOutcome {
    /// Explains this outcome of a policy, one line for each step of the decision.
    #[must_use]
    pub fn explain<'a>(&'a self, spec: &'a DefaultedSpec) -> Explanation<'a> {
        Explanation { spec, outcome: self }
    }

    /// The decision in a few words, for a table or an activity log.
    #[must_use]
    pub fn summary(&self, spec: &DefaultedSpec) -> String {
        match self.path {
            Path::NotSynced => "no sync yet".to_owned(),
            Path::NoScale => "the scale could not be read".to_owned(),
            Path::Disabled => "zero replicas: scaling is disabled".to_owned(),
            Path::AboveMax => format!("above maxReplicas {}", spec.max),
            Path::BelowMin => format!("below minReplicas {}", spec.min),
            Path::MetricsFailed => self.failure(spec),
            Path::Metrics => self.metrics_summary(spec),
        }
    }

    /// Whether the metrics should have decided and could not.
    #[must_use]
    pub fn is_abort(&self) -> bool {
        self.path == Path::MetricsFailed
    }

    /// The reason of a SuccessfulRescale event, as H reconcileAutoscaler words it for `kubectl describe hpa`.
    #[must_use]
    pub fn rescale_reason(&self, spec: &DefaultedSpec) -> String {
        match (self.path, self.scale) {
            (Path::AboveMax, _) => "Current number of replicas above Spec.MaxReplicas".to_owned(),
            (Path::BelowMin, _) => "Current number of replicas below Spec.MinReplicas".to_owned(),
            (_, Some(replicas)) if replicas > self.current => {
                let metric = self.chosen.filter(|_| self.raw.is_some_and(|raw| raw >= replicas));
                format!("{} above target", metric.map_or_else(String::new, |index| event_name(spec, index)))
            }
            _ => "All metrics below target".to_owned(),
        }
    }

    fn failure(&self, spec: &DefaultedSpec) -> String {
        let reason = self.conditions.scaling_active.map_or_else(String::new, |condition| condition.reason.to_string());
        let first =
            self.metrics.iter().zip(&spec.metrics).find_map(|(outcome, metric)| {
                outcome.proposal.err().map(|error| format!(" ({}: {error})", metric.name))
            });
        format!("{reason}{}", first.unwrap_or_default())
    }

    fn metrics_summary(&self, spec: &DefaultedSpec) -> String {
        let mut text = match self.chosen.and_then(|index| Some((spec.metrics.get(index)?, self.metrics.get(index)?))) {
            Some((metric, outcome)) => Measured { metric, outcome }.to_string(),
            None => "no metric".to_owned(),
        };
        if let (Some(stabilization), Some(raw)) = (self.stabilization, self.raw)
            && stabilization.stabilized != raw
        {
            text.push_str(&format!(", stabilized to {}", stabilization.stabilized));
        }
        if let Some(limit) = self.limit.filter(|limit| limit.reason != Reason::DesiredWithinRange) {
            text.push_str(&format!(", {} {}", limit.reason, limit.result));
        }
        if self.err {
            text.push_str(&format!(", partial failure: {}", self.failure_of_some(spec)));
        }
        text
    }

    fn failure_of_some(&self, spec: &DefaultedSpec) -> String {
        let failed = self.metrics.iter().zip(&spec.metrics).filter(|(outcome, _)| outcome.proposal.is_err());
        failed.map(|(_, metric)| metric.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// A metric as events name it (H computeStatusForResourceMetricGeneric and its siblings).
fn event_name(spec: &DefaultedSpec, index: usize) -> String {
    let Some(metric) = spec.metrics.get(index) else { return String::new() };
    let name = &metric.name;
    match &metric.source {
        Source::Resource(_, Goal::Utilization(_)) | Source::ContainerResource(_, _, Goal::Utilization(_)) => {
            format!("{name} resource utilization (percentage of request)")
        }
        Source::Resource(..) | Source::ContainerResource(..) => format!("{name} resource"),
        Source::Pods(_) => format!("pods metric {name}"),
        Source::Object(_) => {
            let stored = spec.stored.metrics.iter().flatten().nth(index);
            let object = stored.and_then(|metric| metric.object.as_ref());
            format!("{} metric {name}", object.map_or("", |object| object.described_object.kind.as_str()))
        }
        Source::External(_) => format!("external metric {name}"),
    }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { spec, outcome } = self;
        writeln!(
            f,
            "sync at {} s: {} replicas asked for, {} exist, allowed {} to {}",
            outcome.now.seconds(),
            outcome.current,
            outcome.existing,
            spec.min,
            spec.max
        )?;
        match outcome.path {
            Path::Metrics | Path::MetricsFailed => self.metrics(f)?,
            _ => writeln!(f, "  metrics: not evaluated, {}", outcome.summary(spec))?,
        }
        if let Some(stabilization) = outcome.stabilization {
            self.stabilization(f, stabilization)?;
        }
        if let Some(limit) = outcome.limit {
            self.limit(f, limit)?;
            if outcome.scale.is_some_and(|replicas| replicas != limit.result) {
                writeln!(f, "  from zero: raised to minReplicas {}", spec.min)?;
            }
        }
        match outcome.scale {
            Some(replicas) => write!(f, "  decision: scale from {} to {replicas}", outcome.current)?,
            None => write!(f, "  decision: nothing is written, desired {}", outcome.desired)?,
        }
        if outcome.err {
            write!(f, "; the sync returned an error")?;
        }
        writeln!(f)?;
        self.conditions(f)
    }
}

impl Explanation<'_> {
    fn metrics(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = self.outcome;
        let tolerance = outcome.tolerance;
        writeln!(f, "  tolerance: a ratio from {} to {} changes nothing", 1.0 - tolerance.down, 1.0 + tolerance.up)?;
        for (index, (metric, result)) in self.spec.metrics.iter().zip(&outcome.metrics).enumerate() {
            let chosen = if outcome.chosen == Some(index) { " (the largest)" } else { "" };
            write!(f, "  metric {index}: ")?;
            metric_lines(f, metric, result, outcome)?;
            match result.proposal {
                Ok(replicas) => writeln!(f, "    proposes {replicas}{chosen}")?,
                Err(error) => writeln!(f, "    fails: {error}")?,
            }
        }
        match outcome.raw {
            Some(raw) => writeln!(f, "  recommendation: {raw}"),
            None => writeln!(f, "  recommendation: none, {}", outcome.failure(self.spec)),
        }
    }

    fn stabilization(&self, f: &mut fmt::Formatter<'_>, stabilization: Stabilization) -> fmt::Result {
        let Stabilization { up_window, down_window, lowest, highest, stabilized } = stabilization;
        write!(f, "  window: ")?;
        if let Some(up) = up_window {
            write!(f, "lowest of the last {} s is {lowest}, ", up.seconds())?;
        }
        writeln!(f, "highest of the last {} s is {highest}: {stabilized}", down_window.seconds())
    }

    fn limit(&self, f: &mut fmt::Formatter<'_>, limit: Limit) -> fmt::Result {
        let stabilized = self.outcome.stabilization.map_or(limit.result, |s| s.stabilized);
        let rises = stabilized > self.outcome.current;
        write!(f, "  limits: ")?;
        if let Some(rate) = limit.rate {
            let side = if rises { "at most" } else { "at least" };
            write!(f, "the rate allows {side} {rate}{}, ", self.disabled(rises))?;
        }
        writeln!(f, "the bounds {} to {}: {} ({})", self.spec.min, self.spec.max, limit.result, limit.reason)
    }

    fn disabled(&self, rises: bool) -> &'static str {
        let rules = self.spec.behavior.as_ref().map(|behavior| if rises { &behavior.up } else { &behavior.down });
        match rules {
            Some(rules) if rules.select == Select::Disabled => " (selectPolicy: Disabled)",
            Some(_) => "",
            None => " (no behavior: twice the replicas, or 4)",
        }
    }

    fn conditions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let conditions = self.outcome.conditions;
        let all = [
            ("AbleToScale", conditions.able_to_scale),
            ("ScalingActive", conditions.scaling_active),
            ("ScalingLimited", conditions.scaling_limited),
            ("ScaledToZero", conditions.scaled_to_zero),
        ];
        write!(f, "  conditions:")?;
        for (name, condition) in all {
            if let Some(condition) = condition {
                write!(f, " {name}={condition}")?;
            }
        }
        writeln!(f)
    }
}

/// The numbers of one metric.
fn metric_lines(
    f: &mut fmt::Formatter<'_>,
    metric: &Metric,
    result: &MetricOutcome,
    outcome: &SyncOutcome,
) -> fmt::Result {
    writeln!(f, "{:#}", Measured { metric, outcome: result })?;
    let groups = result.groups;
    if groups != Default::default() {
        write!(
            f,
            "    pods: {} ready, {} unready, {} missing a sample, {} ignored",
            groups.ready, groups.unready, groups.missing, groups.ignored
        )?;
        match result.strays {
            0 => writeln!(f)?,
            strays => writeln!(f, "; {strays} samples of unknown pods")?,
        }
    }
    if result.verdict == Verdict::Failed {
        return Ok(());
    }
    if result.request > 0 {
        writeln!(f, "    usage {} of {} requested", amount(metric, result.usage), amount(metric, result.request))?;
    } else {
        writeln!(f, "    usage {}", amount(metric, result.usage))?;
    }
    if let Some((ratio, samples)) = result.rebalanced {
        writeln!(f, "    with missing and unready pods filled in: ratio {ratio} over {samples} samples")?;
    }
    if let Some(pods) = result.ready_pods {
        writeln!(f, "    {pods} pods are Running and Ready")?;
    }
    let verdict = match result.verdict {
        Verdict::Failed | Verdict::Scaled => return Ok(()),
        Verdict::WithinTolerance => "inside the tolerance",
        Verdict::DirectionFlipped => "filled in, the ratio changes sides",
        Verdict::CountFlipped => "the number of samples would turn the change around",
    };
    writeln!(f, "    {verdict}: the {} replicas are kept", outcome.current)
}

/// A metric, its value and its target in one phrase; the alternate form has the ratio to its last digit.
struct Measured<'a> {
    metric: &'a Metric,
    outcome: &'a MetricOutcome,
}

impl fmt::Display for Measured<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { metric, outcome } = self;
        match &metric.source {
            Source::Resource(..) => write!(f, "{}", metric.name)?,
            Source::ContainerResource(_, container, _) => {
                write!(f, "{} of container {container}", metric.name)?;
            }
            Source::Pods(_) => write!(f, "pods metric {}", metric.name)?,
            Source::Object(_) => write!(f, "object metric {}", metric.name)?,
            Source::External(_) => write!(f, "external metric {}", metric.name)?,
        }
        if outcome.verdict == Verdict::Failed {
            return Ok(());
        }
        match target(metric) {
            Target::Percent(target) => {
                write!(f, " {} % of {target} %", outcome.utilization.unwrap_or(0))?;
            }
            Target::Average(target) => {
                write!(f, " {} per pod of {}", amount(metric, outcome.average.unwrap_or(0)), amount(metric, target))?;
            }
            Target::Value(target) => write!(f, " {} of {}", amount(metric, outcome.usage), amount(metric, target))?,
            Target::Unset => {}
        }
        if f.alternate() { write!(f, ", ratio {}", outcome.ratio) } else { write!(f, ", ratio {:.3}", outcome.ratio) }
    }
}

enum Target {
    Percent(i32),
    Average(i64),
    Value(i64),
    Unset,
}

fn target(metric: &Metric) -> Target {
    match metric.source {
        Source::Resource(_, goal) | Source::ContainerResource(_, _, goal) => match goal {
            Goal::Utilization(percent) => Target::Percent(percent),
            Goal::Average(value) => Target::Average(value),
        },
        Source::Pods(value) => Target::Average(value),
        Source::Object(goal) | Source::External(goal) => match goal {
            SeriesGoal::PerPod(value) => Target::Average(value),
            SeriesGoal::Value(value) => Target::Value(value),
            SeriesGoal::Unset => Target::Unset,
        },
    }
}

/// A milli-value as a person would write it.
fn amount(metric: &Metric, milli: i64) -> String {
    let resource = match metric.source {
        Source::Resource(resource, _) | Source::ContainerResource(resource, ..) => resource,
        _ => Resource::Other,
    };
    match resource {
        Resource::Cpu => format!("{milli}m"),
        Resource::Memory => format!("{:.1}Mi", milli as f64 / 1_000.0 / f64::from(1 << 20)),
        Resource::Other => format!("{}", milli as f64 / 1_000.0),
    }
}
