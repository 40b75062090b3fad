//! `windtunnel trace generate`: traffic that nobody recorded.

use std::path::PathBuf;

use windtunnel_traces::generate::{self, GenerateOptions, Model};
use windtunnel_traces::import::Recorded;
use windtunnel_traces::info::TraceInfo;
use windtunnel_traces::{SimDuration, TraceError};

use super::drawing::DrawingFlags;
use super::import::{deliver, refuse_existing};
use super::input;
use crate::error::{CliError, Kind};
use crate::terminal;

/// Generate traffic: a shape, a random model, or the likeness of a recording
///
/// Shapes have the keys of the trace table: constant {rate}, step {base, peak, at, lasts}, ramp {from, to, over}, spike
/// {base, peak, at, rise, hold, fall}, diurnal {base, peak, peak_at, weekend}, each with noise, and sum {sum = [...]}.
/// Models: mmpp {rates, stays}; b-model {mean, bias}, self-similar; flash-crowd {base, peak, at, rise, hold, decay};
/// seasonal {mean, daily, peak_at, weekend, trend, noise, noise_lasts}.
///
/// The trace holds expected requests per interval; a run draws the requests. A picture of it is drawn beside its file:
/// month.csv.svg.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel trace generate --like two-days.csv --days 30 -o month.csv
  windtunnel trace generate diurnal base=300rps peak=900rps weekend=0.6 --days 14 --start 2026-11-02T00:00:00 -o fortnight.csv
  windtunnel trace generate mmpp 'rates=[\"100rps\",\"900rps\"]' 'stays=[\"10m\",\"1m\"]' --days 1 --step 10s -o bursts.csv
  windtunnel trace generate b-model mean=300rps bias=0.7 --days 1 --step 1s -o self-similar.csv
  windtunnel trace generate flash-crowd base=100rps peak=5000rps at=1h rise=2m hold=5m decay=20m --length 4h -o crowd.csv
  windtunnel trace generate seasonal mean=300rps daily=0.6 weekend=0.5 trend=0.03 noise=0.2 noise_lasts=30m --days 60 -o q4.csv")]
pub(crate) struct Arguments {
    /// A shape or a model
    #[arg(value_name = "MODEL", required_unless_present = "like", conflicts_with = "like")]
    model: Option<String>,
    /// Its keys, as in a scenario: base=300rps; lists with commas: rates=5rps,50rps
    #[arg(value_name = "KEY=VALUE")]
    keys: Vec<String>,
    /// A recording to take after: its day and week, and its bursts
    #[arg(long, value_name = "FILE")]
    like: Option<PathBuf>,
    /// How long the trace is, in days
    #[arg(long, required_unless_present = "length", conflicts_with = "length", value_parser = clap::value_parser!(u32).range(1..=3_650))]
    days: Option<u32>,
    /// How long the trace is
    #[arg(long)]
    length: Option<SimDuration>,
    /// How long its intervals are; of a likeness those of the recording
    #[arg(long, default_value = "1m")]
    step: SimDuration,
    /// The seed of what is random
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The calendar time of its beginning
    #[arg(long, value_name = "TIME")]
    start: Option<String>,
    /// With --like: leave out the growth from week to week that six whole weeks or more show
    #[arg(long, requires = "like")]
    no_trend: bool,
    /// The time zone; UTC unless told
    #[arg(long, requires = "start")]
    zone: Option<String>,
    /// Where to write the trace; standard output unless told
    #[arg(long, short, visible_alias = "out", value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    drawing: DrawingFlags,
    /// Replace a file that is already there
    #[arg(long)]
    force: bool,
    /// Say nothing on standard error
    #[arg(long, short)]
    quiet: bool,
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let output = arguments.output.as_deref();
    refuse_existing(output, arguments.force)?;
    arguments.drawing.refuse_existing(output, arguments.force)?;
    let length = match (arguments.days, arguments.length) {
        (Some(days), _) => SimDuration::from_hours(24 * u64::from(days)),
        (None, length) => length.unwrap_or_default(),
    };
    let options = GenerateOptions {
        length,
        step: arguments.step,
        seed: arguments.seed,
        start: arguments.start.clone(),
        zone: arguments.zone.clone(),
        without_trend: arguments.no_trend,
    };
    let trace = match &arguments.like {
        Some(path) => {
            let recorded = input::read_one(path, arguments.quiet)?;
            let trace = generate::like(&recorded, &options).map_err(|error| refused(&error))?;
            if !arguments.quiet {
                trace.notes.iter().for_each(|note| terminal::say(&format!("note: {note}")));
                terminal::say(&closeness(&trace, &recorded));
            }
            trace
        }
        None => model(arguments)?.generate(&options).map_err(|error| refused(&error))?,
    };
    let mut bytes = Vec::new();
    trace
        .write_csv(&mut bytes)
        .map_err(|error| CliError::new(Kind::Input, format!("the trace cannot be written: {error}")))?;
    deliver(&bytes, output)?;
    let title = arguments
        .like
        .as_ref()
        .and_then(|path| path.file_name())
        .map_or_else(|| arguments.model.clone().unwrap_or_default(), |file| format!("like {}", file.to_string_lossy()));
    let picture = arguments.drawing.draw(&trace, &format!("{title} (generated)"), output)?;
    picture.map_or(Ok(()), |picture| picture.write())
}

