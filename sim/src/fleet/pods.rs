//! Pods on nodes: what a Deployment, the scheduler, the kubelet and the endpoints controller make of a replica count.

mod autoscaler;
mod balancing;
mod lifecycle;
pub mod observe;
mod roster;

use std::collections::{BTreeMap, VecDeque};

use windtunnel_traces::distribution::Sampler;
use windtunnel_traces::random::{below, uniform};
use windtunnel_traces::{Bytes, Cores, Purpose, SimDuration, SimTime, Streams};

use super::Site;
use super::boot::Stage;
use super::nodes::{Image, Node, NodePool, Reservation};
use crate::agenda::Event;
use crate::controllers::decision::InstanceId;
use crate::controllers::hpa::spec::Source;
use crate::controllers::hpa::{DefaultedSpec, Resource};
use crate::outcome::InstanceLife;
use crate::outcome::ledger::RowProbe;
use crate::plant::{self, NodeId, StationSpec};
use crate::scenario::schema::{ClusterAutoscaler, Pods as PodsTable, Sensors};
use crate::sensors::metrics_server::{HOUSEKEEPING, PodUsage};

use self::roster::Roster;

/// Custom, object and external metrics that the simulated cluster serves.
pub const CUSTOM_METRICS: [&str; 6] = [
    "requests_per_second",
    "http_requests_per_second",
    "http_requests",
    "in_flight_requests",
    "active_connections",
    "qps",
];

/// Metrics of a policy that the simulated cluster does not have.
pub fn unknown_metrics(spec: &DefaultedSpec) -> Vec<String> {
    let unknown = spec.metrics.iter().filter(|metric| match &metric.source {
        Source::Resource(resource, _) | Source::ContainerResource(resource, ..) => *resource == Resource::Other,
        _ => !CUSTOM_METRICS.contains(&metric.name.as_str()),
    });
    unknown.map(|metric| metric.name.clone()).collect()
}

/// Everything about pods and nodes that does not change.
#[derive(Clone, Debug)]
pub struct PodsConfig {
    /// What the Deployment runs.
    pub pods: PodsTable,
    /// Cores of a node.
    pub node_cores: Cores,
    /// Memory of a node.
    pub node_memory: Bytes,
    /// Zones that nodes are spread over.
    pub zones: u32,
    /// Equal shares of traffic for all pods, rather than for all zones.
    pub cross_zone: bool,
    /// Nodes at the start.
    pub first_nodes: u32,
    /// The cluster autoscaler, if there is one.
    pub autoscaler: Option<ClusterAutoscaler>,
    /// Boot of a node.
    pub node_boot: Vec<Stage>,
    /// Image pull.
    pub image_pull: Sampler,
    /// From the container's start to the application listening.
    pub start: Sampler,
    /// Memory in use when idle, and for each request inside, in bytes.
    pub memory_use: (u64, u64),
    /// Resolutions of metrics.
    pub sensors: Sensors,
    /// The name of the pods' container.
    pub container: String,
    /// Whether the policy asks for rates of requests by pod.
    pub rates_by_pod: bool,
    /// Whether it asks for a rate of the whole fleet.
    pub rates_of_fleet: bool,
}

/// Where a pod is in its life.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// No node has room.
    Unscheduled,
    /// On a node, the image is being pulled.
    Pulling,
    /// The container runs.
    Running,
    /// No more.
    Gone,
}

/// The Ready condition of a pod.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
struct Ready {
    status: bool,
    /// `lastTransitionTime`, in whole seconds: before the start of the run for the first pods.
    since: i64,
}

struct Pod {
    phase: Phase,
    node: Option<NodeId>,
    created: SimTime,
    /// `status.startTime`: before the start of the run for the first pods.
    started: Option<i64>,
    /// The Ready condition; none before the kubelet has seen the pod.
    ready: Option<Ready>,
    /// When it was scheduled: its probes count from here.
    scheduled: SimTime,
    /// When its application listens.
    listens: SimTime,
    /// `deletionTimestamp`.
    deleting: Option<SimTime>,
    /// Random, as the API server draws it.
    uid: u32,
    in_traffic: bool,
    dead: bool,
    usage: PodUsage,
    /// It is read together with others on its node: what is known of it is what is known of them.
    together: bool,
    /// Nothing depends on when it started any more, and nothing has happened to it since that was found.
    settled: bool,
    busy_at_row: f64,
    /// Requests sent to it at recent scrapes, for `rate()`.
    sent_history: VecDeque<(SimTime, u64)>,
    replaces: Option<InstanceId>,
}

