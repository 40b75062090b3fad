//! Which pod a ReplicaSet deletes: `ActivePodsWithRanks` of `pkg/controller/controller_utils.go`.

use std::cmp::Ordering;

use windtunnel_traces::SimTime;

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
    /// Its UID: random, the last resort among equals.
    pub uid: u32,
}

/// Sorts pods so that those to be deleted come first: without a node, pending, not ready, on the fuller node, ready for
/// a shorter time, newer. Ages are compared in powers of two, and pods in the same one by their UIDs, that is at random.
pub fn sort(pods: &mut [PodRank], now: SimTime) {
    pods.sort_by(|a, b| {
        a.assigned
            .cmp(&b.assigned)
            .then(a.running.cmp(&b.running))
            .then(a.ready_since.is_some().cmp(&b.ready_since.is_some()))
            .then(b.on_its_node.cmp(&a.on_its_node))
            .then_with(|| younger_first((a.ready_since, a.uid), (b.ready_since, b.uid), now))
            .then_with(|| younger_first((Some(a.created), a.uid), (Some(b.created), b.uid), now))
            .then(a.uid.cmp(&b.uid))
    });
}

/// Compares two instants: equal ones say nothing, others go by the power of two of their ages, then by UID
/// (LogarithmicScaleDown; `logarithmicRankDiff`).
fn younger_first(a: (Option<i64>, u32), b: (Option<i64>, u32), now: SimTime) -> Ordering {
    match (a.0, b.0) {
        (Some(since), Some(other)) if since != other => rank(since, now).cmp(&rank(other, now)).then(a.1.cmp(&b.1)),
        _ => Ordering::Equal,
    }
}

/// The power of two of an age. Upstream takes it of nanoseconds: the limits are not whole powers of two in seconds.
fn rank(since: i64, now: SimTime) -> u32 {
    let age = now.as_nanos() as i128 - i128::from(since) * 1_000_000_000;
    u128::try_from(age).ok().filter(|age| *age > 0).map_or(0, |age| 1 + age.ilog2())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(id: u32) -> PodRank {
        PodRank {
            id: InstanceId(id),
            assigned: true,
            running: true,
            ready_since: Some(0),
            on_its_node: 1,
            created: 0,
            uid: id,
        }
    }

    fn order<const N: usize>(mut pods: [PodRank; N], now: u64) -> [u32; N] {
        sort(&mut pods, SimTime::from_secs(now));
        pods.map(|pod| pod.id.0)
    }

    #[test]
    fn the_order_of_the_replica_set_controller() {
        let pods = [
            pod(1),
            PodRank { ready_since: Some(900), ..pod(2) },
            PodRank { on_its_node: 2, ..pod(3) },
            PodRank { ready_since: None, ..pod(4) },
            PodRank { running: false, ready_since: None, ..pod(5) },
            PodRank { assigned: false, running: false, ready_since: None, ..pod(6) },
        ];
        assert_eq!(order(pods, 1000), [6, 5, 4, 3, 2, 1]);
    }

    #[test]
    fn ages_in_the_same_power_of_two_are_equal_and_go_by_uid() {
        // 600 s and 700 s: the newer one is not preferred, the smaller UID is.
        let pods = [PodRank { ready_since: Some(400), ..pod(1) }, PodRank { ready_since: Some(300), ..pod(2) }];
        assert_eq!(order(pods, 1000), [1, 2]);
        let swapped = pods.map(|pod| PodRank { uid: 9 - pod.uid, ..pod });
        assert_eq!(order(swapped, 1000), [2, 1]);
    }

    #[test]
    fn powers_of_two_are_counted_in_nanoseconds() {
        // 2^39 ns is 549.8 s: 540 s and 560 s differ, though both lie between 512 s and 1024 s.
        let pods = [PodRank { ready_since: Some(440), ..pod(1) }, PodRank { ready_since: Some(460), ..pod(2) }];
        assert_eq!(order(pods, 1000), [2, 1]);
    }

    #[test]
    fn pods_that_became_ready_together_go_by_their_creation() {
        let pods = [PodRank { created: 0, ..pod(1) }, PodRank { created: 990, ..pod(2) }];
        assert_eq!(order(pods, 1000), [2, 1]);
    }
}