fn refused(error: &TraceError) -> CliError {
    let text = error.to_string();
    CliError::new(Kind::Input, text.strip_prefix("[trace] ").unwrap_or(&text).to_string())
}

/// The model with its keys.
fn model(arguments: &Arguments) -> Result<Model, CliError> {
    let name = arguments.model.as_deref().unwrap_or_default();
    let mut table = toml::Table::new();
    for key in &arguments.keys {
        let (name, value) = key.split_once('=').ok_or_else(|| {
            CliError::new(Kind::Usage, format!("`{key}` is no key with a value")).hint("write them as base=300rps")
        })?;
        table.insert(name.trim().to_string(), value_of(value.trim()));
    }
    let wrong = |error: toml::de::Error| {
        CliError::new(Kind::Input, format!("{name}: {}", error.message().trim()))
            .hint("`windtunnel trace generate --help` lists the keys of each model")
    };
    match name {
        "mmpp" => table.try_into().map(Model::Mmpp).map_err(wrong),
        "b-model" => table.try_into().map(Model::BModel).map_err(wrong),
        "flash-crowd" => table.try_into().map(Model::FlashCrowd).map_err(wrong),
        "seasonal" => table.try_into().map(Model::Seasonal).map_err(wrong),
        "constant" | "step" | "ramp" | "spike" | "diurnal" | "sum" => {
            table.insert("shape".to_string(), toml::Value::String(name.to_string()));
            table.try_into().map(|spec| Model::Shape(Box::new(spec))).map_err(wrong)
        }
        _ => Err(CliError::new(Kind::Usage, format!("there is no model `{name}`")).hint(
            "there are constant, step, ramp, spike, diurnal, sum, mmpp, b-model, flash-crowd and seasonal; --like takes after \
             a recording",
        )),
    }
}

/// A value as TOML has it; what is none is a text, or several between commas: `rates=5rps,50rps`.
fn value_of(text: &str) -> toml::Value {
    let parsed = format!("value = {text}").parse::<toml::Table>();
    if let Some(value) = parsed.ok().and_then(|mut table| table.remove("value")) {
        return value;
    }
    if text.contains(',') && !text.contains(['{', '[', '"']) {
        return text.split(',').map(|part| value_of(part.trim())).collect::<Vec<_>>().into();
    }
    toml::Value::String(text.to_string())
}

/// Figures of a trace beside those of what it takes after.
pub(super) fn closeness(trace: &Recorded, original: &Recorded) -> String {
    let (seen, wanted) = (TraceInfo::of(trace), TraceInfo::of(original));
    let mut lines = vec![format!("{:<28}{:>12}{:>12}{:>9}", "", "this", "original", "ratio")];
    let mut line = |name: String, seen: f64, wanted: f64| {
        let ratio = if wanted > 0.0 { format!("{:.2}", seen / wanted) } else { String::new() };
        lines.push(format!("{name:<28}{:>12}{:>12}{ratio:>9}", super::info::number(seen), super::info::number(wanted)));
    };
    line("mean, per second".into(), seen.mean_rps, wanted.mean_rps);
    line("peak, per second".into(), seen.peak_rps, wanted.peak_rps);
    line("peak to mean".into(), seen.peak_to_mean, wanted.peak_to_mean);
    for scale in &wanted.dispersion {
        let same = seen.dispersion.iter().find(|other| other.window_seconds == scale.window_seconds);
        if let Some(same) = same {
            line(format!("dispersion over {}", super::info::length(scale.window_seconds)), same.index, scale.index);
        }
    }
    for hour in &wanted.profile.daily_profile {
        let same = seen.profile.daily_profile.iter().find(|other| other.hour == hour.hour);
        if let Some(same) = same.filter(|_| hour.hour % 3 == 0) {
            line(format!("mean at {:02}:00", hour.hour), same.mean_rps, hour.mean_rps);
        }
    }
    for day in &wanted.profile.weekly_profile {
        let same = seen.profile.weekly_profile.iter().find(|other| other.day == day.day);
        if let Some(same) = same {
            line(format!("mean on {}", day.day), same.mean_rps, day.mean_rps);
        }
    }
    lines.join("\n")
}
