//! What a pod's containers ask for: the denominator of a utilization.

use super::flags::FeatureGates;
use super::outcome::MetricError;

/// A compute resource that a metric names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Values in millicores.
    Cpu,
    /// Values in thousandths of a byte.
    Memory,
    /// Any other name: metrics-server has no samples of it.
    Other,
}

/// Requests in milli-units; `None` = no request for that resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Requests {
    /// Millicores.
    pub cpu: Option<i64>,
    /// Thousandths of a byte.
    pub memory: Option<i64>,
}

impl Requests {
    /// The request for one resource.
    #[must_use]
    pub const fn of(&self, resource: Resource) -> Option<i64> {
        match resource {
            Resource::Cpu => self.cpu,
            Resource::Memory => self.memory,
            Resource::Other => None,
        }
    }
}

/// One container: a main one, or a sidecar (a restartable init container). Plain init containers are left out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// What it asks for.
    pub requests: Requests,
}

/// The requests that pods of one shape share.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct PodTemplate {
    /// Its containers, sidecars last.
    pub containers: Vec<Container>,
    /// Requests of the pod as a whole (KEP-2837), if it has any.
    pub pod_level: Option<Requests>,
}

impl PodTemplate {
    /// A pod's request for a resource, or for it in one container.
    ///
    /// RC calculateRequests: pod-level requests win over the containers' unless a container is named.
    #[inline]
    pub(super) fn request(
        &self,
        resource: Resource,
        container: Option<&str>,
        gates: FeatureGates,
    ) -> Result<i64, MetricError> {
        match (container, self.pod_level) {
            (Some(name), _) => self.container_request(resource, name),
            (None, Some(pod_level)) if gates.pod_level_resources && pod_level != Requests::default() => {
                self.pod_request(resource, pod_level)
            }
            (None, _) => self.sum_of_containers(resource),
        }
    }

    /// RC calculatePodLevelRequests: a resource that the pod does not set falls back to the scheduler's sum, in which a
    /// container without a request counts nothing.
    fn pod_request(&self, resource: Resource, pod_level: Requests) -> Result<i64, MetricError> {
        if let Some(request) = pod_level.of(resource) {
            return Ok(request);
        }
        self.containers
            .iter()
            .filter_map(|container| container.requests.of(resource))
            .reduce(i64::saturating_add)
            .ok_or(MetricError::MissingRequest)
    }

    /// RC calculatePodRequestsFromContainers, over all containers: each must have a request.
    fn sum_of_containers(&self, resource: Resource) -> Result<i64, MetricError> {
        self.containers.iter().try_fold(0_i64, |sum, container| {
            let request = container.requests.of(resource).ok_or(MetricError::MissingRequest)?;
            Ok(sum.saturating_add(request))
        })
    }

    /// RC calculatePodRequestsFromContainers, of the named one.
    fn container_request(&self, resource: Resource, name: &str) -> Result<i64, MetricError> {
        self.containers
            .iter()
            .find(|container| container.name == name)
            .ok_or(MetricError::ContainerNotInPod)?
            .requests
            .of(resource)
            .ok_or(MetricError::MissingRequest)
    }
}
