//! The reaction budget: where the time of a scale-out goes, from the first breaching sample to the first request that the
//! new capacity serves.
//!
//! A scale-out is a chain of instants, and a part lies between two neighbours: so the parts add up to the whole, to the
//! nanosecond.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use windtunnel_traces::{SimDuration, SimTime};

use super::Spool;

/// What a part of the time goes to. The order is that of most providers; an HPA's metric is old before a sync reads it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// When it was launched.
    pub launched: SimTime,
    /// When it was released, or last paid for where that is earlier; none while it is there.
    pub released: Option<SimTime>,
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// The start of the first breaching sample.
    pub since: SimTime,
    /// What came between that and the decision.
    pub stages: Vec<Milestone>,
}

/// A scale-out as its controller saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What it belongs to.
    pub phase: Phase,
    /// The stage's name: a boot stage's own, else what the provider calls it.
    pub stage: String,
    /// When it began.
    #[serde(rename = "start_seconds", with = "in_seconds")]
    pub start: SimTime,
    /// How long it took.
    #[serde(rename = "seconds", with = "in_seconds")]
    pub lasts: SimDuration,
}

/// One scale-out, from what asked for it to the first request on what it launched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// Where it is counted from.
    pub began: Began,
    /// When that was.
    #[serde(rename = "start_seconds", with = "in_seconds")]
    pub start: SimTime,
    /// When the scale-out was accepted.
    #[serde(rename = "decided_seconds", with = "in_seconds")]
    pub decided: SimTime,
    /// When the first of what it launched was given its first request; none if that did not happen.
    #[serde(rename = "first_request_seconds", with = "in_seconds")]
    pub first_request: Option<SimTime>,
    /// From `start` to `first_request`.
    #[serde(rename = "total_seconds", with = "in_seconds")]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Extremes {
    /// Of the median time; the lower of the two middle ones where their number is even.
    pub median: Reaction,
    /// The longest.
    pub worst: Reaction,
}

impl Extremes {
    /// Of all reactions to a breach that served a request; nothing where there is none.
    pub fn of(reactions: &Spool<Reaction>) -> Option<Self> {
        let answers = || reactions.iter().filter(Reaction::is_answer);
        let mut order: Vec<(Option<SimDuration>, usize)> =
            answers().enumerate().map(|(place, reaction)| (reaction.total, place)).collect();
        order.sort_unstable();
        let (worst, median) = (order.last()?.1, order[(order.len() - 1) / 2].1);
        Some(Extremes { median: answers().nth(median)?, worst: answers().nth(worst)? })
    }

