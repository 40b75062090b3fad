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
    let runs = outcomes.iter().map(|outcome| CostPoint {
        name: outcome.name.clone(),
        label: outcome.provider.title().to_owned(),
        cost: around(outcome.metrics.get("cost_total").unwrap_or(0.0), 0.02),
        violations: around(outcome.metrics.get("slo_violating_request_fraction").unwrap_or(0.0), 0.25),
        currency: outcome.currency.clone(),
    });
    let fixed = [(4, 0.31), (6, 0.095), (8, 0.012), (10, 0.0009)].map(|(count, violations)| CostPoint {
        name: format!("fixed {count}"),
        label: "Fixed capacity".to_owned(),
        cost: around(f64::from(count) * 24.0 * 1.42, 0.0),
        violations: around(violations, 0.15),
        currency: "CNY".to_owned(),
    });
    runs.chain(fixed).collect()
}
