//! What the Tencent AS API refuses, and what it takes but nobody means.

use super::config::TencentConfig;
use crate::controllers::cloud::problem::{Findings, Problem};

impl TencentConfig {
    /// Everything that is wrong with the configuration, or worth knowing.
    pub fn validate(&self) -> Vec<Problem> {
        let findings = Findings::new("tencent", self.lenient);
        findings.done()
    }
}
