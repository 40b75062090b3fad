//! The reaction budget: where the time of a scale-out goes, from the first breaching sample to the first request that the
//! new capacity serves.
//!
//! A scale-out is a chain of instants, and a part lies between two neighbours: so the parts add up to the whole, to the
//! nanosecond.

use serde::{Serialize, Serializer};
use windtunnel_traces::{SimDuration, SimTime};

/// What a part of the time goes to. The order is that of most providers; an HPA's metric is old before a sync reads it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// An alarm's periods, as many as have to breach. For an HPA: until the next sync.
    Evaluation,
    /// Until the data can be read and is looked at: publication and the offset of evaluation. For an HPA: the window of
    /// the metric, and its scrape.
    MetricDelay,
    /// Until the request is granted: a running activity, a lock, a cooldown, the maximum; stabilization and limits of an
    /// HPA.
    Wait,
    /// Until the instance is launched, or the pod has a node.
    Provisioning,
    /// Boot stages; for a pod the image pull and the start.
    Boot,
    /// Until the balancer has it; for a pod until the endpoints are known.
    Attach,
    /// Health checks; for a pod its readiness probe.
    HealthCheck,
    /// In traffic, until it is given its first request.
    FirstRequest,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Phase; 8] = [
        Phase::Evaluation,
        Phase::MetricDelay,
        Phase::Wait,
        Phase::Provisioning,
        Phase::Boot,
        Phase::Attach,
        Phase::HealthCheck,
        Phase::FirstRequest,
    ];

    /// The figure that has this phase's part of the median scale-out.
    pub const fn metric(self) -> &'static str {
        match self {
            Phase::Evaluation => "reaction_evaluation_seconds",
            Phase::MetricDelay => "reaction_metric_delay_seconds",
            Phase::Wait => "reaction_wait_seconds",
            Phase::Provisioning => "reaction_provisioning_seconds",
            Phase::Boot => "reaction_boot_seconds",
            Phase::Attach => "reaction_attach_seconds",
            Phase::HealthCheck => "reaction_health_check_seconds",
            Phase::FirstRequest => "reaction_first_request_seconds",
        }
    }
}

/// The end of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// What the stage belongs to.
    pub phase: Phase,
    /// Its name.
    pub stage: String,
    /// When it ended.
    pub at: SimTime,
}

impl Milestone {
    /// The end of a stage.
    pub fn new(phase: Phase, stage: impl Into<String>, at: SimTime) -> Self {
        Milestone { phase, stage: stage.into(), at }
    }
}

/// What an instance or pod passed on its way to its first request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Launch {
    /// The ends of its stages, in order: each begins where the one before ended.
    pub stages: Vec<Milestone>,
    /// When it was given its first request. It is idle then, so the service begins at once.
    pub first_request: Option<SimTime>,
}

impl Launch {
    /// A stage ends.
    pub fn reached(&mut self, phase: Phase, stage: impl Into<String>, at: SimTime) {
        self.stages.push(Milestone::new(phase, stage, at));
    }
}

/// Why a scale-out was asked for: a metric that breached its threshold or target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The start of the first breaching sample.
    pub since: SimTime,
    /// What came between that and the decision.
    pub stages: Vec<Milestone>,
}

/// A scale-out as its controller saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaleOut {
    /// The breach that asked for it; none when a schedule, a forecast or a person did.
    pub breach: Option<Breach>,
    /// When it was accepted.
    pub decided: SimTime,
    /// What it had to wait for, in order, when it was decided later than it was asked for.
    pub waits: Vec<Milestone>,
    /// Requests of the same alarm that were refused while it waited.
    pub refusals: u32,
    /// Capacity before.
    pub from: u32,
    /// Capacity after, as intended.
    pub to: u32,
    /// The rule or policy.
    pub policy: Option<String>,
    /// The alarm.
    pub alarm: Option<String>,
    /// What it launched, by number.
    pub instances: Vec<u32>,
}

/// Where a reaction is counted from.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Began {
    /// The start of the first breaching sample.
    Breach,
    /// The first request on the capacity of an earlier scale-out: the metric stayed breached, so more was asked for.
    EarlierCapacity,
    /// The decision itself: no metric asked.
    Decision,
}

