//! Writes the gallery of charts, from example data, into `plots/gallery/`: `cargo run --example gallery`. With `--check` it
//! writes nothing and fails where what is drawn is no longer what is there: other elements, other texts, another size.

#[path = "gallery/recorded.rs"]
mod recorded;
#[path = "../src/test_data.rs"]
mod test_data;

use std::path::Path;

use windtunnel_plots::{
    ChartOptions, CostBound, CostPoint, Effect, EffectRow, Frontier, HeatMap, MainEffects, Map, Mark, Picture,
    PlotError, Swing, Swings, Theme, Tornado, Unit, Validation, ValidationPanel, backtest, capacity_gap, comparison,
    cost_against_violations, frontier, heat_map, latency_distribution, lives, main_effects, reaction,
    reaction_comparison, timeline, tornado, traffic, validation,
};
use windtunnel_sim::outcome::{Outcome, Summary};

const DAY: usize = 24 * 60;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("gallery");
    if std::env::args().any(|argument| argument == "--check") {
        return check(&folder);
    }
    std::fs::create_dir_all(&folder)?;
    for (name, picture) in gallery()? {
        std::fs::write(folder.join(format!("{name}.svg")), picture.svg())?;
        std::fs::write(folder.join(format!("{name}.png")), picture.png(1.0)?)?;
        println!("{name}: {:?}, {} bytes of SVG", picture.size(), picture.svg().len());
    }
    Ok(())
}

/// Compares structures rather than bytes: pixels may differ where fonts do.
fn check(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut drifted = Vec::new();
    for (name, picture) in gallery()? {
        let there = std::fs::read_to_string(folder.join(format!("{name}.svg"))).unwrap_or_default();
        if structure(&there) != structure(picture.svg()) {
            drifted.push(name);
        }
        if !folder.join(format!("{name}.png")).is_file() {
            drifted.push(name);
        }
    }
    if drifted.is_empty() {
        return Ok(());
    }
    Err(format!("the gallery is not what the charts draw: {}; run `cargo run --example gallery`", drifted.join(", "))
        .into())
}

