//! What the ESS API refuses, and what it takes but nobody means.

use super::config::EssConfig;
use crate::controllers::cloud::problem::{Findings, Problem};

impl EssConfig {
    /// Everything that is wrong with the configuration, or worth knowing.
    pub fn validate(&self) -> Vec<Problem> {
        let findings = Findings::new("ess", self.lenient);
        findings.done()
    }
}