/// A part of a reaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// What it belongs to.
    pub phase: Phase,
    /// The stage's name: a boot stage's own, else what the provider calls it.
    pub stage: String,
    /// When it began.
    #[serde(rename = "start_seconds", serialize_with = "instant_in_seconds")]
    pub start: SimTime,
    /// How long it took.
    #[serde(rename = "seconds", serialize_with = "length_in_seconds")]
    pub lasts: SimDuration,
}

/// One scale-out, from what asked for it to the first request on what it launched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reaction {
    /// Where it is counted from.
    pub began: Began,
    /// When that was.
    #[serde(rename = "start_seconds", serialize_with = "instant_in_seconds")]
    pub start: SimTime,
    /// When the scale-out was accepted.
    #[serde(rename = "decided_seconds", serialize_with = "instant_in_seconds")]
    pub decided: SimTime,
    /// When the first of what it launched was given its first request; none if that did not happen.
    #[serde(rename = "first_request_seconds", serialize_with = "maybe_instant_in_seconds")]
    pub first_request: Option<SimTime>,
    /// From `start` to `first_request`.
    #[serde(rename = "total_seconds", serialize_with = "maybe_length_in_seconds")]
    pub total: Option<SimDuration>,
    /// Capacity before.
    pub from: u32,
    /// Capacity after, as intended.
    pub to: u32,
    /// The rule or policy.
    pub policy: Option<String>,
    /// The alarm.
    pub alarm: Option<String>,
    /// Requests of the same alarm that were refused while it waited.
    pub refusals: u32,
    /// The instance or pod that served first.
    pub instance: Option<u32>,
    /// The parts, in order of time. Of a scale-out that served nothing, those up to its decision.
    pub parts: Vec<Part>,
}

impl Reaction {
    /// The time that went to a phase.
    pub fn phase(&self, phase: Phase) -> SimDuration {
        self.parts.iter().filter(|part| part.phase == phase).map(|part| part.lasts).sum()
    }

    /// The time that went to a stage.
    pub fn stage(&self, phase: Phase, stage: &str) -> SimDuration {
        let parts = self.parts.iter().filter(|part| part.phase == phase && part.stage == stage);
        parts.map(|part| part.lasts).sum()
    }

    /// A reaction in the sense of the word: something breached, and capacity served in the end.
    fn is_answer(&self) -> bool {
        self.total.is_some() && self.began != Began::Decision
    }
}

/// The scale-outs whose reactions are the median and the longest: real ones, so that their parts add up.
#[derive(Copy, Clone, Debug, Serialize)]
pub struct Extremes<'r> {
    /// Of the median time; the lower of the two middle ones where their number is even.
    pub median: &'r Reaction,
    /// The longest.
    pub worst: &'r Reaction,
}

impl<'r> Extremes<'r> {
    /// Of all reactions to a breach that served a request; nothing where there is none.
    pub fn of(reactions: &'r [Reaction]) -> Option<Self> {
        let mut answers: Vec<&Reaction> = reactions.iter().filter(|reaction| reaction.is_answer()).collect();
        answers.sort_by_key(|reaction| reaction.total);
        let worst = *answers.last()?;
        Some(Extremes { median: answers[(answers.len() - 1) / 2], worst })
    }
}

impl<'r> Extremes<'r> {
    /// The stages of both, each once, in order of time.
    pub fn stages(&self) -> Vec<(Phase, &'r str)> {
        let mut stages: Vec<(Phase, &str)> = Vec::new();
        for reaction in [self.worst, self.median] {
            let mut place = 0;
            for part in &reaction.parts {
                let stage = (part.phase, part.stage.as_str());
                let known = stages.iter().position(|other| *other == stage);
                place = known.unwrap_or_else(|| {
                    stages.insert(place, stage);
                    place
                }) + 1;
            }
        }
        stages
    }
}

/// A figure of the reaction budget by its name; nothing where it has no value or is none of the budget's.
pub fn figure(extremes: Option<&Extremes<'_>>, name: &str) -> Option<f64> {
    let extremes = extremes?;
    let length = match name {
        "reaction_median_seconds" => extremes.median.total?,
        "reaction_worst_seconds" => extremes.worst.total?,
        _ => extremes.median.phase(Phase::ALL.into_iter().find(|phase| phase.metric() == name)?),
    };
    Some(length.as_secs_f64())
}

