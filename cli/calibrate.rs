//! `windtunnel calibrate`: what a service asks for, and how long its instances boot, from recordings of it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use windtunnel_plots::{ChartOptions, FitChart, Format};
use windtunnel_traces::calibrate::{
    self, BootFit, CalibrationError, DemandFit, Estimate, LatencyFit, Machines, Observation,
};
use windtunnel_traces::import::{ImportOptions, Recorded};
use windtunnel_traces::{Cores, Ratio, SimDuration};

use crate::error::{CliError, Kind};
use crate::output::Folder;
use crate::terminal;
use crate::trace::input::read_any;

/// Fit CPU time per request, wait, and boot times from recordings, and write them as tables of a scenario
///
/// CPU time per request is the slope of a line through utilization against request rate. Where the log has durations
/// (load balancer logs, request_time), the wait beside it comes from the latencies at low load. Boot times come from the
/// scaling activities that AWS, ESS or Tencent list.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel calibrate --requests alb/*.log.gz --cpu cpu.csv --cores 8 --instances 5
  windtunnel calibrate --activities describe-scaling-activities.json
  windtunnel calibrate --requests access.log --cpu cpu.json --cores 8 --activities activities.json --out calibration")]
pub(crate) struct Arguments {
    /// Requests: whatever `trace import` takes
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "cpu")]
    requests: Vec<PathBuf>,
    /// CPU utilization over time, in percent or from 0 to 1: CSV, or JSON of CloudWatch, CloudMonitor or Prometheus
    #[arg(long, value_name = "FILE", requires = "requests", required_unless_present = "activities")]
    cpu: Option<PathBuf>,
    /// Cores of one instance
    #[arg(long, requires = "cpu", required_unless_present = "activities")]
    cores: Option<Cores>,
    /// Instances over which the utilization is the mean
    #[arg(long, default_value_t = 1)]
    instances: u32,
    /// The answer to describe-scaling-activities (AWS), DescribeScalingActivities (ESS) or DescribeAutoScalingActivities
    #[arg(long, value_name = "FILE")]
    activities: Option<PathBuf>,
    /// Utilization up to which load is low: latencies there are hardly queueing
    #[arg(long, default_value = "30%")]
    low_load: Ratio,
    /// The time zone of times without one
    #[arg(long)]
    zone: Option<String>,
    /// nginx's log_format of the requests
    #[arg(long, value_name = "STRING")]
    log_format: Option<String>,
    /// The folder to write service.toml and the pictures to
    #[arg(long, value_name = "DIR", default_value = "calibration")]
    out: PathBuf,
    /// Replace files that windtunnel did not write
    #[arg(long)]
    force: bool,
    /// No progress on standard error
    #[arg(long, short)]
    quiet: bool,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let mut folder = Folder::prepare(&arguments.out, arguments.force)?;
    let mut toml = String::from("# Fitted by `windtunnel calibrate`. Use it with `base = \"service.toml\"`.\n");
    if let Some(cpu) = &arguments.cpu {
        service(arguments, cpu, &mut toml, &mut folder)?;
    }
    if let Some(path) = &arguments.activities {
        let text = std::fs::read(path).map_err(|error| CliError::file("read", path, &error))?;
        let fit = calibrate::boot_times(&text).map_err(|error| about(path, &error))?;
        boot_table(&fit, &mut toml);
        add(&mut folder, "boot-times", &boot_chart(&fit))?;
    }
    terminal::print(&toml)?;
    folder.add("service.toml", toml.into_bytes());
    folder.write(arguments.force)?;
    terminal::say(&format!("wrote {}", arguments.out.join("service.toml").display()));
    Ok(())
}

fn about(path: &Path, error: &CalibrationError) -> CliError {
    CliError::new(Kind::Input, format!("{}: {error}", path.display()))
}

