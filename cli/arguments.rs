//! The verbs, and what windtunnel says about itself.

use clap::{Parser, Subcommand};

use crate::{
    backtest, calibrate, check, compare, completions, export_policy, import, init, metrics, run, show, sweep, trace,
    tune, validate,
};

/// What is printed without any argument.
pub(crate) const INTRODUCTION: &str = "\
windtunnel: a wind tunnel for autoscaling policies

It replays traffic, request by request, against a service under Alibaba ESS, AWS Auto Scaling,
Tencent AS or a Kubernetes HPA, and shows what that would have cost and which requests would
have suffered.

Start with
  windtunnel compare             the built-in demo: one day of synthetic traffic, four policies
  windtunnel init my.toml        write a commented scenario of your own
  windtunnel run my.toml         run it: a summary here, files and plots in windtunnel-out/
  windtunnel help                everything else
";

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 the input is at fault; 2 usage; 3 what --enforce asked for did not hold;
75 try again (sweep work); 130 interrupted.";

/// A wind tunnel for autoscaling policies
///
/// Replays traffic, request by request, against a service under Alibaba ESS, AWS Auto Scaling, Tencent AS or a
/// Kubernetes HPA, and shows what that would have cost and which requests would have suffered.
#[derive(Debug, Parser)]
#[command(name = "windtunnel", version, max_term_width = 100, after_help = EXIT_CODES, disable_help_subcommand = false)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Run(run::Arguments),
    Compare(compare::Arguments),
    Trace(trace::Arguments),
    Calibrate(calibrate::Arguments),
    Sweep(sweep::Arguments),
    Tune(tune::Arguments),
    Backtest(backtest::Arguments),
    Check(check::Arguments),
    Import(import::Arguments),
    Export(export_policy::Arguments),
    Validate(validate::Arguments),
    #[command(hide = true)]
    LiveWorker(validate::WorkerArguments),
    Show(show::Arguments),
    Metrics(metrics::Arguments),
    Init(init::Arguments),
    /// Print the JSON Schema of a scenario
    ///
    /// Editors check and complete a scenario by it: put `#:schema scenario.schema.json` on its first line.
    #[command(after_help = "Example:\n  windtunnel schema > scenario.schema.json")]
    Schema,
    Completions(completions::Arguments),
    /// Print the manual page
    #[command(after_help = "Example:\n  windtunnel man | man -l -")]
    Man,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        super::Arguments::command().debug_assert();
    }

    #[test]
    fn every_verb_has_an_example() {
        for verb in super::Arguments::command().get_subcommands() {
            let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("windtunnel "), "{} has no example", verb.get_name());
        }
    }
}