/// The pods, their nodes, and the controllers that move them.
pub struct Pods {
    config: PodsConfig,
    first_scrape: SimDuration,
    pods: Vec<Pod>,
    alive: Vec<InstanceId>,
    roster: Roster,
    nodes: NodePool,
    /// Room for what the plant has noted of each node.
    readings: Vec<Option<plant::Reading>>,
    reservation: Reservation,
    /// `spec.replicas` of the Deployment.
    replicas: u32,
    retired_busy: f64,
    arrivals_history: VecDeque<(SimTime, u64)>,
    /// When metrics-server last read the kubelets.
    last_scrape: SimTime,
    boot_factor: f64,
    last_node_added: SimTime,
    rolling: Option<Rolling>,
    zones_down: BTreeMap<u32, ZoneOutage>,
    spot: windtunnel_traces::random::Generator,
}

struct Rolling {
    /// Those that still have to be replaced, the next one last.
    left: Vec<InstanceId>,
    /// How many are replaced at a time.
    at_once: u32,
}

/// A zone that is down.
#[derive(Default)]
struct ZoneOutage {
    /// Outages that overlap: it is up again when the last has ended.
    outages: u32,
    /// Nodes that it had.
    lost: u32,
}

impl Pods {
    /// An empty cluster.
    pub fn new(config: PodsConfig, streams: Streams) -> Self {
        let reservation = Reservation {
            cpu: config.pods.cpu.request.map_or(0, |cores| u64::from(cores.as_millis())),
            memory: config.pods.memory.request.map_or(0, Bytes::as_u64),
        };
        let offers = Reservation { cpu: u64::from(config.node_cores.as_millis()), memory: config.node_memory.as_u64() };
        // metrics-server has been ticking since long before: nothing ties its phase to the start of the run. By the end
        // of one housekeeping interval every kubelet has taken a point that it can read.
        let phase = uniform(&mut streams.indexed(Purpose::MetricDelay, 0));
        let first_scrape = HOUSEKEEPING + config.sensors.metrics_server.mul_f64(phase);
        Pods {
            config,
            first_scrape,
            pods: Vec::new(),
            alive: Vec::new(),
            roster: Roster::default(),
            nodes: NodePool { nodes: Vec::new(), offers },
            readings: Vec::new(),
            reservation,
            replicas: 0,
            retired_busy: 0.0,
            arrivals_history: VecDeque::new(),
            last_scrape: SimTime::ZERO,
            boot_factor: 1.0,
            last_node_added: SimTime::ZERO,
            rolling: None,
            zones_down: BTreeMap::new(),
            spot: streams.stream(Purpose::Removal),
        }
    }

    /// Sets up the nodes and the first pods, warm and in service.
    pub fn start(&mut self, site: &mut Site, replicas: u32) {
        for _ in 0..self.config.first_nodes {
            let zone = self.emptiest_zone().unwrap_or(0);
            let node = self.add_node(site, zone);
            let node = &mut self.nodes.nodes[node.0 as usize];
            node.ready = true;
            node.image = Image::From(SimTime::ZERO);
        }
        self.replicas = replicas;
        for _ in 0..replicas {
            self.create(site, true);
        }
        site.agenda.at(site.now + self.first_scrape, Event::Scrape);
        if let Some(autoscaler) = &self.config.autoscaler {
            site.agenda.at(site.now + autoscaler.scan, Event::AutoscalerScan);
        }
    }

    /// When metrics-server first reads the kubelets: from then on there are metrics of the first pods.
    pub fn first_scrape(&self) -> SimDuration {
        self.first_scrape
    }

    /// `spec.replicas` of the Deployment.
    pub fn replicas(&self) -> u32 {
        self.replicas
    }

    /// `status.replicas`: pods that exist and are not being deleted.
    pub fn existing(&self) -> u32 {
        self.alive.iter().filter(|id| self.pods[id.0 as usize].deleting.is_none()).count() as u32
    }

    /// Sets `spec.replicas`; the ReplicaSet creates or deletes pods.
    pub fn scale(&mut self, site: &mut Site, replicas: u32) {
        self.replicas = replicas;
        self.roster.disturb();
        self.reconcile(site);
    }

    /// Pods without a node.
    fn unscheduled(&self) -> Vec<InstanceId> {
        let waiting = |id: &&InstanceId| self.pods[id.0 as usize].phase == Phase::Unscheduled;
        self.alive.iter().filter(waiting).copied().collect()
    }

    fn pod(&mut self, id: InstanceId) -> &mut Pod {
        let pod = &mut self.pods[id.0 as usize];
        pod.settled = false;
        pod
    }

    /// Cores that a pod may use at most.
    fn limit(&self) -> Cores {
        self.config.pods.cpu.limit.unwrap_or(self.config.node_cores).min(self.config.node_cores)
    }

