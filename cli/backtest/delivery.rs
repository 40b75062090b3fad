//! Where the charts of a backtest go.

use std::path::PathBuf;

use windtunnel_plots::Backtest;

use crate::error::CliError;
use crate::output::Folder;
use crate::results::{Stored, StoredBacktests};
use crate::{diagnostics, plots, terminal};

/// The folder unless another is told: not that of `run`, whose results a backtest does not replace.
const FOLDER: &str = "windtunnel-backtest";
/// More scenarios of one recording than this are not drawn.
const MOST: usize = 12;

/// Which files a backtest writes.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DeliveryArgs {
    /// Write the charts, and backtest.json for `windtunnel plot`, to this folder [default: windtunnel-backtest; with
    /// --format json: none]
    #[arg(long, alias = "output", value_name = "DIR")]
    out: Option<PathBuf>,

    /// Write no plots
    #[arg(long)]
    no_plots: bool,

    /// Draw letters that the built-in font lacks, such as Chinese, with this TTF or OTF font
    #[arg(long, value_name = "FILE")]
    font: Option<PathBuf>,

    /// Replace files in the folder even if windtunnel did not write them
    #[arg(long)]
    force: bool,
}

/// Backtests that are kept to be drawn: of many scenarios the first, those that differ from their recording before others.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    differing: Vec<Backtest>,
    others: Vec<Backtest>,
    all: usize,
}

impl Kept {
    /// Adds one.
    pub(crate) fn add(&mut self, backtest: Backtest, differs: bool) {
        self.all += 1;
        let list = if differs { &mut self.differing } else { &mut self.others };
        if list.len() < MOST {
            list.push(backtest);
        }
    }

    fn drawn(self) -> (Vec<Backtest>, usize) {
        let chosen = self.differing.into_iter().chain(self.others).take(MOST);
        (chosen.collect(), self.all)
    }
}

impl DeliveryArgs {
    /// The folder to write to, when there is one.
    fn folder(&self, is_json: bool) -> Option<PathBuf> {
        match &self.out {
            Some(folder) => Some(folder.clone()),
            None if is_json || self.no_plots => None,
            None => Some(PathBuf::from(FOLDER)),
        }
    }

    /// Whether anything is to be written.
    pub(crate) fn is_wanted(&self, is_json: bool) -> bool {
        self.folder(is_json).is_some()
    }

    /// Refuses a folder that was asked for and may not be written to: before the replay, not after it.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        self.out.as_ref().map_or(Ok(()), |folder| Folder::prepare(folder, self.force).map(|_| ()))
    }

    /// Writes the charts. What was replayed is on standard output already: charts that nobody asked for, and that cannot
    /// be written, are a warning.
    pub(crate) fn deliver(&self, kept: Kept, is_json: bool) -> Result<(), CliError> {
        let Some(root) = self.folder(is_json) else { return Ok(()) };
        match self.write(&root, kept) {
            Err(error) if self.out.is_none() => {
                let message = error.diagnostics.first().map_or_else(String::new, |first| first.message.clone());
                diagnostics::warn(
                    &format!("the charts are not written: {message}"),
                    Some("name another folder with --out, or --no-plots"),
                );
                Ok(())
            }
            result => result,
        }
    }

    fn write(&self, root: &std::path::Path, kept: Kept) -> Result<(), CliError> {
        let (backtests, all) = kept.drawn();
        if backtests.len() < all {
            let count = backtests.len();
            terminal::say(&format!(
                "{count} of {all} scenarios are drawn, those that differ from their recording first"
            ));
        }
        let mut folder = Folder::prepare(root, self.force)?;
        let stored = StoredBacktests::new(backtests);
        folder.add("backtest.json", crate::json::bytes(&stored));
        if !self.no_plots {
            plots::add_available(&Stored::Backtests(stored), self.font.as_deref(), &mut folder)?;
        }
        let said = format!("wrote {} files to {}", folder.len(), root.display());
        folder.write(self.force)?;
        terminal::say(&said);
        Ok(())
    }
}
