//! Why believe this simulator: every row is a measured agreement with something that nobody here made up.
//!
//! Queueing theory, published definitions of metrics, control theory, recorded experiments, a live system on loopback,
//! and the two fidelities against each other. A row says what was compared, the exact or recorded value, the simulated
//! value with its interval, and a verdict by a rule that was stated before the first run ([`row::Rule`]).

pub mod bench;
pub mod control;
pub mod definitions;
pub mod error;
pub mod fluid;
pub mod live;
pub mod page;
pub mod programme;
pub mod recorded;
pub mod reference;
pub mod row;
pub mod theory;

pub use bench::{Bench, Effort, Watch};
pub use error::ValidationError;
pub use programme::{Programme, run};
pub use row::{Report, Row, Section, Verdict};
