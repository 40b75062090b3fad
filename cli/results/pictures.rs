//! `backtest.json` and `replays.json`: what `backtest` and `validate` leave to be drawn again.

use serde::{Deserialize, Serialize};
use windtunnel_plots::{Backtest, Validation};

use super::VERSION;

/// What `backtest` leaves.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StoredBacktests {
    version: String,
    pub(crate) backtests: Vec<Backtest>,
}

impl StoredBacktests {
    pub(crate) fn new(backtests: Vec<Backtest>) -> StoredBacktests {
        StoredBacktests { version: VERSION.to_string(), backtests }
    }
}

/// What `validate` leaves of the recorded experiments.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StoredReplays {
    version: String,
    pub(crate) replays: Vec<Validation>,
}

impl StoredReplays {
    pub(crate) fn new(replays: Vec<Validation>) -> StoredReplays {
        StoredReplays { version: VERSION.to_string(), replays }
    }
}
