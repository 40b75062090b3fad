//! What sensors read at stations: what was used, with the error that random requests would give it.
//!
//! A sensor reads at an instant of its own; the kubelet of a node does so for all of the node's stations at once. Stations on
//! one node that are alike use the same from then on, and who reads them looks at their mean: they can be read together,
//! with the error of that mean.

use windtunnel_traces::SimTime;
use windtunnel_traces::random::{Generator, normal};

use super::groups::{Groups, Member};
use crate::controllers::decision::InstanceId;
use crate::plant::{Reading, Usage};

/// What a station has used and holds.
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Counters {
    /// Core time in nanoseconds, requests sent, requests inside, and the variance of the core time.
    pub(super) busy: f64,
    pub(super) sent: f64,
    pub(super) inside: f64,
    pub(super) variance: f64,
}

impl Counters {
    /// Those of a share of the time between two others.
    #[inline]
    fn between(before: Counters, after: Counters, share: f64) -> Counters {
        before.plus(after.minus(before), share)
    }

    #[inline]
    fn plus(self, other: Counters, share: f64) -> Counters {
        Counters {
            busy: self.busy + other.busy * share,
            sent: self.sent + other.sent * share,
            inside: self.inside + other.inside * share,
            variance: self.variance + other.variance * share,
        }
    }

    fn minus(self, other: Counters) -> Counters {
        self.plus(other, -1.0)
    }
}

/// What there was to read at an instant in nanoseconds, and how the sensor errs, in standard deviations.
#[derive(Copy, Clone, Debug)]
pub(super) struct Note {
    at: u64,
    counters: Counters,
    error: f64,
}

/// What a sensor has read so far, and how far that lies from what was expected.
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Reader {
    /// Variance of core time, and requests, that have been drawn for.
    variance: f64,
    sent: f64,
    /// Sums of the errors.
    of_busy: f64,
    of_sent: f64,
    /// What was read last, and when.
    busy: f64,
    requests: u64,
    at: u64,
}

impl Reader {
    /// The sensor reads what a station of so many cores had used, and the requests that were sent to it.
    fn read(&mut self, note: &Note, cores: f64) {
        if note.at <= self.at {
            return;
        }
        let sent = note.counters.sent;
        self.of_sent += (sent - self.sent).max(0.0).sqrt() * note.error;
        self.sent = sent;
        self.requests = ((sent + self.of_sent + 0.5).max(0.0) as u64).max(self.requests);
        self.read_core_time(note, cores);
    }

    /// The sensor reads core time alone.
    #[inline]
    fn read_core_time(&mut self, note: &Note, cores: f64) {
        let Counters { busy, variance, .. } = note.counters;
        if note.at <= self.at {
            return;
        }
        self.of_busy += (variance - self.variance).max(0.0).sqrt() * note.error;
        self.variance = variance;
        // No core works backwards, and none faster than time.
        let most = self.busy + (note.at - self.at) as i64 as f64 * cores;
        let read = (busy + self.of_busy).clamp(self.busy, most.max(self.busy));
        // What the bounds cut off does not come back later.
        self.of_busy = read - busy;
        (self.busy, self.at) = (read, note.at);
    }

    /// What was expected when it was read last.
    fn expected(&self) -> Counters {
        Counters { busy: self.busy - self.of_busy, sent: self.sent, inside: 0.0, variance: self.variance }
    }
}

/// A node that stations share.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) cores: f64,
    /// Its stations, in the order in which they came.
    pub(super) stations: Vec<u32>,
    /// How its sensors err.
    errors: Generator,
    /// Those of its stations that are read together, if any are.
    common: Option<Common>,
    /// Its stations by group, and the count of changes up to which they are so.
    parts: Vec<Part>,
    surveyed: u64,
}

/// Stations on one node and of one group: they are noted at once.
#[derive(Debug)]
struct Part {
    group: usize,
    /// How far the counters of those that are read together are ahead of their group's, and the root of their number.
    together: Option<(Counters, f64)>,
    /// The others, and the root of their number.
    alone: Vec<u32>,
    root: f64,
}

/// What stations that are alike have in common.
#[derive(Debug)]
struct Common {
    /// What was read of one of them.
    reader: Reader,
    /// The cores that it may use.
    cores: f64,
    /// Requests inside each when it was read last, if nobody has been told.
    noted: Option<f64>,
}

impl Node {
    pub(super) fn new(cores: f64, errors: Generator) -> Self {
        Node { cores, stations: Vec::new(), errors, common: None, parts: Vec::new(), surveyed: 0 }
    }

    /// The group of those that are read together: of the first of them that serves. The others are on their way out.
    fn common_group(&self, members: &[Option<Member>]) -> Option<usize> {
        let member = |id: &u32| members[*id as usize].as_ref();
        let mut serving = self.stations.iter().filter_map(member).filter(|it| it.serves() && it.ahead.is_some());
        self.common.as_ref().and_then(|_| serving.next()).map(|member| member.group)
    }
}

impl Groups {
    /// What all stations that report (`true`) have used since they were read last, with one draw for all: they are
    /// independent, so the variance of the sum is the sum of the variances.
    pub(super) fn measured_together(
        &mut self,
        stations: &[(InstanceId, bool)],
        now: u64,
        stream: &mut Generator,
    ) -> f64 {
        let (mut used, mut spread, mut most) = (0.0, 0.0, 0.0);
        for &(InstanceId(id), reports) in stations {
            let Some((_, busy, _, _, variance)) = self.state(id) else { continue };
            let Some(member) = self.member(id) else { continue };
            let cores = member.spec.cores.as_f64();
            let reader = &mut member.reader;
            if reports {
                used += busy - reader.busy;
                spread += (variance - reader.variance).max(0.0);
                most += (now - reader.at) as f64 * cores;
            }
            (reader.busy, reader.variance, reader.at) = (busy, variance, now);
        }
        // No core works backwards, and none faster than time.
        (used + spread.sqrt() * normal(stream)).clamp(0.0, most.max(0.0))
    }