    /// The stages of both, each once, in order of time.
    pub fn stages(&self) -> Vec<(Phase, &str)> {
        let mut stages: Vec<(Phase, &str)> = Vec::new();
        for reaction in [&self.worst, &self.median] {
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
pub fn figure(extremes: Option<&Extremes>, name: &str) -> Option<f64> {
    let extremes = extremes?;
    let length = match name {
        "reaction_median_seconds" => extremes.median.total?,
        "reaction_worst_seconds" => extremes.worst.total?,
        _ => extremes.median.phase(Phase::ALL.into_iter().find(|phase| phase.metric() == name)?),
    };
    Some(length.as_secs_f64())
}

/// Works out the budgets of a run's scale-outs, which come in order of their decisions.
#[derive(Debug, Default)]
pub struct Budgets {
    /// First requests on capacity of earlier scale-outs that were after the last decision.
    to_come: BTreeSet<SimTime>,
    /// The latest of them before it.
    latest: Option<SimTime>,
}

impl Budgets {
    /// The budget of the next scale-out; `launch` knows what an instance passed, by its number.
    pub fn next(&mut self, scale_out: &ScaleOut, mut launch: impl FnMut(u32) -> Option<Launch>) -> Reaction {
        let later = self.to_come.split_off(&SimTime::from_nanos(scale_out.decided.as_nanos().saturating_add(1)));
        let arrived = std::mem::replace(&mut self.to_come, later);
        self.latest = self.latest.max(arrived.last().copied());
        let (began, start) = beginning(scale_out, self.latest);
        let served = scale_out.instances.iter().filter_map(|&instance| {
            let launch = launch(instance)?;
            Some((launch.first_request?, instance, launch))
        });
        let first = served.min_by_key(|&(at, instance, _)| (at, instance));
        self.to_come.extend(first.as_ref().map(|first| first.0));
        budget(scale_out, began, start, first.as_ref())
    }
}

/// The budgets of scale-outs in order of their decisions; `launches` by number of instance.
pub fn budgets(scale_outs: &[ScaleOut], launches: &[Launch]) -> Vec<Reaction> {
    let mut budgets = Budgets::default();
    let launch = |number: u32| launches.get(number as usize).cloned();
    scale_outs.iter().map(|scale_out| budgets.next(scale_out, launch)).collect()
}

fn budget(scale_out: &ScaleOut, began: Began, start: SimTime, first: Option<&(SimTime, u32, Launch)>) -> Reaction {
    let asked = scale_out.breach.iter().flat_map(|breach| breach.stages.iter().cloned());
    let booted = first.into_iter().flat_map(|(_, _, launch)| launch.stages.iter().cloned());
    let served = first.into_iter().map(|(at, ..)| Milestone::new(Phase::FirstRequest, "first request", *at));
    let parts = parts(start, asked.chain(scale_out.waits.iter().cloned()).chain(booted).chain(served));
    Reaction {
        began,
        start,
        decided: scale_out.decided,
        first_request: first.map(|(at, ..)| *at),
        total: first.map(|(at, ..)| at.saturating_since(start)),
        from: scale_out.from,
        to: scale_out.to,
        policy: scale_out.policy.clone(),
        alarm: scale_out.alarm.clone(),
        refusals: scale_out.refusals,
        instance: first.map(|(_, instance, _)| *instance),
        parts,
    }
}

/// Where a reaction begins. A metric that stays breached asks again, and again: once capacity that was asked for before
/// serves, the wait for more begins anew. A scale-out that was decided before that answers the same breach still.
/// `arrived` is the latest first request on capacity of an earlier scale-out before the decision.
fn beginning(scale_out: &ScaleOut, arrived: Option<SimTime>) -> (Began, SimTime) {
    let Some(breach) = &scale_out.breach else { return (Began::Decision, scale_out.decided) };
    let since = breach.since.min(scale_out.decided);
    arrived
        .filter(|&at| since < at && at <= scale_out.decided)
        .map_or((Began::Breach, since), |at| (Began::EarlierCapacity, at))
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

/// Times are seconds where people read them, and exact where they are set aside.
mod in_seconds {
    use serde::de::Error;

    use super::{Deserialize, Deserializer, Seconds, Serialize, Serializer};

    pub(super) fn serialize<T: Seconds + Serialize, S: Serializer>(time: &T, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { time.seconds().serialize(serializer) } else { time.serialize(serializer) }
    }

    pub(super) fn deserialize<'de, T: Seconds + Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        if !deserializer.is_human_readable() {
            return T::deserialize(deserializer);
        }
        let seconds = Option::<f64>::deserialize(deserializer)?;
        T::from_seconds(seconds).ok_or_else(|| D::Error::custom("a number of seconds is missing"))
    }
}

/// Something that is told in seconds, where there is something to tell.
trait Seconds: Sized {
    fn seconds(&self) -> Option<f64>;
    fn from_seconds(seconds: Option<f64>) -> Option<Self>;
}

impl Seconds for SimTime {
    fn seconds(&self) -> Option<f64> {
        Some(self.as_secs_f64())
    }

    fn from_seconds(seconds: Option<f64>) -> Option<Self> {
        SimDuration::from_seconds(seconds).map(|since_start| SimTime::ZERO + since_start)
    }
}

impl Seconds for SimDuration {
    fn seconds(&self) -> Option<f64> {
        Some(self.as_secs_f64())
    }

    fn from_seconds(seconds: Option<f64>) -> Option<Self> {
        seconds.map(SimDuration::from_secs_f64)
    }
}

impl<T: Seconds> Seconds for Option<T> {
    fn seconds(&self) -> Option<f64> {
        self.as_ref().and_then(T::seconds)
    }

    fn from_seconds(seconds: Option<f64>) -> Option<Self> {
        Some(T::from_seconds(seconds))
    }
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
        let extremes = Extremes::of(&budgets.into_iter().collect()).expect("three served");
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
        assert!(Extremes::of(&budgets.into_iter().collect()).is_none());
        assert_eq!(figure(None, "reaction_median_seconds"), None);
    }

    #[test]
    fn stages_of_different_ways_stand_in_order() {
        let way = |stages: &[(Phase, &str)]| {
            let launch = Launch {
                stages: stages.iter().map(|(phase, stage)| Milestone::new(*phase, *stage, at(400))).collect(),
                first_request: Some(at(400)),
                ..Launch::default()
            };
            budgets(&[scale_out(300, &[0])], &[launch]).remove(0)
        };
        let placed = way(&[(Phase::Provisioning, "pending"), (Phase::Boot, "start")]);
        let on_new_node = way(&[(Phase::Provisioning, "scan"), (Phase::Provisioning, "node"), (Phase::Boot, "start")]);
        let extremes = Extremes { median: placed, worst: on_new_node };
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

    #[test]
    fn what_is_set_aside_comes_back_to_the_nanosecond() {
        let odd = SimTime::from_nanos(1_234_567_890_123_456_789);
        let reaction =
            &budgets(&[scale_out(300, &[0])], &[Launch { first_request: Some(odd), ..launch(300, 400, None) }])[0];
        let bytes = postcard::to_stdvec(reaction).unwrap();
        assert_eq!(postcard::from_bytes::<Reaction>(&bytes).as_ref(), Ok(reaction));
        let json = serde_json::to_value(reaction).unwrap();
        assert_eq!((json["start_seconds"].as_f64(), json["parts"][0]["seconds"].as_f64()), (Some(60.0), Some(180.0)));
    }
}
