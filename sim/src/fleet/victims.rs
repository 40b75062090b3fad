//! Which pod a ReplicaSet deletes: `ActivePodsWithRanks` of `pkg/controller/controller_utils.go`.

use std::cmp::Ordering;

use crate::controllers::decision::InstanceId;

/// What the order looks at.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct PodRank {
    /// The pod.
    pub id: InstanceId,
    /// Whether it has a node.
    pub assigned: bool,
    /// Whether it runs; otherwise it is pending.
    pub running: bool,
    /// When it became ready, in seconds; nothing while it is not.
    pub ready_since: Option<i64>,
    /// Pods of the same set on its node.
    pub on_its_node: usize,
    /// When it was created, in seconds.
    pub created: i64,
}

/// Sorts pods so that those to be deleted come first: without a node, pending, not ready, on the fuller node, ready for
/// a shorter time (ages compared in powers of two), newer.
pub fn sort(pods: &mut [PodRank], now: i64) {
    pods.sort_by(|a, b| {
        a.assigned
            .cmp(&b.assigned)
            .then(a.running.cmp(&b.running))
            .then(a.ready_since.is_some().cmp(&b.ready_since.is_some()))
            .then(b.on_its_node.cmp(&a.on_its_node))
            .then(shorter_first(a.ready_since, b.ready_since, now))
            // Upstream breaks ties of age by UID, which is random there; the number of the pod stands in for it.
            .then(shorter_first(Some(a.created), Some(b.created), now))
            .then(b.id.cmp(&a.id))
    });
}

/// Compares ages in buckets of powers of two (LogarithmicScaleDown).
fn shorter_first(a: Option<i64>, b: Option<i64>, now: i64) -> Ordering {
    let bucket = |since: i64| 64 - u64::try_from(now - since).unwrap_or(0).leading_zeros();
    match (a, b) {
        (Some(a), Some(b)) => bucket(a).cmp(&bucket(b)),
        _ => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(id: u32) -> PodRank {
        PodRank { id: InstanceId(id), assigned: true, running: true, ready_since: Some(0), on_its_node: 1, created: 0 }
    }

    #[test]
    fn the_order_of_the_replica_set_controller() {
        let mut pods = [
            pod(1),
            PodRank { ready_since: Some(900), ..pod(2) },
            PodRank { on_its_node: 2, ..pod(3) },
            PodRank { ready_since: None, ..pod(4) },
            PodRank { running: false, ready_since: None, ..pod(5) },
            PodRank { assigned: false, running: false, ready_since: None, ..pod(6) },
        ];
        sort(&mut pods, 1000);
        assert_eq!(pods.map(|pod| pod.id.0), [6, 5, 4, 3, 2, 1]);
    }

    #[test]
    fn ages_in_the_same_power_of_two_are_equal() {
        let mut pods = [PodRank { ready_since: Some(400), ..pod(1) }, PodRank { ready_since: Some(300), ..pod(2) }];
        sort(&mut pods, 1000);
        // 600 s and 700 s fall into the same bucket; the later number goes first.
        assert_eq!(pods.map(|pod| pod.id.0), [2, 1]);
    }
}
