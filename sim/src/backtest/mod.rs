//! Open loop: recorded observations through a policy. What would it have decided, and why?

pub mod alarms;
pub mod compare;
pub mod metrics_file;
pub mod observations;
pub mod open_loop;
pub mod prometheus;
pub mod reader;
pub mod recorded_metrics;
pub mod replay;
pub mod run;

pub use compare::{Agreement, Difference};
pub use observations::{Record, Step};
pub use reader::{ReadError, Records};
pub use replay::{Decision, Replay};
pub use run::{Comparison, Decided, PolicyError, run};