    /// What the sensor of a station reads now.
    pub(super) fn measured(&mut self, id: u32, now: u64) -> Usage {
        let Some((_, busy, sent, inside, variance)) = self.state(id) else { return Usage::default() };
        let Some(member) = self.member(id) else { return Usage::default() };
        if now > member.reader.at {
            let error = normal(&mut member.errors);
            let note = Note { at: now, counters: Counters { busy, sent, inside, variance }, error };
            member.reader.read(&note, member.spec.cores.as_f64());
        }
        Usage {
            busy_core_nanos: member.reader.busy,
            inside: (inside + 0.5) as u32,
            sent: member.reader.requests,
            first_request: member.first_request.map(SimTime::from_nanos),
        }
    }

    // ---- notes

    /// Something will be noted in the step that begins.
    pub(super) fn remember_counters(&mut self) {
        self.list.iter_mut().for_each(|group| group.before = group.counters());
    }

    /// Notes what the stations of a node had used at an instant, a share into the step that ends: of those that are read together
    /// once, of the others each, with one draw for all that are alike.
    #[inline]
    pub(super) fn note(&mut self, node: usize, at: u64, share: f64) {
        if self.nodes.get(node).is_none_or(|node| node.surveyed != self.changes) {
            self.survey(node);
        }
        let Some(Node { errors, common, parts, .. }) = self.nodes.get_mut(node) else { return };
        for part in &*parts {
            let group = &self.list[part.group];
            let counters = Counters::between(group.before, group.counters(), share);
            if let (Some((ahead, root)), Some(common)) = (part.together, &mut *common) {
                let note = Note { at, counters: counters.plus(ahead, 1.0), error: normal(errors) / root };
                // Nobody asks a node how many requests its stations were sent.
                common.reader.read_core_time(&note, common.cores);
                common.noted = Some(note.counters.inside);
            }
            if part.alone.is_empty() {
                continue;
            }
            let error = normal(errors) / part.root;
            for &id in &part.alone {
                if let Some(member) = &mut self.members[id as usize] {
                    member.noted = Some(Note { at, counters: counters.plus(member.counters(), 1.0), error });
                }
            }
        }
    }

    /// Finds out which stations of a node are noted at once.
    fn survey(&mut self, node: usize) {
        let Some(node) = self.nodes.get_mut(node) else { return };
        node.surveyed = self.changes;
        node.parts.clear();
        let common_group = node.common_group(&self.members);
        if common_group.is_none() && node.common.take().is_some() {
            for &id in &node.stations {
                if let Some(member) = &mut self.members[id as usize] {
                    member.ahead = None;
                }
            }
        }
        for number in 0..self.list.len() {
            let (mut together, mut alone) = (0u32, Vec::new());
            let mut ahead = None;
            for &id in &node.stations {
                let Some(member) = self.members[id as usize].as_ref().filter(|it| it.group == number) else { continue };
                match member.ahead {
                    Some(counters) => {
                        together += 1;
                        ahead.get_or_insert(member.counters().minus(counters));
                    }
                    None => alone.push(id),
                }
            }
            if together > 0 || !alone.is_empty() {
                let ahead = ahead.filter(|_| common_group == Some(number));
                node.parts.push(Part {
                    group: number,
                    together: ahead.map(|ahead| (ahead, f64::from(together).sqrt())),
                    root: (alone.len() as f64).sqrt(),
                    alone,
                });
            }
        }
    }

    /// What was noted of a station and nobody has been told.
    pub(super) fn noted(&mut self, id: u32) -> Option<Reading> {
        let member = self.member(id)?;
        let note = member.noted.take()?;
        member.reader.read(&note, member.spec.cores.as_f64());
        Some(reading(&member.reader, note.counters.inside))
    }

    /// The same of the stations on each node that are read together.
    pub(super) fn noted_together(&mut self, by_node: &mut Vec<Option<Reading>>) {
        by_node.clear();
        by_node.extend(self.nodes.iter_mut().map(|node| {
            let common = node.common.as_mut()?;
            let inside = common.noted.take()?;
            Some(reading(&common.reader, inside))
        }));
    }

    /// Reads a station, which has been told of what was noted last, with the others on its node from now on; says whether it is
    /// like them. The first makes the beginning.
    pub(super) fn read_together(&mut self, id: u32) -> bool {
        let Some(Some(member)) = self.members.get(id as usize) else { return false };
        let Some(node) = member.node().and_then(|node| self.nodes.get_mut(node)) else { return false };
        if !member.serves() || member.ahead.is_some() || member.noted.is_some() {
            return false;
        }
        let ahead = match (node.common_group(&self.members), &node.common) {
            (Some(group), Some(Common { reader, noted: None, .. }))
                if group == member.group && reader.at == member.reader.at =>
            {
                member.reader.expected().minus(reader.expected())
            }
            (None, None) => {
                let cores = member.spec.cores.as_f64();
                node.common = Some(Common { reader: member.reader, cores, noted: None });
                Counters::default()
            }
            _ => return false,
        };
        if let Some(member) = self.member(id) {
            member.ahead = Some(ahead);
        }
        self.changes += 1;
        true
    }
}

/// What a sensor has read last, and so many requests inside.
fn reading(reader: &Reader, inside: f64) -> Reading {
    Reading { at: SimTime::from_nanos(reader.at), busy_core_nanos: reader.busy, inside: (inside + 0.5) as u32 }
}