/// The budgets of a run's scale-outs, in order of their decisions; `launches` by number of instance.
pub fn budgets(scale_outs: &[ScaleOut], launches: &[Launch]) -> Vec<Reaction> {
    let mut arrivals: Vec<SimTime> = Vec::new();
    let mut reactions = Vec::with_capacity(scale_outs.len());
    for scale_out in scale_outs {
        let reaction = budget(scale_out, launches, &arrivals);
        arrivals.extend(reaction.first_request);
        reactions.push(reaction);
    }
    reactions
}

fn budget(scale_out: &ScaleOut, launches: &[Launch], arrivals: &[SimTime]) -> Reaction {
    let (began, start) = beginning(scale_out, arrivals);
    let served = scale_out.instances.iter().filter_map(|&instance| {
        let launch = launches.get(instance as usize)?;
        Some((launch.first_request?, instance, launch))
    });
    let first = served.min_by_key(|&(at, instance, _)| (at, instance));
    let asked = scale_out.breach.iter().flat_map(|breach| breach.stages.iter().cloned());
    let booted = first.iter().flat_map(|(_, _, launch)| launch.stages.iter().cloned());
    let served = first.map(|(at, ..)| Milestone::new(Phase::FirstRequest, "first request", at));
    let parts = parts(start, asked.chain(scale_out.waits.iter().cloned()).chain(booted).chain(served));
    Reaction {
        began,
        start,
        decided: scale_out.decided,
        first_request: first.map(|(at, ..)| at),
        total: first.map(|(at, ..)| at.saturating_since(start)),
        from: scale_out.from,
        to: scale_out.to,
        policy: scale_out.policy.clone(),
        alarm: scale_out.alarm.clone(),
        refusals: scale_out.refusals,
        instance: first.map(|(_, instance, _)| instance),
        parts,
    }
}

/// Where a reaction begins. A metric that stays breached asks again, and again: once capacity that was asked for before
/// serves, the wait for more begins anew. A scale-out that was decided before that answers the same breach still.
fn beginning(scale_out: &ScaleOut, arrivals: &[SimTime]) -> (Began, SimTime) {
    let Some(breach) = &scale_out.breach else { return (Began::Decision, scale_out.decided) };
    let since = breach.since.min(scale_out.decided);
    let earlier = arrivals.iter().copied().filter(|&at| since < at && at <= scale_out.decided).max();
    earlier.map_or((Began::Breach, since), |at| (Began::EarlierCapacity, at))
}

/// The time between neighbours of a chain of instants that begins at `start`. A stage that had ended before takes none.
fn parts(start: SimTime, chain: impl Iterator<Item = Milestone>) -> Vec<Part> {
    let mut at = start;
    let part = |milestone: Milestone| {
        let end = milestone.at.max(at);
        let part = Part { phase: milestone.phase, stage: milestone.stage, start: at, lasts: end - at };
        at = end;
        part
    };
    chain.map(part).collect()
}

fn instant_in_seconds<S: Serializer>(at: &SimTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(at.as_secs_f64())
}

fn length_in_seconds<S: Serializer>(length: &SimDuration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(length.as_secs_f64())
}

fn maybe_instant_in_seconds<S: Serializer>(at: &Option<SimTime>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(SimTime::as_secs_f64).serialize(serializer)
}

