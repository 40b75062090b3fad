//! Stations that are alike are one group, evaluated once.
//!
//! Two stations are alike when they are of the same kind, get the same share of the traffic, and hold the same number of
//! requests. A group's counters are those of one of its members; a member remembers where they stood when it joined.

use std::sync::Arc;

use windtunnel_traces::SimTime;
use windtunnel_traces::random::Generator;

use super::readings::{Counters, Node, Note, Reader};
use super::station::{Kind, Station};
use super::tables::Tables;
use super::waiting::Split;
use crate::plant::fcfs::Rules;
use crate::plant::{ColdStart, StationSpec, Usage};
use crate::scenario::schema::Algorithm;

/// Stations whose numbers inside differ by less than this share, or by this much, are alike.
const ALIKE: f64 = 0.01;
/// Slowness below this is none.
const WARM: f64 = 1e-3;
/// A Poisson stream that is dealt out to more stations than this is as even at each as it gets.
const MOST_IN_TURN: u32 = 64;

/// A station of the plant.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) spec: StationSpec,
    /// Its share of traffic relative to the others; none when it gets no traffic.
    weight: f64,
    dead: bool,
    /// When it got its first traffic, in seconds, if it is cold.
    cold_since: Option<f64>,
    /// When it was first attached, and when the first request is expected to have come, in nanoseconds.
    attached: Option<u64>,
    pub(super) first_request: Option<u64>,
    pub(super) group: usize,
    busy: f64,
    sent: f64,
    inside: f64,
    variance: f64,
    /// How its own sensor errs, and what that has read.
    pub(super) errors: Generator,
    pub(super) reader: Reader,
    /// What was noted last and nobody has been told.
    pub(super) noted: Option<Note>,
    /// How far its counters are ahead of those that the stations on its node have in common, if it is read with others.
    pub(super) ahead: Option<Counters>,
}

impl Member {
    pub(super) fn new(spec: StationSpec, errors: Generator) -> Self {
        let cold_since = if spec.warm { None } else { Some(f64::INFINITY) };
        Member {
            spec,
            weight: 0.0,
            dead: false,
            cold_since,
            attached: None,
            first_request: None,
            group: usize::MAX,
            busy: 0.0,
            sent: 0.0,
            inside: 0.0,
            variance: 0.0,
            errors,
            reader: Reader::default(),
            noted: None,
            ahead: None,
        }
    }

    /// Its own part of its counters, beside that of its group.
    pub(super) fn counters(&self) -> Counters {
        Counters { busy: self.busy, sent: self.sent, inside: 0.0, variance: self.variance }
    }

    /// Whether it gets traffic and serves.
    pub(super) fn serves(&self) -> bool {
        self.weight > 0.0 && !self.dead
    }

    /// The node that it is on.
    pub(super) fn node(&self) -> Option<usize> {
        self.spec.node.map(|(node, _)| node.0 as usize)
    }
}

/// Stations that are alike.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) station: Arc<Station>,
    kind: Kind,
    members: Vec<u32>,
    pub(super) weight: f64,
    pub(super) dead: bool,
    cold_since: Option<f64>,
    /// Requests inside each, core time used in nanoseconds, requests sent, variance of measured core time.
    pub(super) inside: f64,
    pub(super) busy: f64,
    pub(super) sent: f64,
    pub(super) variance: f64,
    /// Where on its station's grid it was settled last, if it was and nothing has happened to it since.
    pub(super) settled: Option<usize>,
    /// The counters at the beginning of a step in which something is noted.
    pub(super) before: Counters,
}

impl Group {
    pub(super) fn counters(&self) -> Counters {
        Counters { busy: self.busy, sent: self.sent, inside: self.inside, variance: self.variance }
    }

    /// Stations in it.
    pub(super) fn size(&self) -> f64 {
        self.members.len() as f64
    }

    /// How busy its stations' node is when each gets requests of so many seconds on a core at a rate; 0 where a node is no limit.
    pub(super) fn node_utilization(&self, rate: f64, cpu: f64) -> f64 {
        self.kind.node.map_or(0.0, |(cores, stations)| rate * cpu * f64::from(stations) / cores)
    }

