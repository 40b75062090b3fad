//! From a policy to artifacts that the vendors' tools accept.
//!
//! A policy becomes `call::Call`s, with the API's names, ranges and types; a format spells them: command lines,
//! CloudFormation, Terraform. What the real API would refuse is not written.

pub(super) mod aws;
mod aws_group;
mod call;
mod cloudformation;
mod ess;
mod hpa;
mod shell;
mod tencent;
mod terraform;

use crate::scenario::{Policy, Scenario};

/// A format.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A Kubernetes manifest, `autoscaling/v2`.
    Hpa,
    /// Command lines of `aws`.
    AwsCli,
    /// A CloudFormation template in JSON.
    CloudFormation,
    /// Command lines of `aliyun`.
    AliyunCli,
    /// Command lines of `tccli`.
    Tccli,
    /// Terraform's JSON configuration, `.tf.json`.
    Terraform,
}

/// Why a policy cannot be written in a format.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ExportError {
    /// The format belongs to another vendor.
    #[error("a policy of [{table}] cannot be written as {target}")]
    Vendor {
        /// The scenario's controller.
        table: &'static str,
        /// The format.
        target: &'static str,
    },
    /// The real API would refuse it.
    #[error("the API would refuse this: {}", .0.join("; "))]
    Refused(Vec<String>),
}

impl Target {
    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Target::Hpa => "hpa",
            Target::AwsCli => "aws-cli",
            Target::CloudFormation => "cloudformation",
            Target::AliyunCli => "aliyun-cli",
            Target::Tccli => "tccli",
            Target::Terraform => "terraform",
        }
    }
}

/// Writes a scenario's policy.
///
/// # Errors
/// When the format is another vendor's, or the real API would refuse the policy.
pub fn export(scenario: &Scenario, target: Target) -> Result<String, ExportError> {
    let name = scenario.name.as_str();
    match (&scenario.policy, target) {
        (Policy::Hpa { .. }, Target::Hpa) => hpa::manifest(scenario),
        (Policy::Ess(config), Target::AliyunCli) => Ok(shell::aliyun(&ess::calls(config, name)?)),
        (Policy::Ess(config), Target::Terraform) => Ok(terraform::write(&ess::calls(config, name)?)),
        (Policy::Aws(config), Target::AwsCli) => Ok(shell::aws(&aws::calls(config, name)?)),
        (Policy::Aws(config), Target::CloudFormation) => Ok(cloudformation::write(&aws::calls(config, name)?)),
        (Policy::Aws(config), Target::Terraform) => Ok(terraform::write(&aws::calls(config, name)?)),
        (Policy::Tencent(config), Target::Tccli) => Ok(shell::tccli(&tencent::calls(config, name)?)),
        (Policy::Tencent(config), Target::Terraform) => Ok(terraform::write(&tencent::calls(config, name)?)),
        (policy, target) => Err(ExportError::Vendor { table: table(policy), target: target.name() }),
    }
}

const fn table(policy: &Policy) -> &'static str {
    match policy {
        Policy::Ess(_) => "ess",
        Policy::Aws(_) => "aws",
        Policy::Tencent(_) => "tencent",
        Policy::Hpa { .. } => "hpa",
        Policy::Baseline(_) => "baseline",
        Policy::Fixed(_) => "fixed",
    }
}
