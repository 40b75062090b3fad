//! Scenarios: what they are written as ([`mod@schema`], [`document`]), and what they mean ([`Scenario`]).

pub mod artifacts;
mod check;
mod cluster;
pub mod document;
pub mod hazards;
mod resolve;
pub mod schema;

use std::path::Path;

use sha2::{Digest, Sha256};
use windtunnel_traces::clients::ClientsSpec;
use windtunnel_traces::distribution::{Distribution, Sampler};
use windtunnel_traces::trace::{OpenTrace, Trace};
use windtunnel_traces::{SimDuration, SimTime};

pub use document::{Diagnostic, Document, ScenarioError, ScenarioFiles, Severity};

use crate::controllers::baseline::BaselineConfig;
use crate::controllers::cloud::{AwsConfig, CloudConfig, EssConfig, TencentConfig};
use crate::controllers::hpa::{ControllerFlags, DefaultedSpec};
use crate::fleet::boot::Stage;
use crate::fleet::rules::RuleLaws;
use crate::outcome::{Objective, Provider};
use crate::plant::requests::ClassDemand;
use crate::sensors::publication::PerSource;

/// A scenario that has been read, completed and checked: it can be simulated.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// The seed of every random stream.
    pub seed: u64,
    /// How long is simulated.
    pub horizon: SimDuration,
    /// The file with every default filled in.
    pub file: schema::ScenarioFile,
    /// What arrives.
    pub trace: Trace,
    /// Who decides.
    pub policy: Policy,
    /// Distributions, ready to be drawn from.
    pub laws: Laws,
    /// Identifies the scenario and the content of its trace, whatever its files are called.
    pub digest: String,
}

/// Who decides.
#[derive(Clone, Debug)]
pub enum Policy {
    /// Alibaba ESS.
    Ess(EssConfig),
    /// AWS Auto Scaling.
    Aws(AwsConfig),
    /// Tencent AS.
    Tencent(TencentConfig),
    /// Kubernetes HPA.
    Hpa {
        /// The policy after the API server's defaulting.
        spec: Box<DefaultedSpec>,
        /// The controller's flags.
        flags: ControllerFlags,
    },
    /// A baseline of the literature.
    Baseline(BaselineConfig),
    /// Nobody.
    Fixed(u32),
}

/// A scenario's distributions, ready to be drawn from.
#[derive(Clone, Debug)]
pub struct Laws {
    /// Demands by class.
    pub classes: Vec<ClassDemand>,
    /// How long requests queue before they leave.
    pub patience: Option<Sampler>,
    /// Waits before retries.
    pub backoff: Option<Sampler>,
    /// Time inside the shared dependency.
    pub downstream: Option<Sampler>,
    /// Think times of closed-loop users.
    pub think: Option<Sampler>,
    /// Boot stages.
    pub boot: Vec<Stage>,
    /// Lifecycle hooks, and starts of stopped instances.
    pub rules: RuleLaws,
    /// Publication delay of metrics.
    pub metric_delay: Option<Sampler>,
    /// What the provider's monitoring adds to it, by source.
    pub publication: PerSource<Option<Sampler>>,
    /// Image pull of pods.
    pub image_pull: Option<Sampler>,
    /// Start of pods.
    pub pod_start: Option<Sampler>,
}

impl Policy {
    /// The scaling group of a cloud, if that is who decides.
    pub fn cloud(&self) -> Option<&dyn CloudConfig> {
        match self {
            Policy::Ess(config) => Some(config),
            Policy::Aws(config) => Some(config),
            Policy::Tencent(config) => Some(config),
            Policy::Hpa { .. } | Policy::Baseline(_) | Policy::Fixed(_) => None,
        }
    }
}

impl schema::ScenarioFile {
    /// The provider's table and its name, where there is one.
    pub fn cloud(&self) -> Option<(&'static str, &dyn CloudConfig)> {
        let ess = self.ess.as_ref().map(|config| ("ess", config as &dyn CloudConfig));
        let aws = self.aws.as_ref().map(|config| ("aws", config as &dyn CloudConfig));
        let tencent = self.tencent.as_ref().map(|config| ("tencent", config as &dyn CloudConfig));
        ess.or(aws).or(tencent)
    }
}

impl Scenario {
    /// Which controller drives the fleet.
    pub fn provider(&self) -> Provider {
        match self.policy {
            Policy::Ess(_) => Provider::Ess,
            Policy::Aws(_) => Provider::Aws,
            Policy::Tencent(_) => Provider::Tencent,
            Policy::Hpa { .. } => Provider::Hpa,
            Policy::Baseline(_) => Provider::Baseline,
            Policy::Fixed(_) => Provider::Fixed,
        }
    }

    /// What requests and windows are judged by.
    pub fn objective(&self) -> Objective {
        let slo = &self.file.slo;
        Objective {
            latency_seconds: slo.latency.as_secs_f64(),
            percentile: slo.percentile,
            available: slo.available.as_f64(),
            window: slo.window,
        }
    }

