//! A sweep in shards: a plan that any number of workers share, and the collection of what they leave behind. Nothing here
//! knows what starts the workers.
//!
//! The plan refers to the sweep file and checks that it still means the same; so workers need the sweep file, and what
//! it names, under the same paths. Each worker keeps a journal of its own below the folder that all of them share.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::execute::{Records, Task, all_tasks, id_of, tasks_by_id};
use super::journal::{Found, Header, JOURNAL, JournalError, read_only};
use super::plan::{Plan, short_digest};

/// The name of the plan's copy in the folder that the workers share.
pub const PLAN: &str = "plan.jsonl";
/// The format of plans; another number is another format.
const FORMAT: u32 = 1;

/// What a plan was made from: all that is needed to make it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The sweep file, relative to the working directory of the workers.
    pub sweep: String,
    /// What `--set` and the like changed.
    pub set: Vec<String>,
    /// The first seed.
    pub seed: u64,
    /// Seeds per point.
    pub replications: u32,
    /// How exactly is simulated.
    pub fidelity: String,
}

/// The first line of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct PlanHeader {
    windtunnel_plan: u32,
    version: String,
    plan: String,
    runs: usize,
    /// Of all ids in order: a plan that was cut off or edited is recognised.
    ids: String,
    #[serde(flatten)]
    request: Request,
}

/// One run of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct PlanLine {
    id: String,
    point: String,
    replication: u32,
    seed: u64,
    /// Expected requests; where that is unknown, simulated seconds.
    cost: f64,
}

/// A plan that was read back.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanFile {
    /// The digest of the plan.
    pub digest: String,
    /// How to make it again.
    pub request: Request,
}

/// Why a plan or a shard cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ShardError {
    /// It is no plan, or not the whole of one.
    #[error("{0}")]
    NotAPlan(String),
    /// It was made by another version, whose figures may differ.
    #[error("the plan was made by version {found} of windtunnel, this is {wanted}")]
    OtherVersion {
        /// The version that made it.
        found: String,
        /// This version.
        wanted: String,
    },
    /// The sweep file does not mean what it meant.
    #[error(
        "`{sweep}` or what it names has changed since the plan was made: the plan is {planned}, it would now be {now}"
    )]
    Changed {
        /// The sweep file.
        sweep: String,
        /// The plan's digest.
        planned: String,
        /// What it is now.
        now: String,
    },
    /// A run that the plan does not have.
    #[error("the plan has no run `{0}`")]
    UnknownRun(String),
    /// Two workers disagree about one run.
    #[error("two shards have different results for the run {0}: one of them is not from this plan or this build")]
    Contradiction(String),
    /// A journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Which part of a plan a worker does: `2/5` is the third of five.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0.
    pub index: usize,
    /// Of how many.
    pub of: usize,
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let parts = text.split_once('/').and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((index, of)) if index < of => Ok(Shard { index, of }),
            Some((_, of)) if of > 0 => Err(format!("shards of {of} are counted from 0 to {}", of - 1)),
            _ => Err("write i/n, such as 0/4".into()),
        }
    }
}

/// What a worker does of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Every n-th run.
    Shard(Shard),
    /// These runs, by their ids, under a name that no other worker has.
    Runs {
        /// The name of the worker's journal.
        name: String,
        /// The ids.
        ids: Vec<String>,
    },
}

impl Part {
    /// The runs.
    ///
    /// # Errors
    /// When an id is not in the plan.
    pub fn tasks(&self, plan: &Plan) -> Result<Vec<Task>, ShardError> {
        match self {
            Part::Shard(shard) => Ok(shard.tasks(&all_tasks(plan, plan.sweep.replications))),
            Part::Runs { ids, .. } => {
                let known = tasks_by_id(plan, plan.sweep.replications);
                let task = |id: &String| known.get(id).copied().ok_or_else(|| ShardError::UnknownRun(id.clone()));
                ids.iter().map(task).collect()
            }
        }
    }

    /// The name of the part's journal below [`SHARDS`].
    pub fn name(&self) -> String {
        match self {
            Part::Shard(shard) => format!("{}-of-{}", shard.index, shard.of),
            Part::Runs { name, .. } => name.clone(),
        }
    }

    /// The folder of the part's journal.
    pub fn folder(&self, root: &Path) -> PathBuf {
        root.join(SHARDS).join(self.name())
    }
}

impl Shard {
    /// The runs of this shard: every n-th, so that costly neighbours are spread.
    pub fn tasks(self, all: &[Task]) -> Vec<Task> {
        all.iter().skip(self.index).step_by(self.of).copied().collect()
    }
}

/// Below this are the journals of the workers.
pub const SHARDS: &str = "shards";

/// The plan as text: a header, then one line per run.
pub fn written(plan: &Plan, request: &Request) -> String {
    let tasks = all_tasks(plan, plan.sweep.replications);
    let header = PlanHeader {
        windtunnel_plan: FORMAT,
        version: env!("CARGO_PKG_VERSION").into(),
        plan: plan.digest(),
        runs: tasks.len(),
        ids: ids_digest(tasks.iter().map(|&task| id_of(plan, task))),
        request: request.clone(),
    };
    let mut text = serde_json::to_string(&header).unwrap_or_default();
    text.push('\n');
    for task in tasks {
        let point = &plan.points[task.point];
        let line = PlanLine {
            id: id_of(plan, task),
            point: point.digest.clone(),
            replication: task.replication,
            seed: plan.seed.wrapping_add(u64::from(task.replication)),
            cost: point.cost,
        };
        text.push_str(&serde_json::to_string(&line).unwrap_or_default());
        text.push('\n');
    }
    text
}

