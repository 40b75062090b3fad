//! Nodes that pods are placed on: a fixed pool, or a cluster autoscaler's.

use windtunnel_traces::{SimDuration, SimTime};

use crate::plant::NodeId;
use crate::sensors::metrics_server::SharedUsage;

/// What a pod asks a node for: thousandths of a core, and bytes.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Reservation {
    /// Thousandths of a core.
    pub cpu: u64,
    /// Bytes.
    pub memory: u64,
}

/// A node's image of the service.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// It has to be pulled.
    Absent,
    /// It is there from this instant on.
    From(SimTime),
}

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its zone.
    pub zone: u32,
    /// Whether pods can be placed on it.
    pub ready: bool,
    /// It is down, or given back: at once, or when its last pod has gone.
    pub gone: bool,
    /// What its pods have reserved.
    pub reserved: Reservation,
    /// Pods on it.
    pub pods: u32,
    /// The image of the service.
    pub image: Image,
    /// The second of the minute's tens at which its kubelet takes points.
    pub housekeeping_phase: u64,
    /// When its kubelet takes its next point, where the plant notes what that will be.
    pub next_point: Option<SimTime>,
    /// What metrics-server knows of each of its pods that are read together, if any are.
    pub together: Option<SharedUsage>,
    /// When it was launched, and when it went.
    pub launched: SimTime,
    /// When it went.
    pub ended: Option<SimTime>,
    /// Since when the cluster autoscaler has found it unneeded.
    pub unneeded_since: Option<SimTime>,
}

/// All nodes.
#[derive(Clone, Debug)]
pub struct NodePool {
    /// Nodes by number, also those that are gone.
    pub nodes: Vec<Node>,
    /// What one node offers.
    pub offers: Reservation,
}

impl NodePool {
    /// The node that the scheduler prefers for a pod: the one with the smallest share reserved (LeastAllocated), the
    /// first of equals.
    pub fn place(&self, pod: Reservation) -> Option<NodeId> {
        let candidates = self.nodes.iter().enumerate().filter(|(_, node)| self.fits(node, pod));
        let best = candidates.min_by(|(_, a), (_, b)| self.share(a, pod).total_cmp(&self.share(b, pod)));
        best.map(|(number, _)| NodeId(number as u32))
    }

    /// Whether a pod fits on a node.
    pub fn fits(&self, node: &Node, pod: Reservation) -> bool {
        node.ready
            && !node.gone
            && node.reserved.cpu + pod.cpu <= self.offers.cpu
            && node.reserved.memory + pod.memory <= self.offers.memory
    }

    /// The mean share of CPU and memory reserved with one more pod.
    fn share(&self, node: &Node, pod: Reservation) -> f64 {
        let share = |reserved: u64, offered: u64| reserved as f64 / offered.max(1) as f64;
        share(node.reserved.cpu + pod.cpu, self.offers.cpu)
            + share(node.reserved.memory + pod.memory, self.offers.memory)
    }

    /// The larger of the shares of CPU and memory that a node's pods have reserved.
    pub fn utilization(&self, node: &Node) -> f64 {
        let share = |reserved: u64, offered: u64| reserved as f64 / offered.max(1) as f64;
        share(node.reserved.cpu, self.offers.cpu).max(share(node.reserved.memory, self.offers.memory))
    }

    /// Nodes that exist, ready or booting.
    pub fn existing(&self) -> u32 {
        self.nodes.iter().filter(|node| !node.gone).count() as u32
    }

    /// How many more pods fit on the nodes that are there or booting.
    pub fn room_with_booting(&self, pod: Reservation) -> u64 {
        self.nodes.iter().filter(|node| !node.gone).map(|node| self.pods_that_fit(node.reserved, pod)).sum()
    }

    /// How many pods fit on an empty node.
    pub fn per_empty_node(&self, pod: Reservation) -> u64 {
        self.pods_that_fit(Reservation::default(), pod)
    }

    fn pods_that_fit(&self, reserved: Reservation, pod: Reservation) -> u64 {
        let by = |offered: u64, reserved: u64, asked: u64| {
            offered.saturating_sub(reserved).checked_div(asked).unwrap_or(u64::from(u16::MAX))
        };
        by(self.offers.cpu, reserved.cpu, pod.cpu).min(by(self.offers.memory, reserved.memory, pod.memory))
    }

    /// Whether the pods of a node would fit on the others.
    pub fn can_empty(&self, number: usize, pod: Reservation) -> bool {
        let others = self.nodes.iter().enumerate().filter(|(other, node)| *other != number && node.ready && !node.gone);
        let room: u64 = others.map(|(_, node)| self.pods_that_fit(node.reserved, pod)).sum();
        room >= u64::from(self.nodes[number].pods)
    }
}

/// When the image is on a node, if a pod asks for it now and a pull takes `pull`; remembers the pull.
pub fn image_ready(node: &mut Node, now: SimTime, pull: SimDuration) -> SimTime {
    match node.image {
        Image::From(ready) => ready.max(now),
        Image::Absent => {
            node.image = Image::From(now + pull);
            now + pull
        }
    }
}