    /// What arrives, in words.
    pub fn traffic(&self) -> String {
        match &self.trace {
            Trace::Open(trace) => {
                let file = self.file.trace.file.as_deref().or(self.file.trace.arrivals.as_deref());
                match file.and_then(|file| Path::new(file).file_name()).and_then(|name| name.to_str()) {
                    Some("demo-day.csv") => "demo day (synthetic traffic)".to_string(),
                    Some(name) => format!("{name}: {}", trace.describe()),
                    None => format!("synthetic {}", trace.describe()),
                }
            }
            Trace::Closed(clients) => clients.to_string(),
        }
    }

    /// The end of the run.
    pub fn end(&self) -> SimTime {
        SimTime::ZERO + self.horizon
    }

    /// The open trace, when clients do not form a closed loop.
    pub fn open_trace(&self) -> Option<&OpenTrace> {
        match &self.trace {
            Trace::Open(trace) => Some(trace),
            Trace::Closed(_) => None,
        }
    }

    /// The closed-loop clients, when there are any.
    pub fn clients(&self) -> Option<&ClientsSpec> {
        match &self.trace {
            Trace::Open(_) => None,
            Trace::Closed(clients) => Some(clients),
        }
    }
}

/// A scenario with the document that it was read from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What is simulated.
    pub scenario: Scenario,
    /// What was written.
    pub document: Document,
    /// Notes and warnings for the reader; errors have been returned instead.
    pub notes: Vec<Diagnostic>,
}

impl Loaded {
    /// Completes and checks a document.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn from_document(document: Document, files: &dyn ScenarioFiles) -> Result<Loaded, ScenarioError> {
        Loaded::resolved(document, files, None)
    }

    /// The same of a document that was completed before, and whose digest is known since: to make it is half of the work.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub(crate) fn again(document: Document, files: &dyn ScenarioFiles, digest: &str) -> Result<Loaded, ScenarioError> {
        Loaded::resolved(document, files, Some(digest))
    }

    fn resolved(document: Document, files: &dyn ScenarioFiles, digest: Option<&str>) -> Result<Loaded, ScenarioError> {
        let file: schema::ScenarioFile = document.decode().map_err(check::with_examples)?;
        let mut findings = check::Findings::new(&document);
        let scenario = resolve::resolve(file, &document, files, digest, &mut findings);
        let (errors, notes) = findings.split();
        match scenario {
            Some(scenario) if errors.is_empty() => Ok(Loaded { scenario, document, notes }),
            _ => Err(ScenarioError { diagnostics: errors }),
        }
    }

    /// Every key with its value, written or default, as it would be written.
    pub fn resolved_toml(&self) -> toml::Table {
        let mut table = toml::Table::try_from(&self.scenario.file).unwrap_or_default();
        // An HPA manifest stays a manifest; its completed spec is what `show` is asked for.
        if let (Policy::Hpa { spec, .. }, Some(toml::Value::Table(hpa))) = (&self.scenario.policy, table.get_mut("hpa"))
            && let Ok(spec) = toml::Value::try_from(&spec.stored)
        {
            hpa.remove("manifest");
            hpa.insert("spec".into(), spec);
        }
        table
    }
}

/// The JSON Schema (draft 7) of a scenario file.
pub fn schema() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft07();
    settings.into_generator().into_root_schema_for::<schema::ScenarioFile>().to_value()
}

/// A digest of the resolved scenario and the content of its trace.
fn digest(file: &schema::ScenarioFile, trace: &Trace, policy: &Policy) -> String {
    let mut written = serde_json::to_value(file).unwrap_or_default();
    // Names of files say nothing about their content, and the seed is reported beside the digest.
    // The policy of an HPA is added as the API server completes it, however much of it was written, and where.
    let elsewhere = [
        ("/trace", "file"),
        ("/trace", "arrivals"),
        ("/hpa", "manifest"),
        ("/hpa", "spec"),
        ("", "seed"),
        ("", "name"),
        ("", "description"),
    ];
    for (table, key) in elsewhere {
        if let Some(table) = written.pointer_mut(table).and_then(serde_json::Value::as_object_mut) {
            table.shift_remove(key);
        }
    }
    let content = match trace {
        Trace::Open(trace) => trace.content_digest(),
        Trace::Closed(clients) => clients.to_string(),
    };
    let policy = match policy {
        Policy::Hpa { spec, .. } => serde_json::to_string(&spec.stored).unwrap_or_default(),
        _ => String::new(),
    };
    let hash = Sha256::digest(format!("{written}\n{content}\n{policy}"));
    hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// The sampler of a distribution whose files lie beside the text that names it.
fn sampler(law: &Distribution, base: &Path) -> Result<Sampler, String> {
    law.sampler(base).map_err(|error| error.to_string())
}
