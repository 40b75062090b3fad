//! Scenarios: what they are written as, and what they mean.

pub mod document;

use windtunnel_traces::SimDuration;

pub use document::{Diagnostic, Document, ScenarioError, ScenarioFiles, Severity};

/// PLACEHOLDER until the schema is merged: what the command line needs of a resolved scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The name.
    pub name: String,
    /// The seed of every random stream.
    pub seed: u64,
    /// How long is simulated.
    pub horizon: SimDuration,
    /// Which controller.
    pub provider: crate::outcome::Provider,
}

/// A scenario with the document that it was read from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What is simulated.
    pub scenario: Scenario,
    /// What was written.
    pub document: Document,
    /// What the reader should know.
    pub notes: Vec<Diagnostic>,
}

impl Loaded {
    /// PLACEHOLDER: reads three keys.
    pub fn from_document(document: Document, _files: &dyn ScenarioFiles) -> Result<Loaded, ScenarioError> {
        use crate::outcome::Provider;
        #[derive(serde::Deserialize)]
        struct Wire {
            name: String,
            #[serde(default)]
            seed: u64,
            horizon: SimDuration,
        }
        let wire: Wire = document.decode()?;
        let providers = [
            ("ess", Provider::Ess),
            ("aws", Provider::Aws),
            ("tencent", Provider::Tencent),
            ("hpa", Provider::Hpa),
            ("fixed", Provider::Fixed),
        ];
        let provider = providers.iter().find(|(key, _)| document.is_given(key));
        let Some(&(_, provider)) = provider else {
            return Err(document.error_at("", "a scenario needs one controller").into());
        };
        let scenario = Scenario { name: wire.name, seed: wire.seed, horizon: wire.horizon, provider };
        Ok(Loaded { scenario, document, notes: Vec::new() })
    }

    /// PLACEHOLDER: every key with defaults filled.
    pub fn resolved_toml(&self) -> toml::Table {
        let mut table = self.document.to_toml();
        table.insert("seed".into(), toml::Value::Integer(self.scenario.seed as i64));
        table
    }
}

/// PLACEHOLDER: the JSON Schema of a scenario.
pub fn schema() -> serde_json::Value {
    serde_json::json!({ "$schema": "http://json-schema.org/draft-07/schema#", "type": "object" })
}
