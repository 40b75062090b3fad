//! Which instance goes when capacity shrinks.

use std::collections::BTreeMap;

use windtunnel_traces::random::{Generator, below};

use crate::controllers::decision::InstanceId;

/// A rule that narrows down the candidates. Several are applied in order; what is still tied is decided at random.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum RemovalPolicy {
    /// The one that joined first.
    Oldest,
    /// The one that joined last.
    Newest,
    /// Those with the oldest launch configuration or template.
    OldestConfiguration,
    /// The one closest to the end of a billed hour since its launch (AWS).
    ClosestToNextHour,
}

/// A candidate for removal.
#[derive(Copy, Clone, Debug)]
pub struct Candidate {
    /// The instance.
    pub id: InstanceId,
    /// Its zone.
    pub zone: u32,
    /// When it joined, in nanoseconds.
    pub joined: u64,
    /// Its launch, in nanoseconds.
    pub launched: u64,
    /// Which configuration it was launched with; larger is newer.
    pub configuration: u32,
}

const HOUR: u64 = 3_600_000_000_000;

/// Picks the next to go: with `zone_sizes`, from the fullest zones that have a candidate; then by the policies, then at
/// random.
pub fn pick(
    candidates: &[Candidate],
    policies: &[RemovalPolicy],
    zone_sizes: Option<&BTreeMap<u32, u32>>,
    now: u64,
    generator: &mut Generator,
) -> Option<InstanceId> {
    let mut left: Vec<Candidate> = candidates.to_vec();
    if let Some(sizes) = zone_sizes {
        keep_least(&mut left, |candidate| u64::from(u32::MAX - sizes.get(&candidate.zone).copied().unwrap_or(0)));
    }
    for policy in policies {
        keep_least(&mut left, |candidate| match policy {
            RemovalPolicy::Oldest => candidate.joined,
            RemovalPolicy::Newest => u64::MAX - candidate.joined,
            RemovalPolicy::OldestConfiguration => u64::from(candidate.configuration),
            RemovalPolicy::ClosestToNextHour => HOUR - (now - candidate.launched) % HOUR,
        });
    }
    match left.len() {
        0 => None,
        1 => Some(left[0].id),
        count => Some(left[below(generator, count as u32) as usize].id),
    }
}

fn keep_least(candidates: &mut Vec<Candidate>, key: impl Fn(&Candidate) -> u64) {
    if let Some(least) = candidates.iter().map(&key).min() {
        candidates.retain(|candidate| key(candidate) == least);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windtunnel_traces::{Purpose, Streams};

    fn candidate(id: u32, zone: u32, joined: u64, configuration: u32) -> Candidate {
        Candidate { id: InstanceId(id), zone, joined, launched: joined, configuration }
    }

    #[track_caller]
    fn picks(candidates: &[Candidate], policies: &[RemovalPolicy], zones: bool, expected: u32) {
        let mut generator = Streams::new(1).stream(Purpose::Removal);
        let mut sizes = BTreeMap::new();
        candidates.iter().for_each(|candidate| *sizes.entry(candidate.zone).or_default() += 1);
        let picked = pick(candidates, policies, zones.then_some(&sizes), HOUR * 2, &mut generator);
        assert_eq!(picked, Some(InstanceId(expected)));
    }

    #[test]
    fn policies_narrow_down_in_order() {
        let fleet = [candidate(1, 0, 10, 1), candidate(2, 0, 20, 0), candidate(3, 1, 30, 0)];
        picks(&fleet, &[RemovalPolicy::Oldest], false, 1);
        picks(&fleet, &[RemovalPolicy::Newest], false, 3);
        picks(&fleet, &[RemovalPolicy::OldestConfiguration, RemovalPolicy::Oldest], false, 2);
        picks(&fleet, &[RemovalPolicy::Newest], true, 2);
    }

    #[test]
    fn nobody_is_picked_from_nobody() {
        let mut generator = Streams::new(1).stream(Purpose::Removal);
        assert_eq!(pick(&[], &[RemovalPolicy::Oldest], None, 0, &mut generator), None);
    }
}
