//! What the monitoring agent and the books read off the instances.

use windtunnel_traces::{SimDuration, SimTime};

use super::{Instances, InstancesConfig, Member, Phase};
use crate::fleet::Site;
use crate::outcome::ledger::RowProbe;
use crate::sensors::store::InstanceSample;

impl Instances {
    /// Fills in samples of the instances that the provider has created at least `report_delay` ago, that have warmed up
    /// where the group says so, and that do not leave, over `seconds` since the last sample.
    pub fn samples(
        &mut self,
        site: &mut Site,
        seconds: f64,
        report_delay: SimDuration,
        samples: &mut Vec<InstanceSample>,
    ) {
        samples.clear();
        let cores = self.config.station.cores.as_f64();
        let silent = report_delay.max(self.config.rules.silent_while_warming);
        for &id in &self.alive {
            let usage = site.plant.measured(id);
            let member = &mut self.members[id.0 as usize];
            let busy = usage.busy_core_nanos - member.busy_at_sample;
            let requests = usage.sent - member.sent_at_sample;
            member.busy_at_sample = usage.busy_core_nanos;
            member.sent_at_sample = usage.sent;
            if member.reports(site.now, silent) {
                samples.push(InstanceSample {
                    instance: id,
                    cpu_percent: 100.0 * busy * 1e-9 / (seconds * cores),
                    memory_percent: 100.0 * self.config.memory_share(usage.inside),
                    requests,
                    inside: usage.inside,
                });
            }
        }
    }

    /// The number of instances that report, as [`Instances::samples`] has them, and the mean of their CPU in percent over
    /// `seconds` since the last such reading; nothing where nobody reports or the plant knows each by itself.
    pub fn fleet_sample(&mut self, site: &mut Site, seconds: f64, report_delay: SimDuration) -> Option<(u32, f64)> {
        let silent = report_delay.max(self.config.rules.silent_while_warming);
        let mut roster = std::mem::take(&mut self.roster);
        roster.clear();
        roster.extend(self.alive.iter().map(|&id| (id, self.members[id.0 as usize].reports(site.now, silent))));
        let busy = site.plant.measured_together(&roster);
        let reporting = roster.iter().filter(|(_, reports)| *reports).count() as u32;
        self.roster = roster;
        let core_seconds = f64::from(reporting) * seconds * self.config.station.cores.as_f64();
        busy.filter(|_| reporting > 0).map(|busy| (reporting, 100.0 * busy * 1e-9 / core_seconds))
    }

    /// The first instant after `now` from which on somebody reports who has not.
    pub fn next_report(&self, now: SimTime, report_delay: SimDuration) -> SimTime {
        let silent = report_delay.max(self.config.rules.silent_while_warming);
        if self.last_created.saturating_add(silent) <= now {
            return SimTime::NEVER;
        }
        let created = self.alive.iter().filter_map(|id| self.members[id.0 as usize].created);
        let reports = created.filter(|created| *created > SimTime::ZERO).map(|created| created.saturating_add(silent));
        reports.filter(|at| *at > now).min().unwrap_or(SimTime::NEVER)
    }

    /// What the ledger asks for at the end of a row of `seconds`.
    pub fn probe(&mut self, site: &mut Site, seconds: f64) -> RowProbe {
        let cores = self.config.station.cores.as_f64();
        let mut probe = RowProbe { busy_core_seconds: self.retired_busy * 1e-9, ..RowProbe::default() };
        let mut in_traffic = 0.0;
        for &id in &self.alive {
            let usage = site.plant.usage(id);
            let member = &mut self.members[id.0 as usize];
            probe.busy_core_seconds += usage.busy_core_nanos * 1e-9;
            let busy = (usage.busy_core_nanos - member.busy_at_row) * 1e-9;
            member.busy_at_row = usage.busy_core_nanos;
            probe.busiest = probe.busiest.max(busy / (seconds * cores));
            if member.phase == Phase::InTraffic {
                in_traffic += 1.0;
                probe.memory += self.config.memory_share(usage.inside);
            }
        }
        if in_traffic > 0.0 {
            probe.memory /= in_traffic;
        }
        probe
    }
}

impl Member {
    /// Whether its samples reach the monitoring service: it has been there for as long as it is `silent`, and stays.
    fn reports(&self, now: SimTime, silent: SimDuration) -> bool {
        matches!(self.phase, Phase::InTraffic | Phase::Booting(_))
            && self.created.is_some_and(|created| {
                // Those of the start have long been reporting.
                created == SimTime::ZERO || now >= created.saturating_add(silent)
            })
    }
}

impl InstancesConfig {
    fn memory_share(&self, inside: u32) -> f64 {
        let (base, per_request) = self.memory_use;
        (base + per_request * u64::from(inside)) as f64 / self.memory.max(1) as f64
    }
}
