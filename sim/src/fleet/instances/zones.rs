//! Zones: where instances are launched, and how the group evens them out afterwards.

use std::collections::BTreeMap;

use super::{Instances, Member, Phase};
use crate::agenda::Event;
use crate::controllers::decision::{InstanceId, Replacement};
use crate::fleet::Site;
use crate::fleet::rules::Placement;

impl Instances {
    /// The zone of the next launch among those that are up.
    pub(super) fn zone_to_launch_in(&self) -> Option<u32> {
        let mut up = (0..self.config.zones.max(1)).filter(|zone| !self.zones_down.contains_key(zone));
        match self.config.rules.placement {
            Placement::InOrder => up.next(),
            Placement::Spread => {
                up.min_by_key(|zone| self.alive.iter().filter(|id| self.members[id.0 as usize].zone == *zone).count())
            }
        }
    }

    pub(super) fn plan_rebalance(&mut self, site: &mut Site) {
        if let (Some(every), true) = (self.config.rules.rebalance, self.config.zones > 1) {
            site.agenda.at(site.now + every, Event::Rebalance);
        }
    }

    /// Moves instances from the fullest zone to the emptiest: launched there before they are terminated here, a tenth
    /// of the group (at least one) at a time.
    pub(super) fn rebalance(&mut self, site: &mut Site) {
        self.plan_rebalance(site);
        let at_once = (self.size() / 10).max(1);
        while self.under_way() + self.surplus < at_once {
            let Some(full) = self.overfull_zone() else { return };
            let targets = self.targets();
            let suits = |id: InstanceId, member: &Member| {
                member.phase == Phase::InTraffic && member.zone == full && !targets.contains(&id)
            };
            let Some(old) = self.pick_victim(site.now, suits) else { return };
            let Some(new) = self.launch_new(site, None) else {
                self.waiting_launches.pop();
                return;
            };
            let to = self.members[new.0 as usize].zone;
            let member = self.member(new);
            (member.replaces, member.replaces_for) = (Some(old), Replacement::Rebalancing { from: full, to });
        }
    }

    /// The fullest zone, if it has more than one instance more than the emptiest. Moves under way count as done.
    fn overfull_zone(&self) -> Option<u32> {
        let targets = self.targets();
        let mut sizes: BTreeMap<u32, u32> =
            (0..self.config.zones.max(1)).filter(|zone| !self.zones_down.contains_key(zone)).map(|z| (z, 0)).collect();
        for &id in &self.alive {
            let member = &self.members[id.0 as usize];
            let stays = matches!(member.phase, Phase::InTraffic | Phase::Booting(_)) && !member.for_pool;
            if let (true, Some(size)) = (stays && !targets.contains(&id), sizes.get_mut(&member.zone)) {
                *size += 1;
            }
        }
        let full = sizes.iter().max_by_key(|(zone, size)| (**size, u32::MAX - **zone))?;
        let empty = sizes.iter().min_by_key(|(zone, size)| (**size, **zone))?;
        (full.1 - empty.1 > 1).then_some(*full.0)
    }

    /// Instances whose places others are on their way to take.
    fn targets(&self) -> Vec<InstanceId> {
        self.alive.iter().filter_map(|id| self.members[id.0 as usize].replaces).collect()
    }
}
