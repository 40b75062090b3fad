//! A cooldown that is shorter than the boot buys the same capacity several times: step × ceil(boot / cooldown).

use windtunnel_sim::run::Fidelity;

use crate::bench::Bench;
use crate::error::ValidationError;
use crate::reference::family;
use crate::row::{Row, Rule, Section};

/// The alarm's period in seconds: it sees the first new instance one period after that serves, so the boot is shorter by it.
const PERIOD: f64 = 15.0;

pub(super) fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let mut rows = Vec::new();
    for record in family("cooldown_boot_overshoot")? {
        let (needed, step) = (record.number("needed")?, record.number("step")?);
        let (boot, cooldown) = (record.number("boot_s")?, record.number("cooldown_s")?);
        let case = format!("{needed} needed, {step} at a time, boot {boot} s, cooldown {cooldown} s");
        bench.watch.begins(&format!("overshoot by cooldown, {case}"));
        // Two instances hold 100 requests per second each; 75 each, once what is needed is there.
        let peak = 75.0 * (2.0 + needed);
        let text = format!(
            "horizon = \"30m\"\ntrace = {{ shape = \"step\", base = \"100rps\", peak = \"{peak}rps\", at = \"300s\" }}\n\
             service.cpu = \"2ms\"\ninstance.cores = 2\n[[boot]]\nstage = \"provision\"\ntime = \"0s\"\n\
             [[boot]]\nstage = \"start\"\ntime = \"{}s\"\n[ess]\nmin = 2\nmax = 20\n[ess.assumptions]\nalarm_delay = \"0s\"\n\
             [[ess.rule]]\nname = \"out\"\nadjust = {{ change = {step} }}\ncooldown = \"{cooldown}s\"\n\
             [[ess.alarm]]\nname = \"busy\"\nmetric = \"QPSPerInstance\"\nstatistic = \"average\"\ncomparison = \">\"\n\
             threshold = 100\nperiod = \"{PERIOD}s\"\ntimes = 1\naction = \"out\"\n",
            boot - PERIOD
        );
        let outcome = bench.run(&bench.scenario(&text)?, bench.first_seed, Fidelity::Requests, false)?;
        let launched: u32 = outcome.reactions.iter().map(|reaction| reaction.to - reaction.from).sum();
        rows.push(
            Row::compare(Section::Control, "overshoot by cooldown (ESS)", case, "instances launched")
                .reference(record.number("launched")?)
                .value(Rule::EXACT, f64::from(launched)),
        );
    }
    Ok(rows)
}
