//! `windtunnel sweep plan --emit`: what starts the workers elsewhere, rendered for one sweep.

use crate::error::{CliError, Kind};
use crate::output::slug;

/// What starts workers.
#[derive(Copy, Clone, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Scheduler {
    /// An Indexed Job.
    Kubernetes,
    /// An array job, as JSON for `aws batch submit-job --cli-input-json`.
    AwsBatch,
    /// A job array, as a script for `sbatch`.
    Slurm,
}

impl Scheduler {
    const fn template(self) -> &'static str {
        match self {
            Scheduler::Kubernetes => include_str!("kubernetes.yaml"),
            Scheduler::AwsBatch => include_str!("aws-batch.json"),
            Scheduler::Slurm => include_str!("slurm.sh"),
        }
    }

    /// Shards that it starts at least and at most: AWS Batch has no arrays of one, nor above 10,000
    /// (docs.aws.amazon.com/batch/latest/userguide/array_jobs.html); Kubernetes counts failures per index up to 100,000
    /// completions (kubernetes.io/docs/concepts/workloads/controllers/job); Slurm's MaxArraySize is 1001 unless it is
    /// raised, to at most 4,000,001 (slurm.schedmd.com/slurm.conf.html).
    const fn shards(self) -> (u32, u32) {
        match self {
            Scheduler::Kubernetes => (1, 100_000),
            Scheduler::AwsBatch => (2, 10_000),
            Scheduler::Slurm => (1, 4_000_000),
        }
    }
}

/// How to start workers.
#[derive(Debug, clap::Args)]
pub(super) struct EmitFlags {
    /// Print what starts the workers there
    #[arg(long, value_name = "SCHEDULER")]
    emit: Option<Scheduler>,
    /// With --emit: how many shards
    #[arg(long, value_name = "N", default_value_t = 16, requires = "emit", value_parser = clap::value_parser!(u32).range(1..))]
    shards: u32,
    /// With --emit kubernetes: the container image
    #[arg(long, value_name = "IMAGE", default_value = concat!("windtunnel:", env!("CARGO_PKG_VERSION")), requires = "emit")]
    image: String,
    /// With --emit: where the workers leave results, a folder beside the plan or the URL of an object store
    #[arg(long, value_name = "DIR|URL", default_value = "shards", requires = "emit")]
    to: String,
}

impl EmitFlags {
    /// Nothing unless it was asked for.
    pub(super) fn rendered(&self, name: &str, sweep: &str) -> Result<Option<String>, CliError> {
        let Some(scheduler) = self.emit else { return Ok(None) };
        let (least, most) = scheduler.shards();
        if !(least..=most).contains(&self.shards) {
            let message = format!("{} shards are not between {least} and {most}", self.shards);
            return Err(CliError::new(Kind::Usage, message).hint("those are the limits of that scheduler"));
        }
        for (flag, text) in [("--to", self.to.as_str()), ("--image", self.image.as_str()), ("the sweep file", sweep)] {
            if !text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_./:@=+".contains(letter)) {
                let message = format!("`{text}` ({flag}) has letters that would have to be quoted in a manifest");
                return Err(CliError::new(Kind::Usage, message)
                    .hint("use letters, digits and - _ . / : @ = +, or edit what is printed for a plain name"));
            }
        }
        // Keys of an object store come from a secret, never from the manifest.
        let is_store = self.to.contains("://");
        let env_from = "          envFrom:\n            - secretRef:\n                name: windtunnel-object-store\n";
        let values = [
            ("{name}", label(name)),
            ("{sweep}", sweep.to_string()),
            ("{shards}", self.shards.to_string()),
            ("{last}", (self.shards - 1).to_string()),
            ("{image}", self.image.clone()),
            ("{to}", self.to.clone()),
            ("{env_from}", if is_store { env_from } else { "" }.to_string()),
        ];
        let mut text = scheduler.template().to_string();
        for (place, value) in values {
            text = text.replace(place, &value);
        }
        Ok(Some(text))
    }
}

/// A name as all three schedulers take it: an RFC 1123 label.
fn label(name: &str) -> String {
    let letters: String =
        slug(name).chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
    let label: String = format!("windtunnel-{}", letters.trim_matches('-')).chars().take(63).collect();
    label.trim_end_matches('-').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_label_of_at_most_63_letters() {
        assert_eq!(label("ESS thresholds"), "windtunnel-ess-thresholds");
        assert_eq!(label("弹性"), "windtunnel");
        assert!(label(&"x".repeat(200)).len() <= 63);
    }
}
