//! The compiled half of the Python package `windtunnel`: it carries plain values (numbers, text, JSON) across; what people
//! touch is in `windtunnel/*.py`.

mod backtest;
mod custom;
mod errors;
mod outcome;
mod scenario;
mod supervise;
mod sweep;
mod tune;

use pyo3::prelude::*;

/// The module `windtunnel._core`.
#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("VERSION", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<scenario::Scenario>()?;
    module.add_class::<outcome::Outcome>()?;
    module.add_class::<sweep::Sweep>()?;
    module.add_function(wrap_pyfunction!(outcome::run, module)?)?;
    module.add_function(wrap_pyfunction!(outcome::run_driven, module)?)?;
    module.add_function(wrap_pyfunction!(outcome::summarize, module)?)?;
    module.add_function(wrap_pyfunction!(outcome::paired, module)?)?;
    module.add_function(wrap_pyfunction!(outcome::comparison_svg, module)?)?;
    module.add_function(wrap_pyfunction!(outcome::definitions, module)?)?;
    module.add_function(wrap_pyfunction!(tune::tune, module)?)?;
    module.add_function(wrap_pyfunction!(backtest::backtest_alarms, module)?)?;
    module.add_function(wrap_pyfunction!(backtest::backtest_hpa, module)?)?;
    Ok(())
}
