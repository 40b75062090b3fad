//! What the three clouds call the same things.

use super::super::object::Kind;
use crate::controllers::cloud::Provider;

pub(super) struct Dialect {
    pub(super) provider: Provider,
    pub(super) vendor: &'static str,
    /// The table of the scenario.
    pub(super) table: &'static str,
    /// What a rule's table is called in it.
    pub(super) rules: &'static str,
    pub(super) group: Kind,
    pub(super) rule: Kind,
    pub(super) alarms: &'static [Kind],
    pub(super) schedule: Kind,
    pub(super) hook: Kind,
    /// Fields of a group by which others refer to it; the first is shown as its name.
    pub(super) group_ids: &'static [&'static str],
    /// The id that the service assigns, unknown to the command that makes the group.
    pub(super) assigned_id: Option<&'static str>,
    /// Fields of members that name the group.
    pub(super) member_keys: &'static [&'static str],
    pub(super) rule_name: &'static str,
    /// Fields of a rule by which alarms refer to it.
    pub(super) rule_ids: &'static [&'static str],
    pub(super) rule_type: &'static str,
    pub(super) adjustment: &'static str,
    /// Fields of a group that the simulation has no use for.
    pub(super) ignored: &'static [&'static str],
}

pub(super) const ALL: &[Dialect] = &[
    Dialect {
        provider: Provider::Ess,
        vendor: "Alibaba Cloud ESS",
        table: "ess",
        rules: "rule",
        group: Kind::EssGroup,
        rule: Kind::EssRule,
        alarms: &[Kind::EssAlarm, Kind::CmsRule],
        schedule: Kind::EssSchedule,
        hook: Kind::EssHook,
        group_ids: &["ScalingGroupName", "ScalingGroupId"],
        assigned_id: Some("ScalingGroupId"),
        member_keys: &["ScalingGroupId"],
        rule_name: "ScalingRuleName",
        rule_ids: &["ScalingRuleAri", "ScalingRuleId", "ScalingRuleName"],
        rule_type: "ScalingRuleType",
        adjustment: "AdjustmentValue",
        ignored: &[
            "LoadBalancerIds",
            "VSwitchIds",
            "VServerGroups",
            "AlbServerGroups",
            "LaunchTemplateId",
            "MaxInstanceLifetime",
        ],
    },
    Dialect {
        provider: Provider::Aws,
        vendor: "AWS EC2 Auto Scaling",
        table: "aws",
        rules: "policy",
        group: Kind::AwsGroup,
        rule: Kind::AwsPolicy,
        alarms: &[Kind::AwsAlarm],
        schedule: Kind::AwsSchedule,
        hook: Kind::AwsHook,
        group_ids: &["AutoScalingGroupName"],
        assigned_id: None,
        member_keys: &["AutoScalingGroupName"],
        rule_name: "PolicyName",
        rule_ids: &["PolicyARN", "PolicyName"],
        rule_type: "PolicyType",
        adjustment: "ScalingAdjustment",
        ignored: &[
            "AvailabilityZones",
            "VPCZoneIdentifier",
            "LaunchTemplate",
            "LaunchConfigurationName",
            "TargetGroupARNs",
            "LoadBalancerNames",
            "TrafficSources",
            "MixedInstancesPolicy",
            "MaxInstanceLifetime",
        ],
    },
    Dialect {
        provider: Provider::Tencent,
        vendor: "Tencent Cloud AS",
        table: "tencent",
        rules: "policy",
        group: Kind::TencentGroup,
        rule: Kind::TencentPolicy,
        alarms: &[],
        schedule: Kind::TencentSchedule,
        hook: Kind::TencentHook,
        group_ids: &["AutoScalingGroupName", "AutoScalingGroupId"],
        assigned_id: Some("AutoScalingGroupId"),
        member_keys: &["AutoScalingGroupId"],
        rule_name: "ScalingPolicyName",
        rule_ids: &["AutoScalingPolicyId", "ScalingPolicyName"],
        rule_type: "ScalingPolicyType",
        adjustment: "AdjustmentValue",
        ignored: &[
            "LaunchConfigurationId",
            "VpcId",
            "SubnetIds",
            "ForwardLoadBalancers",
            "LoadBalancerIds",
            "HealthCheckType",
        ],
    },
];
