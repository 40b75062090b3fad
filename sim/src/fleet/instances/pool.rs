//! Prepared instances beside the group: a warm pool, or instances that were stopped instead of released.

use windtunnel_traces::{Purpose, SimDuration, SimTime};

use super::{DrawnStage, Instances, Phase, Prepared};
use crate::controllers::decision::{ActivityId, InstanceId};
use crate::fleet::Site;

impl Instances {
    /// The pool as the group holds it at t = 0: prepared, like the instances in service.
    pub(super) fn fill_pool_at_start(&mut self, site: &mut Site) {
        let first = self.config.rules.pool.map_or(0, |pool| pool.first);
        for number in 0..first {
            let prepared = Prepared {
                zone: number % self.config.zones.max(1),
                configuration: self.configuration,
                since: site.now,
            };
            self.put_prepared(site, prepared);
        }
    }

    /// The controller wants so many prepared instances. The pool is adjusted when all its commands are carried out.
    pub fn prepare(&mut self, site: &mut Site, count: u32) {
        self.pool.wanted = count;
        if site.now == SimTime::ZERO {
            // At the start what is wanted is there.
            while (self.pool.prepared.len() as u32) < count {
                let zone = self.pool.prepared.len() as u32 % self.config.zones.max(1);
                self.put_prepared(site, Prepared { zone, configuration: self.configuration, since: site.now });
            }
        }
    }

    /// Launches what the pool lacks, and releases what it has too much of.
    pub fn adjust_pool(&mut self, site: &mut Site) {
        if !self.config.rules.pool.is_some_and(|pool| pool.kept_full) {
            return;
        }
        let on_the_way = self.on_the_way_to_pool();
        let have = self.pool.prepared.len() as u32 + on_the_way;
        for _ in have..self.pool.wanted {
            let Some(zone) = self.zone_to_launch_in() else { return };
            let id = self.new_member(site, zone, None, false);
            self.member(id).for_pool = true;
            site.ledger.starts += 1;
            self.next_stage(site, id, 0);
        }
        while self.pool.prepared.len() as u32 + on_the_way > self.pool.wanted && !self.pool.prepared.is_empty() {
            let prepared = self.pool.prepared.remove(0);
            self.leave_pool(site, prepared);
        }
    }

    fn on_the_way_to_pool(&self) -> u32 {
        let coming = |id: &&InstanceId| {
            let member = &self.members[id.0 as usize];
            member.for_pool || member.to_pool
        };
        self.alive.iter().filter(coming).count() as u32
    }

    /// An instance that was launched for the pool may be ready for it: booted, and past its hooks.
    pub(super) fn prepared(&mut self, site: &mut Site, id: InstanceId) {
        let member = &self.members[id.0 as usize];
        if !member.booted || !matches!(member.phase, Phase::Booting(_)) {
            return;
        }
        let prepared = Prepared { zone: member.zone, configuration: member.configuration, since: site.now };
        self.end(site, id, "warm-pool");
        self.put_prepared(site, prepared);
        self.adjust_pool(site);
    }

    /// Whether an instance that a scale-in removes goes into the pool.
    pub(super) fn pool_takes(&self, id: InstanceId) -> bool {
        let Some(pool) = self.config.rules.pool.filter(|pool| pool.takes_removed) else { return false };
        let fits = !pool.kept_full || (self.pool.prepared.len() as u32 + self.on_the_way_to_pool()) < self.pool.wanted;
        fits && self.members[id.0 as usize].removed_by.is_some()
    }

    pub(super) fn put_prepared(&mut self, site: &mut Site, prepared: Prepared) {
        if self.keeps_running() {
            site.ledger.billed.add(site.now, 1.0);
        }
        self.pool.prepared.push(prepared);
    }

    /// Takes the one that has been prepared the longest.
    pub(super) fn take_prepared(&mut self, site: &mut Site) -> Option<Prepared> {
        if self.pool.prepared.is_empty() {
            return None;
        }
        let prepared = self.pool.prepared.remove(0);
        self.leave_pool(site, prepared);
        Some(prepared)
    }

    fn leave_pool(&mut self, site: &mut Site, prepared: Prepared) {
        if self.keeps_running() {
            site.ledger.billed.add(site.now, -1.0);
        }
        self.pool.past.push((prepared.since, site.now));
    }

    /// A zone has failed: what was prepared in it is lost.
    pub(super) fn lose_prepared(&mut self, site: &mut Site, zone: u32) {
        let (lost, left) = self.pool.prepared.iter().partition(|prepared| prepared.zone == zone);
        self.pool.prepared = left;
        for prepared in Vec::<Prepared>::into_iter(lost) {
            self.leave_pool(site, prepared);
        }
        self.adjust_pool(site);
    }

    /// Starts a prepared instance: a new life, with one stage instead of a boot.
    pub(super) fn wake(&mut self, site: &mut Site, activity: Option<ActivityId>, prepared: Prepared) {
        let id = self.new_member(site, prepared.zone, activity, false);
        let law = self.config.laws.start_stopped.as_ref().filter(|_| !self.keeps_running());
        let nanos = law.map_or(0.0, |law| law.sample(&mut site.streams.indexed(Purpose::Boot, id.0)));
        let lasts = SimDuration::from_nanos((nanos + 0.5) as u64);
        let member = self.member(id);
        member.woken = true;
        member.configuration = prepared.configuration;
        member.stages = vec![DrawnStage { lasts, fails: false }];
        site.ledger.starts += 1;
        self.next_stage(site, id, 0);
    }

    fn keeps_running(&self) -> bool {
        self.config.rules.pool.is_some_and(|pool| pool.running)
    }

    /// When instances were in the pool, and whether they ran there, for the bill.
    pub fn pool_spans(&self) -> (bool, impl Iterator<Item = (SimTime, Option<SimTime>)> + '_) {
        let now = self.pool.prepared.iter().map(|prepared| (prepared.since, None));
        let past = self.pool.past.iter().map(|&(since, until)| (since, Some(until)));
        (self.keeps_running(), past.chain(now))
    }

    /// Instances in the pool.
    pub fn pool_size(&self) -> u32 {
        self.pool.prepared.len() as u32
    }
}
