//! Keeps what the reaction budget of each scale-out rests on, while the run goes on.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::ops::Range;

use windtunnel_traces::{SimDuration, SimTime};

use crate::controllers::decision::{ActivityId, ActivityKind, ActivityOutcome, ActivityRecord, InstanceId, Refusal};
use crate::fleet::Site;
use crate::fleet::pods::observe::ReadingSpan;
use crate::outcome::reaction::{Breach, Budgets, Launch, Milestone, Phase, Reaction, ScaleOut};
use crate::outcome::{Archive, Spool};

/// Scale-outs that instances may still be launched for. None is launched for one that lies so many back.
const RECENT: usize = 1024;

/// The scale-outs of a run.
#[derive(Default)]
pub(super) struct ScaleOuts {
    /// The interval in which metrics are sampled.
    sampling: SimDuration,
    accepted: Archive<ScaleOut>,
    /// The last activities that launch instances, with their places in `accepted`.
    activities: VecDeque<(ActivityId, u64)>,
    /// Alarms whose requests were refused.
    refused: BTreeMap<String, Refused>,
}

/// Refusals of one alarm while it stays in ALARM.
#[derive(Clone, Debug, Default)]
struct Refused {
    /// Since when it was.
    since: SimTime,
    count: u32,
    /// What stood in the way, and from when on.
    reasons: Vec<(SimTime, Refusal)>,
}

/// What a wait is called that nothing explains: no request was refused in it.
const UNEXPLAINED: &str = "lock, cooldown or maximum";

/// What a wait is called.
const fn wait_for(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Busy => "activity in progress",
        Refusal::Cooldown => "cooldown",
        Refusal::Bound => "maximum",
        Refusal::Other => "refused",
    }
}

impl ScaleOuts {
    /// None yet, with metrics that are sampled so often.
    pub(super) fn new(sampling: SimDuration) -> Self {
        ScaleOuts { sampling, accepted: Archive::default(), activities: VecDeque::new(), refused: BTreeMap::new() }
    }

    /// An entry of the activity log: a scale-out that begins, or a refusal.
    pub(super) fn take(&mut self, record: &ActivityRecord) {
        if record.status.outcome == ActivityOutcome::Rejected {
            if let (Some(alarm), Some(since)) = (&record.alarm, record.alarm_since) {
                self.refuse(alarm, since, record.at, record.refusal.unwrap_or(Refusal::Other));
            }
            return;
        }
        let (Some(activity), None, ActivityKind::ScaleOut) = (record.id, record.end, record.kind) else { return };
        // An activity that goes on is recorded again with each of its instances.
        let is_known = self.activities.iter().rev().any(|(known, _)| *known == activity);
        if record.to > record.from && !is_known {
            let scale_out = ScaleOut {
                breach: self.breach(record),
                decided: record.decided,
                waits: self.waits(record),
                refusals: self.refusals(record),
                from: record.from,
                to: record.to,
                policy: record.policy.clone(),
                alarm: record.alarm.clone(),
                instances: Vec::new(),
            };
            let place = self.accepted.push(scale_out);
            self.activities.push_back((activity, place));
            if self.activities.len() > RECENT
                && let Some((_, old)) = self.activities.pop_front()
            {
                self.accepted.done(old);
            }
        }
    }

    /// A request of an alarm, in ALARM since `since`, is refused at an instant.
    pub(super) fn refuse(&mut self, alarm: &str, since: SimTime, at: SimTime, reason: Refusal) {
        if !self.refused.contains_key(alarm) {
            self.refused.insert(alarm.to_string(), Refused::default());
        }
        let Some(refused) = self.refused.get_mut(alarm) else { return };
        if refused.since != since {
            *refused = Refused { since, ..Refused::default() };
        }
        refused.count += 1;
        if refused.reasons.last().is_none_or(|(_, last)| *last != reason) {
            refused.reasons.push((at, reason));
        }
    }

    /// What a scale-out waited for between its alarm and its acceptance: each reason until the next one stood in the way.
    fn waits(&self, record: &ActivityRecord) -> Vec<Milestone> {
        let Some(refused) = self.refused_before(record) else {
            return vec![Milestone::new(Phase::Wait, UNEXPLAINED, record.decided)];
        };
        let ends = refused.reasons.iter().skip(1).map(|(at, _)| *at).chain([record.decided]);
        let waits = refused.reasons.iter().zip(ends);
        waits.map(|((_, reason), end)| Milestone::new(Phase::Wait, wait_for(*reason), end)).collect()
    }

