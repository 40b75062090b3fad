//! What the EC2 Auto Scaling and CloudWatch APIs refuse, and what they take but nobody means.

use super::config::AwsConfig;
use crate::controllers::cloud::problem::{Findings, Problem};

impl AwsConfig {
    /// Everything that is wrong with the configuration, or worth knowing.
    pub fn validate(&self) -> Vec<Problem> {
        let findings = Findings::new("aws", self.lenient);
        findings.done()
    }
}
