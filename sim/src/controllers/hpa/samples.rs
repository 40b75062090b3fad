//! From what metrics.k8s.io reports per container to one value per pod.

use super::outcome::MetricError;
use super::requests::Resource;

/// Usage of one container in a PodMetrics object, in the units metrics-server reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContainerUsage<'a> {
    /// The container's name.
    pub name: &'a str,
    /// Nanocores, if reported.
    pub cpu: Option<i64>,
    /// Bytes, if reported.
    pub memory: Option<i64>,
}

impl ContainerUsage<'_> {
    /// The usage in milli-units.
    fn milli(&self, resource: Resource) -> Option<i64> {
        match resource {
            Resource::Cpu => self.cpu.map(millicores_of_nanocores),
            Resource::Memory => self.memory.map(|bytes| bytes.saturating_mul(1_000)),
            Resource::Other => None,
        }
    }
}

/// Nanocores to millicores, rounded away from zero as resource.Quantity.MilliValue rounds.
#[must_use]
pub const fn millicores_of_nanocores(nanocores: i64) -> i64 {
    const NANO_PER_MILLI: u64 = 1_000_000;
    let whole = nanocores.unsigned_abs().div_ceil(NANO_PER_MILLI) as i64;
    if nanocores < 0 { -whole } else { whole }
}

/// A pod's usage of a resource: the sum over its containers, or nothing when one of them lacks the resource.
///
/// MC getPodMetrics. Each container is rounded to milli-units before summing.
#[must_use]
pub fn pod_usage<'a>(containers: impl IntoIterator<Item = ContainerUsage<'a>>, resource: Resource) -> Option<i64> {
    let mut sum = None;
    for container in containers {
        sum = Some(sum.unwrap_or(0_i64).saturating_add(container.milli(resource)?));
    }
    sum
}

/// Usage of the named container; a PodMetrics without that container fails the whole metric.
///
/// MC getContainerMetrics.
///
/// # Errors
/// When no container has that name.
pub fn container_usage<'a>(
    containers: impl IntoIterator<Item = ContainerUsage<'a>>,
    resource: Resource,
    name: &str,
) -> Result<Option<i64>, MetricError> {
    containers
        .into_iter()
        .find(|container| container.name == name)
        .map(|container| container.milli(resource))
        .ok_or(MetricError::ContainerNotInSample)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(name: &str, cpu: Option<i64>) -> ContainerUsage<'_> {
        ContainerUsage { name, cpu, memory: None }
    }

    #[test]
    fn each_container_rounds_up_before_the_sum() {
        let containers = [usage("app", Some(1)), usage("mesh", Some(1_000_001))];
        assert_eq!(pod_usage(containers, Resource::Cpu), Some(1 + 2));
    }

    #[test]
    fn a_container_without_the_resource_leaves_the_pod_without_a_sample() {
        let containers = [usage("app", Some(1)), usage("mesh", None)];
        assert_eq!(pod_usage(containers, Resource::Cpu), None);
        assert_eq!(pod_usage([], Resource::Cpu), None);
    }

    #[test]
    fn a_named_container_must_be_in_the_sample() {
        let containers = [usage("app", None)];
        assert_eq!(container_usage(containers, Resource::Cpu, "app"), Ok(None));
        assert_eq!(container_usage(containers, Resource::Cpu, "mesh"), Err(MetricError::ContainerNotInSample));
    }
}
