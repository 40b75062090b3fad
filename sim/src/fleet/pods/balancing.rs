//! Shares of traffic: equal ones for all pods, or for all zones.

use super::{Pod, Pods};
use crate::controllers::decision::InstanceId;
use crate::fleet::{Site, zone_shares};

impl Pods {
    /// The balancer sends to a pod that is in traffic from now on.
    pub(super) fn take_traffic(&self, site: &mut Site, id: InstanceId) {
        if self.config.cross_zone {
            site.plant.attach(id, 1.0, site.now);
        } else {
            self.share_by_zone(site);
        }
    }

    /// The balancer sends nothing more to a pod that has left traffic.
    pub(super) fn take_no_traffic(&self, site: &mut Site, id: InstanceId) {
        site.plant.detach(id);
        if !self.config.cross_zone {
            self.share_by_zone(site);
        }
    }

    /// A pod is in the zone of its node.
    fn share_by_zone(&self, site: &mut Site) {
        let zone = |pod: &Pod| Some(self.nodes.nodes[pod.node?.0 as usize].zone);
        let pods = self.alive.iter().map(|&id| (id, &self.pods[id.0 as usize])).filter(|(_, pod)| pod.in_traffic);
        let sharing: Vec<(InstanceId, u32, f64)> = pods.filter_map(|(id, pod)| Some((id, zone(pod)?, 1.0))).collect();
        zone_shares::attach(site, &sharing);
    }
}
