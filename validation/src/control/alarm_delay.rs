//! From a step of the load to the alarm: uniform between (N - 1) P + u and N P + u, as the moment of the step is uniform within
//! a period. u is what the step needs of a period to lift its average over the threshold.

use windtunnel_sim::run::Fidelity;
use windtunnel_traces::random::uniform;
use windtunnel_traces::{Purpose, Streams};

use crate::bench::Bench;
use crate::error::ValidationError;
use crate::reference::{Record, family};
use crate::row::{Row, Rule, Section};

const GROUP: &str = "delay of an alarm (CloudWatch)";
/// The Kolmogorov-Smirnov statistic times sqrt(n) that is exceeded with the probability of four standard errors.
const CRITICAL: f64 = 2.276;

pub(super) fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let mut rows = Vec::new();
    for record in family("alarm_step_delay")? {
        let (period, step) = (record.number("period")?, record.number("step")?);
        // CloudWatch's alarms of a minute; the other vectors have the same formula.
        if period != 60.0 || record.number("publish_delay")? != 0.0 || !(step == 100.0 || step == 80.0) {
            continue;
        }
        rows.extend(case(bench, &record, step)?);
        if bench.is_short() && rows.len() >= 4 {
            break;
        }
    }
    Ok(rows)
}

fn case(bench: &Bench<'_>, record: &Record, step: f64) -> Result<Vec<Row>, ValidationError> {
    let (times, base, threshold) = (record.number("N")?, record.number("base")?, record.number("threshold")?);
    let (least, most) = (record.number("min_delay")?, record.number("max_delay")?);
    let name = format!("{times} × 60 s, {base} % to {step} %, threshold {threshold} %");
    bench.watch.begins(&format!("{GROUP}, {name}"));
    let draws = bench.either(200, 60);
    let mut moments = Streams::new(bench.first_seed).stream(Purpose::ProbePhase);
    let mut delays = Vec::new();
    for draw in 0..draws {
        let at = 300.0 + 60.0 * uniform(&mut moments);
        // Full cores are more than enough requests for one; a step below that is exactly as many.
        let peak = if step >= 100.0 { 80.0 } else { step / 2.0 };
        let text = scenario(at, base / 2.0, peak, threshold, times);
        let outcome = bench.run(&bench.scenario(&text)?, bench.first_seed + draw, Fidelity::Requests, false)?;
        let alarm = outcome.alarms.iter().find(|change| change.to == "ALARM");
        delays.push(alarm.map_or(f64::NAN, |change| change.at_millis as f64 / 1e3 - at));
    }
    let compare = |what: &str| Row::compare(Section::Control, GROUP, &name, what);
    let mean = compare("mean delay, s").reference(record.number("mean_delay")?).judge(Rule::STANDARD, &delays);
    delays.sort_by(f64::total_cmp);
    let n = delays.len() as f64;
    let gap = |(index, delay): (usize, &f64)| {
        let cumulative = ((delay - least) / (most - least)).clamp(0.0, 1.0);
        (cumulative - index as f64 / n).max((index as f64 + 1.0) / n - cumulative)
    };
    let statistic = delays.iter().enumerate().map(gap).fold(0.0, f64::max);
    let statistic = if delays.iter().all(|delay| delay.is_finite()) { statistic } else { f64::NAN };
    let uniformity = compare(&format!("√n times its distance to uniform on {least} to {most} s (Kolmogorov, Smirnov)"))
        .value(Rule::AtMost { bound: CRITICAL }, libm::sqrt(n) * statistic);
    Ok(vec![mean, uniformity])
}

fn scenario(at: f64, base: f64, peak: f64, threshold: f64, times: f64) -> String {
    format!(
        "horizon = \"{}s\"\n\
         trace = {{ shape = \"step\", base = \"{base}rps\", peak = \"{peak}rps\", at = \"{at:.6}s\" }}\n\
         service = {{ cpu = \"20ms\", timeout = \"2s\" }}\ninstance = {{ cores = 1, workers = 64, backlog = 64 }}\n\
         [aws]\nmin = 1\nmax = 2\n[aws.assumptions]\nalarm_phase = \"0s\"\nreconcile_lag = [\"0s\"]\n\
         publication_delay_ec2 = \"0s\"\n\
         [[aws.policy]]\nname = \"out\"\nadjust = {{ change = 1 }}\n\
         [[aws.alarm]]\nname = \"busy\"\nmetric = \"CPUUtilization\"\nstatistic = \"average\"\ncomparison = \">\"\n\
         threshold = {threshold}\nperiod = \"60s\"\ntimes = {times}\naction = \"out\"\n",
        300.0 + 60.0 * (times + 3.0)
    )
}
