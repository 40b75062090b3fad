//! Lifecycle hooks: pauses on the way in, before the balancer, and on the way out, after it.

use windtunnel_traces::random::Generator;
use windtunnel_traces::{Purpose, SimDuration, SimTime};

use super::{Farewell, Instances, OpenHook, Phase};
use crate::agenda::Event;
use crate::controllers::decision::{InstanceId, Notice};
use crate::fleet::Site;
use crate::fleet::rules::{Completed, HookResult, Transition};
use crate::scenario::schema::AfterFailure;

impl Instances {
    /// The instance meets the hooks of a transition: all of them together, or the first of them.
    pub(super) fn open_hooks(&mut self, site: &mut Site, id: InstanceId, transition: Transition) {
        let rules = &self.config.rules;
        let mut met: Vec<usize> =
            (0..rules.hooks.len()).filter(|&index| rules.hooks[index].transition == transition).collect();
        if rules.hooks_in_sequence {
            met.truncate(1);
        }
        for index in met {
            self.open_hook(site, id, index);
        }
        self.look_at_hooks_of(site, id, transition);
    }

    fn open_hook(&mut self, site: &mut Site, id: InstanceId, index: usize) {
        let hook = &self.config.rules.hooks[index];
        let deadline = site.now.saturating_add(hook.timeout);
        let completes = match &hook.completed {
            Completed::After(_) => self.script_of(site, id, index).map(|takes| site.now.saturating_add(takes)),
            Completed::Never | Completed::ByBoot => None,
        };
        let over = completes.map_or(deadline, |completes| completes.min(deadline));
        site.agenda.at(over, Event::HookOver(id));
        self.member(id).hooks.push(OpenHook { index, completes, deadline });
    }

    /// How long the script of a hook takes for this instance: the same in every run under one seed.
    fn script_of(&self, site: &Site, id: InstanceId, index: usize) -> Option<SimDuration> {
        let law = self.config.laws.hooks.get(index)?.as_ref()?;
        let mut generator: Generator = site.streams.indexed(Purpose::Hook, id.0);
        // The n-th hook has the n-th draw, whoever else was met before.
        let mut drawn = 0.0;
        for _ in 0..=index {
            drawn = law.sample(&mut generator);
        }
        Some(SimDuration::from_nanos((drawn + 0.5) as u64))
    }

    /// Something may have ended a hook.
    pub(super) fn look_at_hooks(&mut self, site: &mut Site, id: InstanceId) {
        if self.members[id.0 as usize].hooks.is_empty() {
            return;
        }
        let transition = match self.phase(id) {
            Phase::Booting(_) => Transition::Launching,
            Phase::WaitsToLeave => Transition::Terminating,
            _ => return,
        };
        self.look_at_hooks_of(site, id, transition);
    }

    fn look_at_hooks_of(&mut self, site: &mut Site, id: InstanceId, transition: Transition) {
        let now = site.now;
        let booted = self.members[id.0 as usize].booted;
        let mut open = std::mem::take(&mut self.member(id).hooks);
        let mut last = None;
        let (mut abandoned, mut rolled_back) = (false, false);
        open.retain(|hook| {
            let rule = &self.config.rules.hooks[hook.index];
            let completed = is_past(hook.completes, now) || (booted && rule.completed == Completed::ByBoot);
            let timed_out = hook.deadline <= now;
            if timed_out && !completed {
                abandoned |= rule.result == HookResult::Abandon;
                rolled_back |= rule.result == HookResult::RollBack;
            }
            let over = completed || timed_out;
            if over {
                last = Some(hook.index);
            }
            !over
        });
        if abandoned || rolled_back {
            // The others are not waited for; an instance that leaves leaves all the same, unless it is rolled back.
            return match transition {
                Transition::Launching => self.abandon(site, id),
                Transition::Terminating if abandoned => self.stop(site, id),
                Transition::Terminating => self.roll_back(site, id),
            };
        }
        self.member(id).hooks = open;
        if let (Some(last), true) = (last, self.config.rules.hooks_in_sequence) {
            let rules = &self.config.rules;
            let next = (last + 1..rules.hooks.len()).find(|&index| rules.hooks[index].transition == transition);
            if let Some(next) = next {
                self.open_hook(site, id, next);
                return self.look_at_hooks_of(site, id, transition);
            }
        }
        if self.members[id.0 as usize].hooks.is_empty() {
            match transition {
                Transition::Launching => self.proceed(site, id),
                Transition::Terminating => self.stop(site, id),
            }
        }
    }

    /// A terminating hook ended in ROLLBACK: the instance stays, and is attached to the balancer again. What is about to be
    /// taken away or makes room for another cannot stay.
    fn roll_back(&mut self, site: &mut Site, id: InstanceId) {
        let member = self.member(id);
        let (Some(activity), Farewell::AsAsked) = (member.removed_by, member.farewell) else {
            return self.stop(site, id);
        };
        member.removed_by = None;
        member.to_pool = false;
        (member.phase, member.hooks) = (Phase::Booting(usize::MAX), Vec::new());
        site.ledger.booting.add(site.now, 1.0);
        let life = &mut site.ledger.lives[id.0 as usize];
        (life.draining_seconds, life.ended_by) = (None, None);
        if self.config.rules.billed_until_decision && !self.member(id).is_paid {
            self.member(id).is_paid = true;
            site.ledger.paid_on(id.0);
            site.ledger.billed.add(site.now, 1.0);
        }
        site.plant.revive(id, site.now);
        site.notices.push(Notice::RolledBack { instance: id, activity });
        site.agenda.at(site.now + self.config.attach, Event::Healthy(id));
    }

    /// A launching hook ended in ABANDON: the instance is released.
    fn abandon(&mut self, site: &mut Site, id: InstanceId) {
        let member = self.member(id);
        let (activity, replaces, for_pool) = (member.activity, member.replaces.take(), member.for_pool);
        if replaces.is_some() {
            return self.replacement_failed(site, id, replaces, AfterFailure::Replace);
        }
        self.end(site, id, "hook-abandoned");
        if for_pool {
            self.adjust_pool(site);
        } else if let Some(activity) = activity {
            site.notices.push(Notice::LaunchFailed { activity });
        }
    }
}

fn is_past(at: Option<SimTime>, now: SimTime) -> bool {
    at.is_some_and(|at| at <= now)
}
