//! Charts from outcomes: pictures that leave the room on a slide, right, legible and honest.
//!
//! Each chart is a function from data to a [`Picture`]: [`timeline`] shows one run, [`comparison`] several runs under
//! one load, [`cost_against_violations`] what each policy buys for its money, [`capacity_gap`] what was missing and what
//! was idle, [`latency_distribution`] how slow is how likely, [`lives`] every instance from launch to end, [`reaction`]
//! and [`reaction_comparison`] where the time of a scale-out goes, [`backtest`] what a policy makes of recorded values,
//! [`validation`] how far a simulation is from what was measured, [`traffic`] what a recording is like; of a sweep,
//! [`frontier`], [`heat_map`], [`main_effects`] and [`tornado`]. All draw on [`plotters`] through one `Canvas`, with one
//! [`Theme`] and one embedded typeface. The same data gives the same bytes.
//!
//! ```text
//! lib.rs            what is public
//! picture, options  what comes out, what can be chosen
//! canvas, typeface, outlines  the only files that know about SVG and fonts
//! theme, number     colours and sizes; digits and units
//! axis/             scales, ticks, time with a calendar
//! panel/            the parts of a chart, one per file: load, capacity, utilization, latency, ...
//! timeline, comparison, frontier, gap, distribution, lives, reaction/, sweep/, backtest, validation    the charts
//! report/           the report as one HTML document
//! ```

mod axis;
mod backtest;
mod canvas;
mod comparison;
mod distribution;
mod error;
mod fit;
mod frontier;
mod gap;
mod geometry;
mod lives;
mod number;
mod options;
mod outlines;
mod panel;
mod picture;
mod placement;
mod reaction;
mod report;
mod series;
mod sweep;
mod theme;
mod timeline;
mod traffic;
mod typeface;
mod validation;

#[cfg(test)]
mod test_data;
#[cfg(test)]
mod tests;

pub use backtest::{Backtest, BacktestCapacity, BacktestLevel, BacktestMetric, CapacityKind, backtest};
pub use comparison::comparison;
pub use distribution::latency_distribution;
pub use error::PlotError;
pub use fit::{FitChart, fit};
pub use frontier::{CostBound, CostPoint, Frontier, Mark, cost_against_violations, frontier};
pub use gap::capacity_gap;
pub use geometry::Rect;
pub use lives::lives;
pub use options::ChartOptions;
pub use picture::{Format, Label, Picture};
pub use reaction::{reaction, reaction_comparison};
pub use report::{
    Page, Report, ReportAssumption, ReportHazard, ReportPoint, ReportRun, ReportSweep, report_html, report_markdown,
};
pub use sweep::{
    Effect, EffectRow, HeatMap, MainEffects, Map, Swing, Swings, Tornado, Unit, heat_map, main_effects, tornado,
};
pub use theme::{Color, Theme};
pub use timeline::timeline;
pub use traffic::traffic;
pub use validation::{Validation, ValidationPanel, validation};