fn maybe_length_in_seconds<S: Serializer>(length: &Option<SimDuration>, serializer: S) -> Result<S::Ok, S::Error> {
    length.map(SimDuration::as_secs_f64).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SimTime {
        SimTime::from_secs(seconds)
    }

    /// Breached from 60 s, seen by an alarm of 3 × 60 s that is evaluated a minute late, granted at `decided`.
    fn scale_out(decided: u64, instances: &[u32]) -> ScaleOut {
        let stages = vec![
            Milestone::new(Phase::Evaluation, "alarm", at(240)),
            Milestone::new(Phase::MetricDelay, "delay", at(300)),
        ];
        ScaleOut {
            breach: Some(Breach { since: at(60), stages }),
            decided: at(decided),
            waits: vec![Milestone::new(Phase::Wait, "cooldown", at(decided))],
            refusals: 0,
            from: 1,
            to: 2,
            policy: None,
            alarm: None,
            instances: instances.to_vec(),
        }
    }

    fn launch(launched: u64, booted: u64, served: Option<u64>) -> Launch {
        let mut launch = Launch { first_request: served.map(at), ..Launch::default() };
        launch.reached(Phase::Provisioning, "launch", at(launched));
        launch.reached(Phase::Boot, "image", at(booted));
        launch
    }

    fn seconds(reaction: &Reaction) -> Vec<u64> {
        reaction.parts.iter().map(|part| part.lasts.as_secs()).collect()
    }

    #[test]
    fn parts_lie_between_neighbours_and_add_up() {
        let budgets = budgets(&[scale_out(330, &[0, 1])], &[launch(330, 420, Some(425)), launch(330, 400, Some(402))]);
        let reaction = &budgets[0];
        // Alarm 60 to 240, delay to 300, cooldown to 330, launched at once, image to 400, first request at 402: the
        // second instance was first.
        assert_eq!((reaction.instance, seconds(reaction)), (Some(1), vec![180, 60, 30, 0, 70, 2]));
        assert_eq!(reaction.total, Some(SimDuration::from_secs(342)));
    }

    #[test]
    fn what_is_asked_for_after_capacity_arrived_begins_there() {
        let scale_outs = [scale_out(300, &[0]), scale_out(390, &[1]), scale_out(500, &[2])];
        let launches = [launch(300, 400, Some(400)), launch(390, 490, Some(490)), launch(500, 600, Some(600))];
        let budgets = budgets(&scale_outs, &launches);
        let began: Vec<(Began, SimTime)> = budgets.iter().map(|reaction| (reaction.began, reaction.start)).collect();
        // The second was decided before the first served: it answers the same breach. The third came after both.
        assert_eq!(began, [(Began::Breach, at(60)), (Began::Breach, at(60)), (Began::EarlierCapacity, at(490))]);
        assert_eq!(seconds(&budgets[2]), [0, 0, 10, 0, 100, 0]);
        let extremes = Extremes::of(&budgets).expect("three served");
        assert_eq!(figure(Some(&extremes), "reaction_median_seconds"), Some(340.0));
        assert_eq!(figure(Some(&extremes), "reaction_worst_seconds"), Some(430.0));
        assert_eq!(figure(Some(&extremes), "reaction_wait_seconds"), Some(0.0));
        assert_eq!(figure(Some(&extremes), "cost_total"), None);
    }

    #[test]
    fn what_nobody_asked_for_or_nobody_used_is_no_figure() {
        let scheduled = ScaleOut { breach: None, ..scale_out(100, &[0]) };
        let budgets =
            budgets(&[scheduled, scale_out(500, &[1])], &[launch(100, 150, Some(150)), launch(500, 600, None)]);
        assert_eq!((budgets[0].began, budgets[0].total), (Began::Decision, Some(SimDuration::from_secs(50))));
        assert_eq!((budgets[1].total, budgets[1].instance), (None, None));
        assert!(Extremes::of(&budgets).is_none());
        assert_eq!(figure(None, "reaction_median_seconds"), None);
    }

    #[test]
    fn stages_of_different_ways_stand_in_order() {
        let way = |stages: &[(Phase, &str)]| {
            let launch = Launch {
                stages: stages.iter().map(|(phase, stage)| Milestone::new(*phase, *stage, at(400))).collect(),
                first_request: Some(at(400)),
            };
            budgets(&[scale_out(300, &[0])], &[launch]).remove(0)
        };
        let placed = way(&[(Phase::Provisioning, "pending"), (Phase::Boot, "start")]);
        let on_new_node = way(&[(Phase::Provisioning, "scan"), (Phase::Provisioning, "node"), (Phase::Boot, "start")]);
        let extremes = Extremes { median: &placed, worst: &on_new_node };
        let stages: Vec<&str> = extremes.stages().into_iter().map(|(_, stage)| stage).collect();
        assert_eq!(stages, ["alarm", "delay", "cooldown", "pending", "scan", "node", "start", "first request"]);
    }

    #[test]
    fn every_phase_has_its_figure() {
        let defined = |name: &str| crate::outcome::metric::DEFINITIONS.iter().any(|metric| metric.name == name);
        for phase in Phase::ALL {
            assert!(defined(phase.metric()), "{}", phase.metric());
        }
    }
}