    /// Whether they differ in nothing but how full and how cold they are.
    fn is_like(&self, other: &Group) -> bool {
        self.kind == other.kind && self.weight == other.weight && self.dead == other.dead
    }

    /// How many times longer bursts take at an instant, in seconds.
    pub(super) fn slowness(&self, now: f64, rules: &Rules) -> f64 {
        match (self.cold_since, rules.cold_start) {
            (Some(since), Some(cold)) => cold.factor(((now - since).max(0.0) * 1e9) as u64),
            _ => 1.0,
        }
    }
}

/// All stations, grouped.
#[derive(Debug)]
pub(super) struct Groups {
    algorithm: Algorithm,
    pub(super) members: Vec<Option<Member>>,
    /// The stations that there are, ascending: a long run has few of its many at a time.
    present: Vec<u32>,
    pub(super) nodes: Vec<Node>,
    pub(super) list: Vec<Group>,
    stale: bool,
    /// Counts what may change which stations of a node are noted together: what a node remembers of them holds while this stays.
    pub(super) changes: u64,
    cold_start: Option<ColdStart>,
    /// Stations that have been attached and wait for their first request.
    fresh: Vec<u32>,
    /// Stations that get warm.
    warming: Vec<u32>,
    /// Whether some groups differ in nothing but how full and how cold they are: those may become alike by themselves.
    may_merge: bool,
    /// Every station is a group of its own: what grouping is tested against.
    pub(super) alone: bool,
    /// What was apportioned to one station of each group.
    parts: Vec<f64>,
    /// Whether that goes for the groups as they are, and the total of the parts before they were made shares.
    apportioned: Option<f64>,
}