    fn refused_before(&self, record: &ActivityRecord) -> Option<&Refused> {
        let refused = record.alarm.as_ref().and_then(|alarm| self.refused.get(alarm));
        refused.filter(|refused| Some(refused.since) == record.alarm_since)
    }

    /// Refusals of the same alarm since it went off.
    fn refusals(&self, record: &ActivityRecord) -> u32 {
        self.refused_before(record).map_or(0, |refused| refused.count)
    }

    /// An activity has launched an instance.
    pub(super) fn launched(&mut self, activity: ActivityId, instance: u32) {
        if let Some(&(_, place)) = self.activities.iter().rev().find(|(known, _)| *known == activity)
            && let Some(scale_out) = self.accepted.get_mut(place)
        {
            scale_out.instances.push(instance);
        }
    }

    /// What the alarm behind an activity tells of the time before the decision.
    fn breach(&self, record: &ActivityRecord) -> Option<Breach> {
        let since = self.sample(record.first_breach?);
        let seen =
            record.breach_seen_until.map(|at| Milestone::new(Phase::Evaluation, "alarm periods", self.sample(at)));
        let heard = record.alarm_since.map(|at| Milestone::new(Phase::MetricDelay, "metric delay", at));
        Some(Breach { since, stages: seen.into_iter().chain(heard).collect() })
    }

    /// The first start of a sample from an instant on. An alarm's periods need not begin where samples do: one belongs to
    /// the period in which it begins, so data of a period are about the time from here on.
    fn sample(&self, at: SimTime) -> SimTime {
        let floor = at.floor_to(self.sampling);
        if floor == at { at } else { floor + self.sampling }
    }

    /// An HPA has scaled out, and `pods` were created.
    pub(super) fn of_hpa(
        &mut self,
        now: SimTime,
        breach: Option<&MetricBreach>,
        (from, to): (u32, u32),
        pods: Range<u32>,
    ) {
        let place = self.accepted.push(ScaleOut {
            breach: breach.map(MetricBreach::stages),
            decided: now,
            waits: vec![Milestone::new(Phase::Wait, "stabilization or limit", now)],
            refusals: breach.map_or(0, |breach| breach.held_back),
            from,
            to,
            policy: None,
            alarm: None,
            instances: pods.collect(),
        });
        self.accepted.done(place);
    }

    /// The budgets, once the run is over.
    ///
    /// # Errors
    /// When a temporary file could not be written.
    pub(super) fn budgets(self, site: &mut Site) -> io::Result<Spool<Reaction>> {
        // Who is gone was asked when it went.
        let there: Vec<u64> = site.ledger.lives.open().collect();
        for number in there {
            if site.ledger.lives.with(number, |life| life.in_service_seconds.is_some()) == Some(true) {
                site.note_first_request(InstanceId(number as u32));
            }
        }
        let mut budgets = Budgets::default();
        let mut reactions = Spool::default();
        for scale_out in &self.accepted.into_spool()? {
            let launch = |number: u32| site.ledger.launches.with(u64::from(number), Launch::clone);
            reactions.push(budgets.next(&scale_out, launch))?;
        }
        Ok(reactions)
    }
}

/// An HPA's metric that proposes more replicas than there are, sync after sync.
#[derive(Copy, Clone, Debug)]
pub(super) struct MetricBreach {
    span: ReadingSpan,
    first_sync: SimTime,
    held_back: u32,
}

impl MetricBreach {
    /// The breach as the sync at `now` leaves it: one that goes on keeps its beginning.
    pub(super) fn next(
        known: Option<MetricBreach>,
        now: SimTime,
        proposes_more: bool,
        span: Option<ReadingSpan>,
    ) -> Option<MetricBreach> {
        let span = span.filter(|_| proposes_more)?;
        Some(known.unwrap_or(MetricBreach { span, first_sync: now, held_back: 0 }))
    }

    /// The sync did not grant what was proposed.
    pub(super) fn hold_back(&mut self) {
        self.held_back += 1;
    }

    fn stages(&self) -> Breach {
        let readable = Milestone::new(Phase::MetricDelay, "metric window and scrape", self.span.readable);
        let synced = Milestone::new(Phase::Evaluation, "next sync", self.first_sync);
        Breach { since: self.span.since, stages: vec![readable, synced] }
    }
}
