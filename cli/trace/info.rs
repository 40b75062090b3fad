//! `windtunnel trace info FILE...`: what a recording is like.

use std::fmt::Write as _;

use windtunnel_traces::info::TraceInfo;

use super::input::{InputFlags, show_notes};
use crate::error::{CliError, Kind};
use crate::terminal;

/// Show what a recording is like: span, rates, burstiness, its day and week, gaps, what is suspect
///
/// It takes whatever `trace import` takes, and the traces that it writes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel trace info traffic.csv
  windtunnel trace info access.log.gz --format json | jq .dispersion
  windtunnel trace info month.csv --against two-days.csv")]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: InputFlags,
    /// A table to read, or one JSON document
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Another recording to put beside it, such as the one that it was generated after
    #[arg(long, value_name = "FILE", conflicts_with = "format")]
    against: Option<std::path::PathBuf>,
}

#[derive(Copy, Clone, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Table,
    Json,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let recorded = arguments.input.read(false)?;
    if let Some(original) = &arguments.against {
        let original = super::input::read_one(original, arguments.input.quiet)?;
        return terminal::print(&(super::generate::closeness(&recorded, &original) + "\n"));
    }
    let info = TraceInfo::of(&recorded);
    if arguments.format == Format::Json {
        let text = serde_json::to_string_pretty(&info)
            .map_err(|error| CliError::new(Kind::Input, format!("the figures cannot be written: {error}")))?;
        return terminal::print_raw(format!("{text}\n").as_bytes());
    }
    if !arguments.input.quiet {
        show_notes(&windowless(recorded));
    }
    terminal::print(&table(&info))
}

/// Notes are part of the table; only damaged lines are said beside it.
fn windowless(mut recorded: windtunnel_traces::import::Recorded) -> windtunnel_traces::import::Recorded {
    recorded.notes.clear();
    recorded
}

fn table(info: &TraceInfo) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<16} {value}");
    };
    for source in &info.sources {
        let what =
            if source.requests > 0 { format!("{} requests", source.requests) } else { format!("{} rows", source.rows) };
        line("source", format!("{} ({}): {what}", source.file, source.format));
    }
    line("span", format!("{} to {} ({})", info.start, info.end, length(info.span_seconds)));
    line("zone", info.zone.clone().unwrap_or_else(|| "none: times count from a beginning".into()));
    line("resolution", format!("{}, {} intervals", length(info.resolution_seconds), info.intervals));
    line("requests", number(info.requests));
    line("mean", format!("{} per second", number(info.mean_rps)));
    line("peak", format!("{} per second at {}", number(info.peak_rps), info.peak_at));
    line("peak to mean", number(info.peak_to_mean));
    for scale in &info.dispersion {
        let what =
            format!("{} over {} windows of {}", number(scale.index), scale.windows, length(scale.window_seconds));
        line("dispersion", what);
    }
    for hour in bars(info.profile.daily_profile.iter().map(|hour| (format!("{:02}:00", hour.hour), hour.mean_rps))) {
        line("day", hour);
    }
    for day in bars(info.profile.weekly_profile.iter().map(|day| (format!("{:<9}", day.day), day.mean_rps))) {
        line("week", day);
    }
    match info.gaps.count {
        0 => line("gaps", "none".into()),
        count => line("gaps", format!("{count}, together {}", length(info.gaps.total_seconds))),
    }
    for gap in info.gaps.longest.iter().take(5) {
        line("  gap", format!("{} to {} ({})", gap.from, gap.to, length(gap.seconds)));
    }
    for span in &info.censored {
        line(
            "saturated",
            format!("{} to {}: {}; demand was higher than what was recorded", span.from, span.to, span.reason),
        );
    }
    for artefact in &info.artefacts {
        line(
            "suspect",
            format!("{} ({} times, first {}): {}", artefact.kind, artefact.times, artefact.first, artefact.detail),
        );
    }
    if let Some(durations) = &info.durations {
        let [mean, p50, p95, p99] =
            [durations.mean_seconds, durations.p50_seconds, durations.p95_seconds, durations.p99_seconds].map(number);
        line(
            "durations",
            format!("mean {mean} s, p50 {p50} s, p95 {p95} s, p99 {p99} s, of {} requests", durations.count),
        );
    }
    for note in &info.notes {
        line("note", note.clone());
    }
    text
}

/// Rates with a bar each, as long as the highest is wide.
fn bars(rates: impl Iterator<Item = (String, f64)>) -> Vec<String> {
    const WIDTH: f64 = 40.0;
    let rates: Vec<(String, f64)> = rates.collect();
    let most = rates.iter().map(|rate| rate.1).fold(0.0, f64::max);
    let bar = |rate: f64| "#".repeat(if most > 0.0 { (rate / most * WIDTH).round() as usize } else { 0 });
    rates.iter().map(|(name, rate)| format!("{name} {:>10} {}", number(*rate), bar(*rate))).collect()
}

/// Four significant digits, or a whole number.
pub(super) fn number(number: f64) -> String {
    match number.abs() {
        0.0 => "0".into(),
        size if size >= 1000.0 || number.fract() == 0.0 => format!("{number:.0}"),
        size => {
            let decimals = (3 - size.log10().floor() as i32).clamp(0, 12) as usize;
            format!("{number:.decimals$}").trim_end_matches('0').trim_end_matches('.').to_string()
        }
    }
}

/// Seconds in the largest unit that they fill: `2.5 d`.
pub(super) fn length(seconds: f64) -> String {
    let (unit, size) = match seconds {
        s if s >= 172_800.0 => ("d", 86_400.0),
        s if s >= 7_200.0 => ("h", 3_600.0),
        s if s >= 120.0 => ("min", 60.0),
        _ => ("s", 1.0),
    };
    format!("{} {unit}", number(seconds / size))
}