/// The elements of a document in order, with the texts, without places and colours; and its size.
fn structure(svg: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for piece in svg.split('<').skip(1) {
        let (element, text) = piece.split_once('>').unwrap_or((piece, ""));
        let name = element.split([' ', '\n', '/']).next().unwrap_or_default();
        if name == "svg" {
            let size = element.split("viewBox").next().unwrap_or_default();
            parts.push(size.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        parts.push(format!("{name} {}", text.trim()).trim_end().to_owned());
    }
    parts
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
        ("frontier", frontier(&sweep(), &light)?),
        ("heat-map", heat_map(&map(), &light)?),
        ("heat-map-dark", heat_map(&map(), &dark)?),
        ("main-effects", main_effects(&effects(), &light)?),
        ("tornado", tornado(&swings(), &light)?),
        ("backtest", backtest(&recorded::alarms(&outcomes[0]), &light)?),
        ("backtest-dark", backtest(&recorded::alarms(&outcomes[0]), &dark)?),
        ("backtest-hpa", backtest(&recorded::hpa(&outcomes[0]), &light)?),
        ("validation", validation(&validated(), &light)?),
        ("traffic", traffic(&recorded::traffic(), EXAMPLE, &light)?),
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

const EXAMPLE: &str = "example data (synthetic)";
const THRESHOLDS: [u32; 5] = [50, 60, 70, 80, 90];
const COOLDOWNS: [u32; 4] = [60, 120, 300, 600];

/// Made-up laws: a higher threshold is cheaper and worse, a longer cooldown worse.
fn cost(threshold: u32, cooldown: u32) -> f64 {
    420.0 - 2.1 * f64::from(threshold) - 0.02 * f64::from(cooldown)
}

fn violations(threshold: u32, cooldown: u32) -> f64 {
    0.000_4 * (f64::from(threshold - 45) / 7.0).exp() * (1.0 + f64::from(cooldown) / 400.0)
}

fn around(mean: f64, share: f64) -> Summary {
    Summary { mean, low: mean * (1.0 - share), high: mean * (1.0 + share) }
}

fn sweep() -> Frontier {
    let mut points = Vec::new();
    for threshold in THRESHOLDS {
        for cooldown in COOLDOWNS {
            let (cost, violations) =
                (around(cost(threshold, cooldown), 0.01), around(violations(threshold, cooldown), 0.2));
            let point = CostPoint::new(&format!("{threshold} · {cooldown}s"), "Alibaba ESS", cost, violations, "CNY");
            let marks = match (threshold, cooldown) {
                (70, 300) => vec![Mark::Today],
                (70, 60) => vec![Mark::Knee],
                _ => Vec::new(),
            };
            points.push(CostPoint { marks, ..point });
        }
    }
    for (count, violations) in [(6, 0.21), (8, 0.06), (10, 0.004), (12, 0.000_2)] {
        let cost = around(f64::from(count) * 30.0, 0.0);
        let point = CostPoint::new(&format!("static {count}"), "Fixed capacity", cost, around(violations, 0.15), "CNY");
        points.push(CostPoint { is_baseline: true, ..point });
    }
    let bounds =
        vec![CostBound { name: "clairvoyant: nothing that meets the demand costs less".to_owned(), cost: 176.0 }];
    Frontier {
        title: "thresholds: cost against violations".to_owned(),
        traffic: EXAMPLE.to_owned(),
        notes: Vec::new(),
        points,
        bounds,
    }
}

fn map() -> HeatMap {
    let cells = |of: &dyn Fn(u32, u32) -> f64| {
        COOLDOWNS
            .iter()
            .flat_map(|cooldown| THRESHOLDS.map(|threshold| Some(of(threshold, *cooldown))))
            .collect::<Vec<_>>()
    };
    let holds = |threshold, cooldown| match violations(threshold, cooldown) {
        sure if sure < 0.008 => 1.0,
        unsure if unsure < 0.015 => 0.5,
        _ => 0.0,
    };
    let mut costs = cells(&cost);
    costs[3] = None; // a point that was not simulated
    HeatMap {
        title: "thresholds: two parameters".to_owned(),
        subtitle: format!("ess-guide  ·  traffic: {EXAMPLE}  ·  10 seeds"),
        across: ("ess.alarm.cpu-high-alert.threshold".to_owned(), THRESHOLDS.map(|level| level.to_string()).to_vec()),
        up: ("ess.rule.scale-out-cpu-high.cooldown".to_owned(), COOLDOWNS.map(|level| format!("{level}s")).to_vec()),
        maps: vec![
            Map { name: "Cost".to_owned(), unit: Unit::Money("CNY".to_owned()), cells: costs },
            Map { name: "Requests that violate".to_owned(), unit: Unit::Share, cells: cells(&violations) },
            Map { name: "Holds violations < 1 %".to_owned(), unit: Unit::Holds, cells: cells(&holds) },
        ],
    }
}

fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    values.clone().sum::<f64>() / values.count() as f64
}

fn effects() -> MainEffects {
    let row = |name: &str, unit: Unit, of: &dyn Fn(u32, u32) -> f64, shares: [f64; 2]| EffectRow {
        name: name.to_owned(),
        unit,
        effects: vec![
            Effect {
                name: "ess.alarm.cpu-high-alert.threshold".to_owned(),
                share: Some(shares[0]),
                levels: THRESHOLDS.map(|t| (t.to_string(), mean(COOLDOWNS.iter().map(|c| of(t, *c))))).to_vec(),
            },
            Effect {
                name: "ess.rule.scale-out-cpu-high.cooldown".to_owned(),
                share: Some(shares[1]),
                levels: COOLDOWNS.map(|c| (format!("{c}s"), mean(THRESHOLDS.iter().map(|t| of(*t, c))))).to_vec(),
            },
        ],
    };
    MainEffects {
        title: "thresholds: what each parameter does".to_owned(),
        subtitle: format!("ess-guide  ·  traffic: {EXAMPLE}  ·  10 seeds  ·  means over everything else"),
        rows: vec![
            row("Cost", Unit::Money("CNY".to_owned()), &cost, [0.99, 0.01]),
            row("Requests that violate", Unit::Share, &violations, [0.81, 0.09]),
        ],
    }
}

fn swings() -> Tornado {
    let swing = |name: &str, low: f64, high: f64| Swing { name: name.to_owned(), low, high };
    Tornado {
        title: "around the guide: what moves the figures".to_owned(),
        subtitle: format!("ess-guide  ·  traffic: {EXAMPLE}  ·  one-at-a-time"),
        panels: vec![
            Swings {
                name: "Cost".to_owned(),
                unit: Unit::Money("CNY".to_owned()),
                base: 267.0,
                base_name: "one key at a time, from the scenario as it is".to_owned(),
                swings: vec![
                    swing("ess.alarm.cpu-high-alert.threshold", 225.0, 309.0),
                    swing("ess.max", 240.0, 267.0),
                    swing("ess.rule.scale-out-cpu-high.cooldown", 261.0, 271.8),
                    swing("balancer.attach", 267.0, 267.0),
                ],
            },
            Swings {
                name: "Requests that violate".to_owned(),
                unit: Unit::Share,
                base: 0.021,
                base_name: "one key at a time, from the scenario as it is".to_owned(),
                swings: vec![
                    swing("ess.max", 0.021, 0.15),
                    swing("ess.alarm.cpu-high-alert.threshold", 0.001, 0.084),
                    swing("balancer.attach", 0.018, 0.026),
                ],
            },
        ],
    }
}

fn validated() -> Validation {
    let minutes = || (0..240).map(|minute| f64::from(minute) * 60.0);
    let load = |at: f64| 300.0 + 260.0 * (at / 3300.0).sin();
    let replicas = |at: f64| (load(at) / 60.0).ceil().max(2.0);
    let panel = |name: &str, unit: &str, is_stepped: bool| ValidationPanel {
        name: name.to_owned(),
        unit: unit.to_owned(),
        is_stepped,
        ..ValidationPanel::default()
    };
    Validation {
        title: "A recorded experiment and its simulation".to_owned(),
        subtitle: EXAMPLE.to_owned(),
        figures: vec![
            ("mean absolute error".to_owned(), "0.21 pods".to_owned()),
            ("peak, recorded and simulated".to_owned(), "10, 10".to_owned()),
        ],
        calendar_start: Some(1_774_689_420),
        time_zone: Some("Europe/Berlin".to_owned()),
        panels: vec![
            ValidationPanel {
                recorded: minutes().map(|at| (at, load(at))).collect(),
                ..panel("Load", "requests per second", false)
            },
            ValidationPanel {
                recorded: minutes().map(|at| (at, replicas(at - 120.0))).collect(),
                simulated: minutes().map(|at| (at, replicas(at - 60.0))).collect(),
                spread: minutes()
                    .map(|at| (at, replicas(at - 180.0).min(replicas(at)), replicas(at).max(replicas(at - 180.0))))
                    .collect(),
                ..panel("Replicas", "pods", true)
            },
        ],
    }
}