fn ids_digest(ids: impl Iterator<Item = String>) -> String {
    let mut all = String::new();
    for id in ids {
        all.push_str(&id);
        all.push('\n');
    }
    short_digest(&all)
}

impl PlanFile {
    /// Reads a plan back.
    ///
    /// # Errors
    /// When it is no plan, not the whole of one, or another version's.
    pub fn read(text: &str) -> Result<PlanFile, ShardError> {
        let mut lines = text.lines();
        let header = lines.next().and_then(|line| serde_json::from_str::<PlanHeader>(line).ok());
        let Some(header) = header else {
            return Err(ShardError::NotAPlan("the first line is not that of a plan".into()));
        };
        let wanted = env!("CARGO_PKG_VERSION");
        if header.version != wanted || header.windtunnel_plan != FORMAT {
            return Err(ShardError::OtherVersion { found: header.version, wanted: wanted.into() });
        }
        let ids: Vec<String> =
            lines.map_while(|line| serde_json::from_str::<PlanLine>(line).ok().map(|line| line.id)).collect();
        if ids.len() != header.runs || ids_digest(ids.into_iter()) != header.ids {
            return Err(ShardError::NotAPlan(format!("the plan is cut off or damaged: it has {} runs", header.runs)));
        }
        Ok(PlanFile { digest: header.plan, request: header.request })
    }

    /// Makes sure that what the sweep file means now is what was planned.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(&self, plan: &Plan) -> Result<(), ShardError> {
        let now = plan.digest();
        if now == self.digest {
            return Ok(());
        }
        Err(ShardError::Changed { sweep: self.request.sweep.clone(), planned: self.digest.clone(), now })
    }
}

/// All that workers have left in their shared folder, and what may be of interest about it.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    /// The runs.
    pub records: Records,
    /// Lines that cannot be trusted; their runs count as missing.
    pub damaged_lines: usize,
}

/// Collects what any shards have left behind, whatever their number, order or overlap. A success outweighs a failure.
///
/// # Errors
/// When a journal belongs to another plan, or two shards contradict each other.
pub fn collect(root: &Path, plan: &Plan) -> Result<Collected, ShardError> {
    let folder = root.join(SHARDS);
    let io_error = |error| JournalError::Io { doing: "look into", path: folder.clone(), error };
    let mut journals: Vec<PathBuf> = match fs::read_dir(&folder) {
        Ok(entries) => {
            let paths: Result<Vec<PathBuf>, io::Error> = entries.map(|entry| Ok(entry?.path())).collect();
            paths.map_err(io_error)?.into_iter().filter(|path| path.join(JOURNAL).is_file()).collect()
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(io_error(error).into()),
    };
    journals.sort();
    let mut collector = Collector::new(plan);
    for journal in journals {
        collector.add(read_only(&journal, &collector.header)?)?;
    }
    Ok(collector.collected)
}

/// Puts the journals of workers together, in any order.
pub struct Collector {
    tasks: BTreeMap<String, Task>,
    /// What every journal has to begin with.
    pub header: Header,
    /// What has been added.
    pub collected: Collected,
}

impl Collector {
    /// Nothing of a plan yet.
    pub fn new(plan: &Plan) -> Collector {
        Collector {
            tasks: tasks_by_id(plan, plan.sweep.replications),
            header: Header::new(&plan.digest(), &plan.sweep.name),
            collected: Collected::default(),
        }
    }

    /// Adds what a journal holds.
    ///
    /// # Errors
    /// When it contradicts what was added before.
    pub fn add(&mut self, found: Found) -> Result<(), ShardError> {
        self.collected.damaged_lines += found.damaged_lines;
        for record in found.records {
            let Some(&task) = self.tasks.get(&record.id) else { continue };
            match self.collected.records.get(task) {
                Some(known) if known.error.is_none() && record.error.is_none() && *known != record => {
                    return Err(ShardError::Contradiction(record.id));
                }
                Some(known) if known.error.is_none() => {}
                // Of two failures always the same one, whoever comes first.
                Some(known) if record.error.is_some() && known.error <= record.error => {}
                _ => self.collected.records.insert(task, record),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_counted_from_zero() {
        assert_eq!("0/4".parse::<Shard>(), Ok(Shard { index: 0, of: 4 }));
        assert!("4/4".parse::<Shard>().unwrap_err().contains("from 0 to 3"));
        assert!("0/0".parse::<Shard>().is_err());
        assert!("1".parse::<Shard>().is_err());
    }

    proptest::proptest! {
        /// Every run belongs to exactly one of n shards.
        #[test]
        fn shards_share_out_every_run_once(runs in 0usize..200, of in 1usize..20) {
            let all: Vec<Task> = (0..runs).map(|point| Task { point, replication: 0 }).collect();
            let mut shared: Vec<Task> = (0..of).flat_map(|index| Shard { index, of }.tasks(&all)).collect();
            shared.sort();
            proptest::prop_assert_eq!(shared, all);
        }
    }
}