impl Groups {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        Groups {
            algorithm,
            members: Vec::new(),
            present: Vec::new(),
            nodes: Vec::new(),
            list: Vec::new(),
            stale: false,
            changes: 1,
            cold_start: None,
            fresh: Vec::new(),
            warming: Vec::new(),
            may_merge: false,
            alone: false,
            parts: Vec::new(),
            apportioned: None,
        }
    }

    // ---- changes

    pub(super) fn add(&mut self, id: u32, member: Member) {
        let index = id as usize;
        if self.members.len() <= index {
            self.members.resize_with(index + 1, || None);
        }
        if let Some(node) = member.node().and_then(|node| self.nodes.get_mut(node)) {
            node.stations.push(id);
        }
        self.members[index] = Some(member);
        if let Err(place) = self.present.binary_search(&id) {
            self.present.insert(place, id);
        }
        self.stale = true;
    }

    pub(super) fn attach(&mut self, id: u32, weight: f64, at: u64, cold_start: Option<ColdStart>) {
        self.cold_start = cold_start;
        let now = at as f64 * 1e-9;
        if let Some(member) = self.member(id) {
            member.weight = weight;
            let is_fresh = member.attached.is_none();
            member.attached.get_or_insert(at);
            if is_fresh {
                self.fresh.push(id);
            }
        }
        if let Some(member) = self.member(id)
            && member.cold_since == Some(f64::INFINITY)
        {
            member.cold_since = cold_start.map(|_| now);
            self.warming.push(id);
        }
        self.stale = true;
    }

    pub(super) fn detach(&mut self, id: u32) {
        if let Some(member) = self.member(id) {
            member.weight = 0.0;
        }
        self.stale = true;
    }

    /// The station dies; returns the requests that were inside.
    pub(super) fn kill(&mut self, id: u32) -> f64 {
        self.dissolve();
        let Some(member) = self.member(id) else { return 0.0 };
        member.dead = true;
        std::mem::take(&mut member.inside)
    }

    /// The station serves again, empty.
    pub(super) fn revive(&mut self, id: u32) {
        self.dissolve();
        if let Some(member) = self.member(id) {
            member.dead = false;
        }
        self.stale = true;
    }

    pub(super) fn remove(&mut self, id: u32) {
        self.dissolve();
        if let Some(slot) = self.members.get_mut(id as usize) {
            *slot = None;
        }
        self.present.retain(|&other| other != id);
        self.nodes.iter_mut().for_each(|node| node.stations.retain(|&other| other != id));
        self.warming.retain(|&other| other != id);
    }

    pub(super) fn add_node(&mut self, id: u32, cores: f64, errors: Generator) {
        debug_assert_eq!(id as usize, self.nodes.len(), "nodes come in the order of their numbers");
        self.nodes.push(Node::new(cores, errors));
    }

    /// Everything has to be grouped anew.
    pub(super) fn touch(&mut self) {
        self.stale = true;
    }

    /// The stations that there are, in order of their numbers.
    fn existing(&self) -> impl Iterator<Item = &Member> {
        self.present.iter().filter_map(|&id| self.members[id as usize].as_ref())
    }

    pub(super) fn member(&mut self, id: u32) -> Option<&mut Member> {
        self.members.get_mut(id as usize)?.as_mut()
    }

    // ---- grouping

    /// Gives each member its own counters again.
    fn dissolve(&mut self) {
        self.changes += 1;
        for group in self.list.drain(..) {
            for id in group.members {
                if let Some(Some(member)) = self.members.get_mut(id as usize) {
                    member.busy += group.busy;
                    member.sent += group.sent;
                    member.variance += group.variance;
                    member.inside = group.inside;
                    member.group = usize::MAX;
                }
            }
        }
        self.stale = true;
    }

    /// Groups anew if something has changed.
    #[inline]
    pub(super) fn regroup(&mut self, tables: &Tables) {
        if self.stale {
            self.group_anew(tables);
        }
    }

    fn group_anew(&mut self, tables: &Tables) {
        self.dissolve();
        self.stale = false;
        self.apportioned = None;
        let split = self.splits();
        let on_nodes = self.targets_by_node();
        for at in 0..self.present.len() {
            let index = self.present[at] as usize;
            let Some(member) = &self.members[index] else { continue };
            let kind = Kind {
                cores: member.spec.cores.as_f64(),
                discipline: member.spec.discipline,
                workers: member.spec.workers,
                backlog: member.spec.backlog,
                split: split(member.weight),
                node: member.spec.node.and_then(|(node, _)| {
                    let (cores, stations) = (self.nodes[node.0 as usize].cores, on_nodes[node.0 as usize]);
                    // A node that all its stations can use at once is none.
                    (f64::from(stations) * member.spec.cores.as_f64() > cores).then_some((cores, stations))
                }),
            };
            self.join(index, kind, tables);
        }
        let pairs = |at: usize| self.list[at + 1..].iter().map(move |other| (at, other));
        self.may_merge = (0..self.list.len()).flat_map(pairs).any(|(at, other)| self.list[at].is_like(other));
    }

    /// How the balancer's stream is split, by a station's weight.
    fn splits(&self) -> impl Fn(f64) -> Split + use<> {
        let targets = self.existing().filter(|member| member.weight > 0.0);
        let (count, total) = targets.fold((0u32, 0.0), |(count, sum), member| (count + 1, sum + member.weight));
        let algorithm = self.algorithm;
        move |weight: f64| match algorithm {
            Algorithm::RoundRobin if weight > 0.0 => {
                Split::InTurn(((total / weight + 0.5) as u32).clamp(1, MOST_IN_TURN))
            }
            Algorithm::LeastOutstanding if count > 0 => Split::Emptiest(count.min(MOST_IN_TURN)),
            Algorithm::PowerOfTwo if count > 1 => Split::EmptierOfTwo,
            _ => Split::Random,
        }
    }

    /// Stations with traffic on each node.
    fn targets_by_node(&self) -> Vec<u32> {
        let mut counts = vec![0; self.nodes.len()];
        for member in self.existing().filter(|member| member.weight > 0.0 && !member.dead) {
            if let Some((node, _)) = member.spec.node {
                counts[node.0 as usize] += 1;
            }
        }
        counts
    }

    fn join(&mut self, index: usize, kind: Kind, tables: &Tables) {
        let Some(Some(member)) = self.members.get_mut(index) else { return };
        let alike = |group: &Group| {
            group.kind == kind
                && group.weight == member.weight
                && group.dead == member.dead
                && group.cold_since == member.cold_since
                && close(group.inside, member.inside)
        };
        let at = match self.list.iter().position(alike) {
            Some(at) if !self.alone => at,
            _ => {
                self.list.push(Group {
                    station: tables.station(&kind),
                    kind,
                    members: Vec::new(),
                    weight: member.weight,
                    dead: member.dead,
                    cold_since: member.cold_since,
                    inside: member.inside,
                    busy: 0.0,
                    sent: 0.0,
                    variance: 0.0,
                    settled: None,
                    before: Counters::default(),
                });
                self.list.len() - 1
            }
        };
        let group = &mut self.list[at];
        // Nothing inside is lost or found by grouping.
        let size = group.size();
        group.inside = (group.inside * size + member.inside) / (size + 1.0);
        group.members.push(index as u32);
        member.group = at;
    }

    /// Groups that have become alike are to be merged.
    #[inline]
    pub(super) fn merge_if_alike(&mut self, now: f64) {
        if (self.may_merge || !self.warming.is_empty()) && !self.stale && !self.alone {
            self.stale = self.can_merge(now);
        }
    }

    fn can_merge(&mut self, now: f64) -> bool {
        let warmed = self.note_warm(now);
        let alike = |a: &Group, b: &Group| a.is_like(b) && a.cold_since == b.cold_since && close(a.inside, b.inside);
        let merge = self.may_merge
            && (0..self.list.len()).any(|at| self.list[at + 1..].iter().any(|b| alike(&self.list[at], b)));
        warmed || merge
    }

    /// Notes who is as good as warm by now; says whether that makes groups that could be one.
    fn note_warm(&mut self, now: f64) -> bool {
        let Some(cold) = self.cold_start.filter(|_| !self.warming.is_empty() && self.list.len() > 1) else {
            return false;
        };
        let before = self.warming.len();
        let members = &mut self.members;
        self.warming.retain(|&id| {
            let Some(Some(member)) = members.get_mut(id as usize) else { return false };
            let since = member.cold_since.unwrap_or(now);
            let warm = (cold.factor(((now - since).max(0.0) * 1e9) as u64) - 1.0).abs() < WARM;
            if warm {
                member.cold_since = None;
            }
            !warm
        });
        self.warming.len() < before
    }

    /// Notes who has got a first request by now: the first of so many that came evenly since it was attached.
    #[inline]
    pub(super) fn note_first_requests(&mut self, now: u64) {
        if self.fresh.is_empty() {
            return;
        }
        let fresh = std::mem::take(&mut self.fresh);
        for id in fresh {
            let Some((member, _, sent, ..)) = self.state(id) else { continue };
            let attached = member.attached.unwrap_or(now);
            if sent < 1.0 {
                self.fresh.push(id);
            } else if let Some(member) = self.member(id) {
                member.first_request = Some(attached + ((now - attached) as f64 / sent) as u64);
            }
        }
    }

    // ---- shares

    /// Whether who gets what depends on the numbers inside, and they differ.
    pub(super) fn split_by_load(&self) -> bool {
        let counts = matches!(self.algorithm, Algorithm::LeastOutstanding | Algorithm::PowerOfTwo);
        counts && self.list.iter().filter(|group| group.weight > 0.0).count() > 1
    }

    /// The part of so many requests, coming over some seconds from an instant on, that one station of each group gets. Nothing
    /// when no station takes any.
    pub(super) fn apportion(&mut self, requests: f64, seconds: f64, now: f64, rules: &Rules) -> bool {
        let by_load = self.split_by_load() && requests > 0.0;
        if !by_load && let Some(total) = self.apportioned {
            return total > 0.0;
        }
        let mut parts = std::mem::take(&mut self.parts);
        parts.clear();
        let dead = self.list.iter().any(|group| group.dead && group.weight > 0.0);
        if !by_load {
            parts.extend(self.list.iter().map(|group| group.weight));
        } else if self.algorithm == Algorithm::PowerOfTwo {
            parts.extend((0..self.list.len()).map(|at| self.by_two_choices(at)));
        } else if dead {
            parts.extend((0..self.list.len()).map(|at| self.to_the_emptiest(at)));
        } else {
            self.by_levelling(requests, seconds, now, rules, &mut parts);
        }
        let total: f64 = self.list.iter().zip(&parts).map(|(group, part)| part * group.size()).sum();
        parts.iter_mut().for_each(|part| *part /= total);
        self.parts = parts;
        self.apportioned = (!by_load).then_some(total);
        total > 0.0
    }

    /// The part that was apportioned to one station of a group.
    pub(super) fn part(&self, at: usize) -> f64 {
        self.parts[at]
    }

    /// Requests inside and the one to come, by the station's weight: what balancers compare.
    fn load(group: &Group) -> f64 {
        (group.inside + 1.0) / group.weight
    }

    fn targets(&self) -> impl Iterator<Item = &Group> {
        self.list.iter().filter(|group| group.weight > 0.0)
    }

    /// Least outstanding requests keeps the numbers inside level: what comes fills up those that would be emptiest at the end
    /// of the step, as water fills a vessel.
    fn by_levelling(&self, requests: f64, seconds: f64, now: f64, rules: &Rules, parts: &mut Vec<f64>) {
        let left = |group: &Group| {
            let slowness = group.slowness(now + 0.5 * seconds, rules);
            group.station.pass(group.inside, 0.0, seconds / slowness).inside
        };
        parts.extend(self.list.iter().map(|group| if group.weight > 0.0 { left(group) } else { f64::INFINITY }));
        let (mut level, mut most) = (0.0, f64::INFINITY);
        // From all stations on, those that stand above the level are left out until none does.
        loop {
            let (mut held, mut weight) = (requests, 0.0);
            for (group, left) in self.list.iter().zip(parts.iter()).filter(|(group, _)| group.weight > 0.0) {
                if left / group.weight < most {
                    held += left * group.size();
                    weight += group.weight * group.size();
                }
            }
            if weight == 0.0 {
                break;
            }
            level = held / weight;
            if level >= most {
                break;
            }
            most = level;
        }
        for (part, group) in parts.iter_mut().zip(&self.list) {
            *part = (level * group.weight - *part).max(0.0);
        }
    }

    /// Least outstanding requests where some stations are dead: those stay empty and get everything.
    fn to_the_emptiest(&self, at: usize) -> f64 {
        let group = &self.list[at];
        let least = self.targets().map(Groups::load).fold(f64::INFINITY, f64::min);
        // One request more is what the balancer cannot tell from rounding.
        let emptiest = group.weight > 0.0 && Groups::load(group) <= least + 1.0 / group.weight;
        if emptiest { group.weight } else { 0.0 }
    }

    /// Both choices are at least as full, and not both fuller.
    fn by_two_choices(&self, at: usize) -> f64 {
        let group = &self.list[at];
        if group.weight <= 0.0 {
            return 0.0;
        }
        let own = Groups::load(group);
        let all: f64 = self.targets().map(Group::size).sum();
        let fuller: f64 = self.targets().filter(|other| Groups::load(other) > own + 1.0).map(Group::size).sum();
        let alike: f64 = self.targets().filter(|other| (Groups::load(other) - own).abs() <= 1.0).map(Group::size).sum();
        let (from, to) = ((fuller + alike) / all, fuller / all);
        (from * from - to * to) / alike.max(1.0)
    }

    // ---- reading

    /// Requests inside all of them.
    pub(super) fn inside(&self) -> f64 {
        if self.list.is_empty() {
            return self.existing().map(|member| member.inside).sum();
        }
        self.list.iter().map(|group| group.inside * group.size()).sum()
    }

    pub(super) fn state(&self, id: u32) -> Option<(&Member, f64, f64, f64, f64)> {
        let member = self.members.get(id as usize)?.as_ref()?;
        Some(match self.list.get(member.group) {
            Some(group) => (
                member,
                member.busy + group.busy,
                member.sent + group.sent,
                group.inside,
                member.variance + group.variance,
            ),
            None => (member, member.busy, member.sent, member.inside, member.variance),
        })
    }

    pub(super) fn usage(&self, id: u32) -> Usage {
        match self.state(id) {
            Some((member, busy, sent, inside, _)) => Usage {
                busy_core_nanos: busy,
                inside: (inside + 0.5) as u32,
                sent: (sent + 0.5) as u64,
                first_request: member.first_request.map(SimTime::from_nanos),
            },
            None => Usage::default(),
        }
    }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= ALIKE * a.max(b) + ALIKE
}
