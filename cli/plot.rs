//! `windtunnel plot RESULTS --chart NAME`: pictures of results that are there already.

use std::path::PathBuf;

use clap::ValueEnum;
use windtunnel_plots::{ChartOptions, Format, PlotError, Theme};

use crate::charts::{self, Chart, Named, Selection};
use crate::error::{CliError, Kind};
use crate::output::{self, Folder};
use crate::results;
use crate::{diagnostics, terminal};

/// Draw results of run, compare, sweep, tune, backtest or validate again: other charts, sizes, themes
///
/// RESULTS is the folder that one of them wrote, or the JSON document that it printed; a document has no timelines, so
/// only some charts can be drawn from it. A trace can be drawn as well. docs/charts.md shows every chart.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  windtunnel plot windtunnel-out
  windtunnel plot windtunnel-out --chart timeline --scenario ess-guide -o timeline.svg --theme dark
  windtunnel plot results --chart heat-map --axes cooldown,threshold -o map.png --width 1600")]
pub(crate) struct Arguments {
    /// A folder of results, a JSON document, or a trace
    results: PathBuf,
    /// Which chart (may be repeated) [default: all that these results have]
    #[arg(long, value_name = "NAME")]
    chart: Vec<Chart>,
    /// Write one chart to this file: an .svg or a .png
    #[arg(long, short, value_name = "FILE", conflicts_with = "out")]
    output: Option<PathBuf>,
    /// Write all charts, as SVG and PNG, to this folder
    #[arg(long, value_name = "DIR", default_value = "windtunnel-charts")]
    out: PathBuf,
    /// Draw only this scenario
    #[arg(long, value_name = "NAME")]
    scenario: Option<String>,
    /// The two keys of a heat map, such as cooldown,threshold [default: the two that matter most]
    #[arg(long, value_name = "KEY,KEY", value_parser = two_keys)]
    axes: Option<(String, String)>,
    /// Colours for paper and most slides, or for dark slides
    #[arg(long, value_name = "THEME", default_value = "light")]
    theme: Look,
    /// The width of the pictures in pixels, from 400
    #[arg(long, value_name = "PIXELS", default_value_t = 1200, value_parser = clap::value_parser!(u32).range(400..=4000))]
    width: u32,
    /// Draw letters that the built-in font lacks, such as Chinese, with this TTF or OTF font
    #[arg(long, value_name = "FILE")]
    font: Option<PathBuf>,
    /// Replace what is already there
    #[arg(long)]
    force: bool,
}

/// The colours of pictures.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
enum Look {
    /// Dark on white
    Light,
    /// Light on near black
    Dark,
}

fn two_keys(text: &str) -> Result<(String, String), String> {
    let mut keys = text.split(',').map(str::trim);
    match (keys.next(), keys.next(), keys.next()) {
        (Some(one), Some(other), None) if !one.is_empty() && !other.is_empty() && one != other => {
            Ok((one.to_string(), other.to_string()))
        }
        _ => Err("name two keys with a comma between them, such as cooldown,threshold".to_string()),
    }
}

/// Runs the verb.
pub(crate) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let stored = results::open(&arguments.results)?;
    let selection = Selection { scenario: arguments.scenario.clone(), axes: arguments.axes.clone() };
    let options = ChartOptions {
        width: arguments.width,
        theme: if arguments.theme == Look::Dark { Theme::dark() } else { Theme::light() },
        font: arguments.font.clone(),
        ..ChartOptions::default()
    };
    let is_asked_for = !arguments.chart.is_empty();
    let mut charts = if is_asked_for { arguments.chart.clone() } else { charts::available(&stored) };
    charts.dedup();
    let mut pictures: Vec<Named> = Vec::new();
    for chart in charts {
        match charts::draw(&stored, chart, &selection, &options) {
            Ok(more) => pictures.extend(more),
            Err(error) if is_asked_for => return Err(error),
            // A sweep that is no grid has no heat map, and nobody asked for one.
            Err(_) => {}
        }
    }
    if !is_asked_for {
        pictures.retain(|(_, picture)| !matches!(picture, Err(PlotError::Nothing { .. } | PlotError::TooMany { .. })));
    }
    match &arguments.output {
        Some(file) => write_one(pictures, file, arguments.force),
        None => write_all(pictures, arguments),
    }
}

fn write_one(pictures: Vec<Named>, file: &std::path::Path, is_forced: bool) -> Result<(), CliError> {
    let format = match file.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => Format::Svg,
        Some("png") => Format::Png,
        _ => {
            let message = format!("`{}` is neither .svg nor .png", file.display());
            return Err(CliError::new(Kind::Usage, message).hint("name a file such as chart.svg"));
        }
    };
    let count = pictures.len();
    let mut pictures = pictures.into_iter();
    let (Some((name, picture)), 1) = (pictures.next(), count) else {
        return Err(CliError::new(Kind::Usage, format!("{count} pictures do not go into one file"))
            .hint("choose one with --chart and --scenario, or write all to a folder with --out"));
    };
    if !is_forced && file.exists() {
        let message = format!("`{}` is there already", file.display());
        return Err(CliError::new(Kind::Input, message).hint("name another file, or replace it with --force"));
    }
    let picture = drawn(&name, picture)?;
    let bytes = picture.bytes(format).map_err(|error| failed(&name, &error))?;
    output::write_file(file, &bytes)?;
    terminal::say(&format!("wrote {}", file.display()));
    Ok(())
}

fn write_all(pictures: Vec<Named>, arguments: &Arguments) -> Result<(), CliError> {
    if pictures.is_empty() {
        return Err(CliError::new(Kind::Input, format!("`{}` has nothing to draw", arguments.results.display()))
            .hint("the run may have no time, no requests or no scale-out"));
    }
    let mut folder = Folder::prepare(&arguments.out, arguments.force)?;
    for (name, picture) in pictures {
        let picture = drawn(&name, picture)?;
        for format in [Format::Svg, Format::Png] {
            let bytes = picture.bytes(format).map_err(|error| failed(&name, &error))?;
            folder.add(format!("{name}.{}", format.extension()), bytes);
        }
    }
    let said = format!("wrote {} files to {}", folder.len(), folder.root().display());
    folder.write(arguments.force)?;
    terminal::say(&said);
    Ok(())
}

fn drawn(
    name: &str,
    picture: Result<windtunnel_plots::Picture, PlotError>,
) -> Result<windtunnel_plots::Picture, CliError> {
    let picture = picture.map_err(|error| failed(name, &error))?;
    for warning in picture.warnings() {
        diagnostics::warn(&format!("{name}: {warning}"), Some("give a font that has them with --font"));
    }
    Ok(picture)
}

fn failed(name: &str, error: &PlotError) -> CliError {
    CliError::new(Kind::Input, format!("the chart {name} cannot be drawn: {error}"))
}
