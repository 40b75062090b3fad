//! Who has to be looked at by itself at each scrape and each sync.
//!
//! Most pods are past their start-up and read together with others on their node: metrics-server and the HPA know them by the
//! node. Only the rest is looked at one by one, until something happens to a pod.

use crate::controllers::decision::InstanceId;

/// The pods as they were when all were looked at last.
#[derive(Debug)]
pub(super) struct Roster {
    /// Something may have happened to a pod since metrics-server has looked at all, and since a sync has.
    unread: bool,
    unlisted: bool,
    /// Those that are looked at by themselves, in order.
    pub(super) alone: Vec<InstanceId>,
    /// The first of the others, and how many of them are on each node.
    pub(super) first: Option<InstanceId>,
    pub(super) together: Vec<u32>,
    /// Pods that exist and are not being deleted.
    pub(super) existing: u32,
}

impl Default for Roster {
    fn default() -> Self {
        Roster { unread: true, unlisted: true, alone: Vec::new(), first: None, together: Vec::new(), existing: 0 }
    }
}

impl Roster {
    /// Something may have happened to a pod.
    pub(super) fn disturb(&mut self) {
        (self.unread, self.unlisted) = (true, true);
    }

    /// A pod has become one that is looked at with others: the next sync looks at all.
    pub(super) fn list_anew(&mut self) {
        self.unlisted = true;
    }

    /// Whether metrics-server has to look at all pods, which it does now.
    pub(super) fn reads_all(&mut self) -> bool {
        std::mem::take(&mut self.unread) || self.unlisted
    }

    /// Whether a sync has to look at all pods, which it does now.
    pub(super) fn lists_all(&mut self) -> bool {
        std::mem::take(&mut self.unlisted)
    }

    /// Nobody is known yet, on so many nodes.
    pub(super) fn clear(&mut self, nodes: usize) {
        self.alone.clear();
        self.first = None;
        self.together.clear();
        self.together.resize(nodes, 0);
        self.existing = 0;
    }

    /// A pod on a node is known by the node.
    pub(super) fn add_together(&mut self, id: InstanceId, node: usize) {
        self.first.get_or_insert(id);
        self.together[node] += 1;
    }
}
