//! The cluster autoscaler: a node more when pods do not fit, a node less when one has not been needed for a while.
//!
//! Source: cluster-autoscaler FAQ ("How does scale-up work?", "How does scale-down work?").

use windtunnel_traces::SimDuration;

use super::Pods;
use crate::agenda::Event;
use crate::fleet::nodes::Image;
use crate::fleet::{Site, boot};
use crate::plant::NodeId;
use crate::scenario::schema::ClusterAutoscaler;

/// `--scale-down-delay-after-add`.
const DELAY_AFTER_ADD: SimDuration = SimDuration::from_mins(10);
/// Boots of nodes are numbered from here, apart from those of pods.
const FIRST_NODE_BOOT: u32 = 1 << 24;

impl Pods {
    pub(super) fn autoscaler_scan(&mut self, site: &mut Site) {
        let Some(autoscaler) = self.config.autoscaler.clone() else { return };
        site.agenda.at(site.now + autoscaler.scan, Event::AutoscalerScan);
        if !self.unscheduled().is_empty() {
            self.roster.disturb();
            self.schedule_waiting(site);
        }
        let waiting = self.unscheduled().len() as u64;
        if waiting > 0 {
            self.add_nodes_for(site, waiting, &autoscaler);
        } else {
            self.remove_unneeded(site, &autoscaler);
        }
    }

    /// As many nodes as the pods that wait would fill, less what is booting.
    fn add_nodes_for(&mut self, site: &mut Site, waiting: u64, autoscaler: &ClusterAutoscaler) {
        let per_node = self.nodes.per_empty_node(self.reservation);
        let expected = self.nodes.room_with_booting(self.reservation);
        if per_node == 0 || waiting <= expected {
            return;
        }
        let wanted = (waiting - expected).div_ceil(per_node);
        let allowed = u64::from(autoscaler.max.saturating_sub(self.nodes.existing()));
        for _ in 0..wanted.min(allowed) {
            self.launch_node(site);
        }
    }

    /// Launches a node, unless every zone is down.
    pub(super) fn launch_node(&mut self, site: &mut Site) {
        let Some(zone) = self.emptiest_zone() else { return };
        let id = self.add_node(site, zone);
        let drawn = boot::draw(&self.config.node_boot, site.streams, FIRST_NODE_BOOT + id.0);
        let lasts: SimDuration = drawn.iter().map(|stage| stage.lasts).sum();
        site.agenda.at(site.now + lasts.mul_f64(self.boot_factor), Event::NodeReady(id));
    }

    pub(super) fn node_ready(&mut self, site: &mut Site, id: NodeId) {
        let node = &mut self.nodes.nodes[id.0 as usize];
        if node.gone {
            return;
        }
        node.ready = true;
        node.image = Image::Absent;
        self.last_node_added = site.now;
        self.schedule_waiting(site);
    }

    fn remove_unneeded(&mut self, site: &mut Site, autoscaler: &ClusterAutoscaler) {
        for number in 0..self.nodes.nodes.len() {
            let node = &self.nodes.nodes[number];
            let unneeded = node.ready
                && !node.gone
                && self.nodes.utilization(node) < autoscaler.utilization_threshold.as_f64()
                && self.nodes.can_empty(number, self.reservation);
            let node = &mut self.nodes.nodes[number];
            node.unneeded_since = if unneeded { node.unneeded_since.or(Some(site.now)) } else { None };
        }
        let settled = self.last_node_added == windtunnel_traces::SimTime::ZERO
            || site.now >= self.last_node_added + DELAY_AFTER_ADD;
        if !settled || self.nodes.existing() <= autoscaler.min {
            return;
        }
        // One node at a time: its pods are evicted, and the ReplicaSet makes new ones elsewhere.
        let overdue = |since: windtunnel_traces::SimTime| site.now >= since + autoscaler.unneeded;
        let idle =
            (0..self.nodes.nodes.len()).find(|&number| self.nodes.nodes[number].unneeded_since.is_some_and(overdue));
        if let Some(number) = idle {
            self.nodes.nodes[number].unneeded_since = None;
            self.roster.disturb();
            self.empty_node(site, number, "node-scale-in");
            self.reconcile(site);
        }
    }
}
