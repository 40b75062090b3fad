//! Writes the gallery of charts, from example data, into `plots/gallery/`: `cargo run -p windtunnel-plots --example gallery`.

#[path = "../src/test_data.rs"]
mod test_data;

use std::path::Path;

use windtunnel_plots::{
    ChartOptions, CostPoint, Picture, PlotError, Theme, capacity_gap, comparison, cost_against_violations,
    latency_distribution, lives, reaction, reaction_comparison, timeline,
};
use windtunnel_sim::outcome::{Outcome, Summary};

const DAY: usize = 24 * 60;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("gallery");
    std::fs::create_dir_all(&folder)?;
    for (name, picture) in gallery()? {
        std::fs::write(folder.join(format!("{name}.svg")), picture.svg())?;
        std::fs::write(folder.join(format!("{name}.png")), picture.png(1.0)?)?;
        println!("{name}: {:?}, {} bytes of SVG", picture.size(), picture.svg().len());
    }
    Ok(())
}

fn gallery() -> Result<Vec<(&'static str, Picture)>, PlotError> {
    let outcomes: Vec<Outcome> = test_data::policies().iter().map(|policy| test_data::example(policy, DAY)).collect();
    let refs: Vec<&Outcome> = outcomes.iter().collect();
    // The pictures of the gallery are read in one place: no need to carry the typeface in each.
    let light = ChartOptions { embed_typeface: false, ..ChartOptions::default() };
    let dark = ChartOptions { theme: Theme::dark(), ..light.clone() };
    let points = points(&outcomes);
    Ok(vec![
        ("timeline", timeline(&outcomes[0], &light)?),
        ("timeline-dark", timeline(&outcomes[0], &dark)?),
        ("comparison", comparison(&refs, &light)?),
        ("cost-against-violations", cost_against_violations(&points, &outcomes[0].traffic, &light)?),
        ("latency-distribution", latency_distribution(&refs, &light)?),
        ("lives", lives(&outcomes[0], &light)?),
        ("reaction", reaction(&outcomes[0], &light)?),
        ("reaction-comparison", reaction_comparison(&refs, &light)?),
        ("capacity-gap", capacity_gap(&outcomes[0], &light)?),
    ])
}

/// The runs, with made-up intervals, and fixed fleets to hold them against.
fn points(outcomes: &[Outcome]) -> Vec<CostPoint> {
    let around = |mean: f64, share: f64| Summary { mean, low: mean * (1.0 - share), high: mean * (1.0 + share) };
    let figure = |outcome: &Outcome, name: &str, share: f64| around(outcome.metrics.get(name).unwrap_or(0.0), share);
    let runs = outcomes.iter().map(|outcome| {
        let cost = figure(outcome, "cost_total", 0.02);
        let violations = figure(outcome, "slo_violating_request_fraction", 0.25);
        CostPoint::new(&outcome.name, outcome.provider.title(), cost, violations, &outcome.currency)
    });
    let fixed = [(4, 0.31), (6, 0.095), (8, 0.012), (10, 0.0009)].map(|(count, violations)| {
        let cost = around(f64::from(count) * 24.0 * 1.42, 0.0);
        let name = format!("static {count}");
        let point = CostPoint::new(&name, "Fixed capacity", cost, around(violations, 0.15), "CNY");
        CostPoint { is_baseline: true, ..point }
    });
    runs.chain(fixed).collect()
}
