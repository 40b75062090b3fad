//! Standby: instances that somebody takes out of service for a while. They keep running and are paid for, receive no
//! traffic, report no metrics, are not checked and are never chosen by a scale-in.

use super::{Instances, Phase};
use crate::controllers::decision::{InstanceId, Notice};
use crate::fleet::Site;

impl Instances {
    /// Puts the `count` oldest instances in service into Standby. `request` names them when they shall come back.
    pub fn enter_standby(&mut self, site: &mut Site, count: u32, request: usize) {
        let in_service = |id: &InstanceId| {
            let member = &self.members[id.0 as usize];
            member.phase == Phase::InTraffic && member.removed_by.is_none() && member.replaces.is_none()
        };
        let chosen: Vec<InstanceId> = self.alive.iter().copied().filter(in_service).take(count as usize).collect();
        for id in chosen {
            self.leave_traffic(site, id);
            site.ledger.serve(site.now, -1.0);
            let member = self.member(id);
            (member.phase, member.standby) = (Phase::Standby, Some(request));
            site.notices.push(Notice::EnteredStandby { instance: id });
        }
    }

    /// Brings those of a request back into service.
    pub fn leave_standby(&mut self, site: &mut Site, request: usize) {
        let of_request = |id: &InstanceId| self.members[id.0 as usize].standby == Some(request);
        let back: Vec<InstanceId> = self.alive.iter().copied().filter(of_request).collect();
        for id in back {
            let member = self.member(id);
            (member.phase, member.standby) = (Phase::InTraffic, None);
            let died = std::mem::take(&mut member.unhealthy);
            site.ledger.serve(site.now, 1.0);
            site.notices.push(Notice::LeftStandby { instance: id });
            if died {
                // Nobody looked while it was in Standby; now somebody does.
                self.crash(site, id, "crash");
            } else {
                self.take_traffic(site, id, 1.0);
            }
        }
    }
}
