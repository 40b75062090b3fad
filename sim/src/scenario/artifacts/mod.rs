//! Native artifacts: what `aws`, `aliyun`, `tccli`, `kubectl` and Terraform print and take, read into scenarios and written
//! back.
//!
//! Every format is first read into `object`s, the API's own calls with the API's own names, whatever the file looked
//! like; `group` joins the objects of one scaling group into a scenario. Writing goes the same way back: a policy becomes
//! API calls ([`mod@write`]), and a format spells them.

mod draft;
mod group;
mod node;
mod numbers;
mod object;
mod read;
#[cfg(test)]
mod tests;
pub mod write;

use std::ops::Range;

pub use node::Source;

use super::document::{Diagnostic, Location, ScenarioError, Severity};
use super::hazards::Finding;

/// Deeper documents are a mistake, or an attack on the stack.
const DEEPEST: usize = 100;

/// Why an artifact cannot be read: what, where, what to do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct ArtifactError(pub Box<Diagnostic>);

impl ArtifactError {
    fn at(source: &Source, span: Range<usize>, message: impl Into<String>) -> ArtifactError {
        ArtifactError(Box::new(Diagnostic::error(message).with_location(source.place(span))))
    }

    fn whole(source: &Source, message: impl Into<String>) -> ArtifactError {
        ArtifactError::at(source, 0..0, message)
    }

    fn help(self, help: impl Into<String>) -> ArtifactError {
        ArtifactError(Box::new(self.0.with_help(help)))
    }
}

impl From<ArtifactError> for ScenarioError {
    fn from(error: ArtifactError) -> ScenarioError {
        (*error.0).into()
    }
}

/// How to read and complete artifacts.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Read command lines (and the fenced blocks of a Markdown guide) instead of data.
    pub shell: bool,
    /// A scenario that the imported ones are laid over; it gives traffic, service and instance.
    pub base: Option<String>,
    /// A recording that is replayed instead of assumed traffic.
    pub trace: Option<String>,
    /// Values of CloudFormation parameters and Terraform variables, before their defaults.
    pub parameters: Vec<(String, String)>,
}

/// A scenario made of artifacts.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The group's name.
    pub name: String,
    /// The scenario, as TOML with comments.
    pub text: String,
    /// Which key came from where.
    pub places: Vec<(String, Location)>,
}

impl Imported {
    /// Where the key at `path`, or the nearest table around it, came from.
    pub fn place_of(&self, path: &str) -> Option<&Location> {
        let mut path = path;
        loop {
            if let Some((_, place)) = self.places.iter().find(|(known, _)| known == path) {
                return Some(place);
            }
            path = &path[..path.rfind('.')?];
        }
    }
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// One scenario per group, in the order in which groups were met.
    pub scenarios: Vec<Imported>,
    /// What could not be taken over, or is wrong with the artifacts as they are written.
    pub findings: Vec<Finding>,
}

/// Reads artifacts into scenarios. Artifacts of one group may come in several files.
///
/// # Errors
/// A file that cannot be read, a number that its field cannot hold, or files without any policy.
pub fn import(sources: &[Source], options: &ImportOptions) -> Result<Import, ArtifactError> {
    let mut found = read::Found { parameters: options.parameters.clone(), ..read::Found::default() };
    for (number, source) in sources.iter().enumerate() {
        if options.shell {
            read::shell::read(source, number, &mut found)?;
        } else {
            read::read(source, number, &mut found)?;
        }
    }
    numbers::check(&found.objects, sources)?;
    let mut import = group::scenarios(found, sources, options);
    import.findings.sort_by_key(|finding| std::cmp::Reverse(super::hazards::rank(finding.severity)));
    if import.scenarios.is_empty() && !options.shell {
        return Err(nothing_taken_over(import.findings, sources));
    }
    Ok(import)
}

/// Why there is no scenario: what is worst about the policy that was found, or that there is none.
fn nothing_taken_over(findings: Vec<Finding>, sources: &[Source]) -> ArtifactError {
    const HELP: &str = "import what `describe-policies`, `DescribeScalingRules` and the like print, or a manifest";
    if let Some(Finding { message, fix, location: Some(place), .. }) = findings.into_iter().next() {
        let help = if fix.is_empty() { "mend it there, and import it again".to_string() } else { fix };
        return ArtifactError(Box::new(Diagnostic::error(message).with_location(place))).help(help);
    }
    let error = match sources.first() {
        Some(source) => {
            ArtifactError::whole(source, "there is no policy in this: no scaling group, rule, alarm or HPA")
        }
        None => ArtifactError(Box::new(Diagnostic::error("nothing to import"))),
    };
    error.help(HELP)
}

/// A finding about an artifact as it is written.
fn finding(
    severity: Severity,
    code: &'static str,
    place: Location,
    message: impl Into<String>,
    fix: impl Into<String>,
) -> Finding {
    Finding { code, severity, path: String::new(), message: message.into(), fix: fix.into(), location: Some(place) }
}
