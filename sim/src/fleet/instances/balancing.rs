//! Shares of traffic: equal ones for all instances, or for all zones.
//!
//! Without cross-zone balancing each zone's node of the balancer gets an equal part of the requests and keeps them in its
//! zone. Source: Elastic Load Balancing user guide, "Cross-zone load balancing".

use super::Instances;
use crate::controllers::decision::InstanceId;
use crate::fleet::{Site, zone_shares};

impl Instances {
    /// The balancer sends an instance this share of a full one's traffic from now on.
    pub(super) fn take_traffic(&mut self, site: &mut Site, id: InstanceId, share: f64) {
        self.member(id).share = Some(share);
        if self.config.cross_zone {
            site.plant.attach(id, share, site.now);
        } else {
            self.share_by_zone(site);
        }
    }

    /// The balancer sends an instance nothing more.
    pub(super) fn leave_traffic(&mut self, site: &mut Site, id: InstanceId) {
        site.plant.detach(id);
        if self.member(id).share.take().is_some() && !self.config.cross_zone {
            self.share_by_zone(site);
        }
    }

    /// Every zone gets the same; those in it divide that.
    fn share_by_zone(&self, site: &mut Site) {
        let members = self.alive.iter().map(|&id| (id, &self.members[id.0 as usize]));
        let sharing: Vec<(InstanceId, u32, f64)> =
            members.filter_map(|(id, member)| Some((id, member.zone, member.share?))).collect();
        zone_shares::attach(site, &sharing);
    }
}
