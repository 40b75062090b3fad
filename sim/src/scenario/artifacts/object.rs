//! API objects: one call, or one element of what a call returns, with the API's own names.

use super::node::Node;

/// What an object is.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    AwsGroup,
    AwsPolicy,
    AwsAlarm,
    AwsSchedule,
    AwsHook,
    AwsWarmPool,
    /// AWS's SuspendProcesses.
    AwsSuspension,
    AwsComposite,
    EssGroup,
    EssRule,
    EssAlarm,
    EssSchedule,
    EssHook,
    /// ESS's SuspendProcesses.
    EssSuspension,
    /// CloudMonitor's PutResourceMetricRule.
    CmsRule,
    /// CloudMonitor's PutMetricRuleTargets.
    CmsTargets,
    TencentGroup,
    TencentPolicy,
    TencentSchedule,
    TencentHook,
    /// A Kubernetes object of any kind.
    Kubernetes,
}

/// An object with its fields.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) kind: Kind,
    /// A table of the API's fields.
    pub(super) node: Node,
    /// How references name it: a logical id, a Terraform address, a shell variable.
    pub(super) symbol: Option<String>,
}

/// How a reference to another object is written in a value: `ref:` and the other's symbol.
pub(super) const REFERENCE: &str = "ref:";

impl Object {
    pub(super) fn new(kind: Kind, node: Node) -> Object {
        Object { kind, node, symbol: None }
    }

    pub(super) fn named(self, symbol: impl Into<String>) -> Object {
        Object { symbol: Some(symbol.into()), ..self }
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.node.get(key)?.text().filter(|text| !text.is_empty())
    }
}