/// The `[service]` and `[instance]` tables.
fn service(arguments: &Arguments, cpu: &Path, toml: &mut String, folder: &mut Folder) -> Result<(), CliError> {
    let options = ImportOptions {
        zone: arguments.zone.clone(),
        log_format: arguments.log_format.clone(),
        ..ImportOptions::default()
    };
    let read = |paths: Vec<PathBuf>, options: &ImportOptions| read_any(paths, options, arguments.quiet);
    let requests = read(arguments.requests.clone(), &options)?;
    let utilization =
        read(vec![cpu.to_path_buf()], &ImportOptions { any_unit: true, log_format: None, ..options.clone() })?;
    let impossible = |error: CalibrationError| CliError::new(Kind::Input, error.to_string());
    let seen = calibrate::observations(&requests, &utilization).map_err(|error| about(cpu, &error))?;
    let cores = arguments.cores.unwrap_or(Cores::from_millis(1_000));
    let machines = Machines { cores: cores.as_f64(), instances: f64::from(arguments.instances) };
    let fit = calibrate::cpu_per_request(&seen, machines).map_err(impossible)?;
    add(folder, "cpu-per-request", &demand_chart(&fit))?;
    let latency = if requests.durations.count() > 0 {
        let stretches = low_stretches(&seen, arguments.low_load.as_f64());
        let within = ImportOptions { durations_within: Some(stretches.clone()), ..options };
        let low = read(arguments.requests.clone(), &within)?;
        let fit = calibrate::latency_at_low_load(&low.durations, fit.seconds.value).map_err(impossible)?;
        add(folder, "latency-at-low-load", &latency_chart(&fit))?;
        Some(fit)
    } else {
        None
    };
    service_table(&fit, latency.as_ref(), &requests, toml);
    let _ = write!(toml, "\n[instance]\ncores = {}\n", quoted_cores(cores));
    Ok(())
}

fn quoted_cores(cores: Cores) -> String {
    match cores.whole() {
        Some(cores) => cores.to_string(),
        None => format!("\"{cores}\""),
    }
}

/// Where the load is low; the quietest quarter when it is nowhere as low as asked for.
fn low_stretches(seen: &[Observation], low: f64) -> Vec<(i64, i64)> {
    let mut by_load: Vec<&Observation> = seen.iter().collect();
    by_load.sort_by(|a, b| a.utilization.total_cmp(&b.utilization));
    let quarter = by_load[by_load.len() / 4].utilization;
    let bound = if by_load[0].utilization <= low {
        low
    } else {
        terminal::say(&format!(
            "note: the load is nowhere below {:.0} %: latencies are taken from its quietest quarter, and have queueing in them",
            low * 100.0
        ));
        quarter
    };
    seen.iter().filter(|seen| seen.utilization <= bound).map(|seen| (seen.from, seen.to)).collect()
}

fn service_table(fit: &DemandFit, latency: Option<&LatencyFit>, requests: &Recorded, toml: &mut String) {
    let Estimate { value, low, high } = fit.seconds;
    let _ = write!(
        toml,
        "\n[service]\n# CPU time per request: {} (95 % confidence {} to {}), R2 = {:.3}, {} intervals{}.\n# Idle load: {:.2} cores \
         ({:.2} to {:.2}); it is not part of a request.\n",
        time(value),
        time(low),
        time(high),
        fit.r_squared,
        fit.used,
        if fit.saturated > 0 { format!(", {} saturated ones left out", fit.saturated) } else { String::new() },
        fit.idle_cores.value,
        fit.idle_cores.low,
        fit.idle_cores.high,
    );
    if !requests.censored.is_empty() {
        let _ =
            writeln!(toml, "# The log has {} stretches in which requests were turned away.", requests.censored.len());
    }
    let Some(latency) = latency else {
        let _ = writeln!(
            toml,
            "# The log has no durations: how CPU time scatters is not known (a variation of 1 is an assumption), nor is the wait.\n\
             cpu = {{ lognormal = {{ mean = \"{}\", cv = 1.0 }} }}",
            time(value)
        );
        return;
    };
    let _ = writeln!(
        toml,
        "# Latency at low load: {} ({} to {}), {} requests; a lognormal distribution is off by at most {:.1} % of the requests.\n\
         # That CPU time and wait scatter alike is an assumption: their sum does not tell which of them does.\n\
         cpu = {{ lognormal = {{ mean = \"{}\", cv = {:.3} }} }}",
        time(latency.latency.value),
        time(latency.latency.low),
        time(latency.latency.high),
        latency.requests,
        latency.distance * 100.0,
        time(value),
        latency.variation,
    );
    if latency.wait > 0.0 {
        let _ = writeln!(
            toml,
            "wait = {{ lognormal = {{ mean = \"{}\", cv = {:.3} }} }}",
            time(latency.wait),
            latency.variation
        );
    } else {
        let _ = writeln!(toml, "# The CPU time is all of the latency: there is no wait.");
    }
}