    fn station(&self, node: NodeId, warm: bool) -> StationSpec {
        let pods = &self.config.pods;
        StationSpec {
            cores: self.limit(),
            discipline: pods.discipline,
            workers: pods.workers,
            backlog: pods.backlog,
            // Shares of CPU time go by requests; a pod without one gets the least share (2 of 1024 per core).
            node: Some((node, pods.cpu.request.map_or(2, Cores::as_millis))),
            warm,
        }
    }

    /// The zone with the fewest nodes among those that are up.
    fn emptiest_zone(&self) -> Option<u32> {
        let nodes = |zone: &u32| self.nodes.nodes.iter().filter(|node| node.zone == *zone && !node.gone).count();
        (0..self.config.zones.max(1)).filter(|zone| !self.zones_down.contains_key(zone)).min_by_key(nodes)
    }

    fn add_node(&mut self, site: &mut Site, zone: u32) -> NodeId {
        let now = site.now;
        let id = NodeId(self.nodes.nodes.len() as u32);
        let mut stream = site.streams.indexed(Purpose::ProbePhase, u32::MAX - id.0);
        self.nodes.nodes.push(Node {
            zone,
            ready: false,
            gone: false,
            reserved: Reservation::default(),
            pods: 0,
            image: Image::Absent,
            housekeeping_phase: u64::from(below(&mut stream, 10)),
            next_point: None,
            together: None,
            launched: now,
            ended: None,
            unneeded_since: None,
        });
        site.plant.add_node(id, self.config.node_cores);
        site.ledger.nodes.add(now, 1.0);
        let first = self.first_point_read(id, now);
        self.schedule_point(site, id, first);
        id
    }

    fn new_life(&self, site: &mut Site, id: InstanceId) {
        let life = InstanceLife { id: id.0, launched_seconds: site.now.as_secs_f64(), ..InstanceLife::default() };
        site.ledger.launch(life, site.now);
    }

    /// Launch and end of every node, for the bill.
    pub fn node_lives(&self) -> impl Iterator<Item = (SimTime, Option<SimTime>)> + '_ {
        self.nodes.nodes.iter().map(|node| (node.launched, node.ended))
    }

    /// What the ledger asks for at the end of a row of `seconds`. Utilization is against requested cores.
    pub fn probe(&mut self, site: &mut Site, seconds: f64) -> RowProbe {
        let requested = self.config.pods.cpu.request.unwrap_or(self.limit()).as_f64();
        let memory = self.config.pods.memory.request.unwrap_or(self.config.node_memory).as_u64().max(1) as f64;
        let mut probe = RowProbe { busy_core_seconds: self.retired_busy * 1e-9, ..RowProbe::default() };
        let mut in_traffic = 0.0;
        for &id in &self.alive {
            let pod = &mut self.pods[id.0 as usize];
            if pod.phase != Phase::Running {
                continue;
            }
            let usage = site.plant.usage(id);
            probe.busy_core_seconds += usage.busy_core_nanos * 1e-9;
            let busy = (usage.busy_core_nanos - pod.busy_at_row) * 1e-9;
            pod.busy_at_row = usage.busy_core_nanos;
            probe.busiest = probe.busiest.max(busy / (seconds * requested));
            if pod.in_traffic {
                in_traffic += 1.0;
                let (base, per_request) = self.config.memory_use;
                probe.memory += (base + per_request * u64::from(usage.inside)) as f64 / memory;
            }
        }
        if in_traffic > 0.0 {
            probe.memory /= in_traffic;
        }
        probe.desired = f64::from(self.replicas);
        probe
    }

    /// Handles an event of the agenda that concerns pods or nodes.
    pub fn handle(&mut self, site: &mut Site, event: Event) {
        if !matches!(event, Event::Housekeeping(_) | Event::Scrape | Event::AutoscalerScan) {
            self.roster.disturb();
        }
        match event {
            Event::Pulled(id) => self.pulled(site, id),
            Event::Ready(id) => self.ready(site, id),
            Event::EndpointsChanged(id) => self.endpoints_changed(site, id),
            Event::DrainCheck(id) => self.drain_check(site, id),
            Event::DrainOver(id) => self.gone(site, id, "scale-in"),
            Event::FoundUnhealthy(id) => self.node_not_ready(site, id),
            Event::FoundDead(id) => self.evicted(site, id),
            Event::NodeReady(node) => self.node_ready(site, node),
            Event::Housekeeping(node) => self.housekeeping(site, node),
            Event::Scrape => self.scrape(site),
            Event::AutoscalerScan => self.autoscaler_scan(site),
            _ => {}
        }
    }

    /// Boots of nodes that begin from now on take `factor` times as long as they would undisturbed.
    pub fn slow_boots(&mut self, factor: f64) {
        self.boot_factor = factor;
    }
}

impl Pod {
    /// Since when it is ready, if it is.
    fn ready_since(&self) -> Option<i64> {
        self.ready.filter(|ready| ready.status).map(|ready| ready.since)
    }
}
