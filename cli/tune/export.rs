//! `tune --export FILE`: the recommendation as a scenario, or as the artifact that the vendor's tool takes.

use std::path::{Path, PathBuf};

use windtunnel_sim::scenario::artifacts::write::ExportError;
use windtunnel_sim::scenario::document::{DiskFiles, Document};
use windtunnel_sim::scenario::{Loaded, Policy, Scenario};

use crate::error::{CliError, Kind};
use crate::export_policy::{self, Format};
use crate::output;

/// Where the recommendation goes, and in which format.
pub(super) struct Export {
    file: PathBuf,
    /// None for a scenario.
    format: Option<Format>,
}

impl Export {
    /// What `--export FILE` and `--to FORMAT` ask for. Refused at once where the search would be in vain: the file is
    /// there already, or the format is not one of the policy's vendor.
    pub(super) fn new(
        file: &Path,
        to: Option<Format>,
        scenario: &Scenario,
        is_forced: bool,
    ) -> Result<Export, CliError> {
        if file.exists() && !is_forced {
            return Err(CliError::new(Kind::Input, format!("`{}` already exists", file.display()))
                .hint("name another file, or replace it with --force"));
        }
        let format = match to {
            Some(format) => Some(format),
            None => by_ending(file, scenario)?,
        };
        // What the API would refuse about today's settings may be mended by the recommendation.
        if let Some(format) = format
            && let Err(error @ ExportError::Vendor { .. }) = export_policy::artifact(scenario, format)
        {
            return Err(export_policy::refused(&error));
        }
        Ok(Export { file: file.to_path_buf(), format })
    }

    /// Writes the recommended scenario, given as TOML.
    pub(super) fn write(&self, scenario: &str) -> Result<(), CliError> {
        let Some(format) = self.format else { return output::write_file(&self.file, scenario.as_bytes()) };
        let document = Document::parse("recommended.toml", scenario)?;
        let loaded = Loaded::from_document(document, &DiskFiles)?;
        let text = export_policy::artifact(&loaded.scenario, format).map_err(|error| export_policy::refused(&error))?;
        output::write_file(&self.file, text.as_bytes())
    }
}

/// The format that a file's ending stands for; none for a scenario.
fn by_ending(file: &Path, scenario: &Scenario) -> Result<Option<Format>, CliError> {
    let name = file.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let ends = |ending: &str| name.ends_with(ending);
    let commands = match &scenario.policy {
        Policy::Ess(_) => Some(Format::AliyunCli),
        Policy::Aws(_) => Some(Format::AwsCli),
        Policy::Tencent(_) => Some(Format::Tccli),
        _ => None,
    };
    let format = match commands {
        _ if ends(".toml") => return Ok(None),
        _ if ends(".tf.json") => Some(Format::Terraform),
        _ if ends(".yaml") || ends(".yml") => Some(Format::Hpa),
        _ if ends(".json") && matches!(scenario.policy, Policy::Aws(_)) => Some(Format::Cloudformation),
        commands if ends(".sh") => commands,
        _ => None,
    };
    format.map(Some).ok_or_else(|| {
        CliError::new(Kind::Usage, format!("which format is `{}` to have?", file.display()))
            .hint("say it with --to FORMAT, as of `windtunnel export`; or name a .toml file for a scenario")
    })
}