fn boot_table(fit: &BootFit, toml: &mut String) {
    let Estimate { value, low, high } = fit.median;
    let _ = write!(
        toml,
        "\n# From launch to in service, {} launches: median {} (95 % confidence {} to {}).\n[[boot]]\nstage = \"launch\"\n\
         time = {{ lognormal = {{ median = \"{}\", p95 = \"{}\" }} }}\n",
        fit.seconds.len(),
        time(value),
        time(low),
        time(high),
        time(value),
        time(fit.p95),
    );
    if fit.fails > 0.0 {
        let _ = writeln!(toml, "fails = {:.4}", fit.fails);
    }
}

/// Seconds as a scenario writes them, to a microsecond.
fn time(seconds: f64) -> String {
    let micros = (seconds.max(0.0) * 1e6).round();
    SimDuration::from_nanos(micros as u64 * 1_000).to_string()
}

fn demand_chart(fit: &DemandFit) -> FitChart {
    let most = fit.points.iter().map(|point| point.0).fold(0.0, f64::max);
    let at = |rate: f64| (rate, fit.idle_cores.value + rate * fit.seconds.value);
    FitChart {
        title: "CPU time per request".into(),
        subtitle: format!(
            "{} (95 % confidence {} to {})  ·  R2 = {:.3}  ·  {} intervals",
            time(fit.seconds.value),
            time(fit.seconds.low),
            time(fit.seconds.high),
            fit.r_squared,
            fit.used
        ),
        across: "requests per second".into(),
        up: "Busy cores".into(),
        points: fit.points.clone(),
        line: [at(0.0), at(most)],
        line_name: "fitted".into(),
    }
}

fn latency_chart(fit: &LatencyFit) -> FitChart {
    let millis = |(fitted, seen): &(f64, f64)| (fitted * 1e3, seen * 1e3);
    quantiles(
        "Latency at low load",
        "ms",
        fit.quantiles.iter().map(millis).collect(),
        &format!("{} requests", fit.requests),
    )
}

fn boot_chart(fit: &BootFit) -> FitChart {
    quantiles("Boot times", "s", fit.quantiles.clone(), &format!("{} launches", fit.seconds.len()))
}

/// Measured quantiles against fitted ones: on the line, they agree.
fn quantiles(title: &str, unit: &str, points: Vec<(f64, f64)>, subtitle: &str) -> FitChart {
    let most = points.iter().map(|point| point.0.min(point.1)).fold(0.0, f64::max);
    FitChart {
        title: title.into(),
        subtitle: format!("{subtitle}  ·  quantiles against those of the lognormal distribution"),
        across: format!("fitted quantile, {unit}"),
        up: format!("Measured quantile, {unit}"),
        points,
        line: [(0.0, 0.0), (most, most)],
        line_name: "where both agree".into(),
    }
}

fn add(folder: &mut Folder, name: &str, chart: &FitChart) -> Result<(), CliError> {
    let failed = |error| CliError::new(Kind::Input, format!("the picture {name} cannot be drawn: {error}"));
    let picture = windtunnel_plots::fit(chart, &ChartOptions::default()).map_err(failed)?;
    for format in [Format::Svg, Format::Png] {
        folder.add(format!("{name}.{}", format.extension()), picture.bytes(format).map_err(failed)?);
    }
    Ok(())
}
