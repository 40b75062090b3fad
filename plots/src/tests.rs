//! What holds for every chart: nothing overlaps, nothing leaves the picture, nothing breaks the document, whatever the
//! data.

use windtunnel_sim::outcome::{ActivityEntry, AlarmEntry, Outcome, Reaction, Spool, Summary, TimelineRow};
use windtunnel_traces::SimDuration;

use crate::test_data::{example, policies};
use crate::{
    Backtest, BacktestCapacity, BacktestLevel, BacktestMetric, CapacityKind, ChartOptions, CostBound, CostPoint,
    Effect, EffectRow, Frontier, HeatMap, MainEffects, Map, Mark, Picture, PlotError, Rect, Swing, Swings, Theme,
    Tornado, Unit, Validation, ValidationPanel, backtest, capacity_gap, comparison, cost_against_violations, frontier,
    heat_map, latency_distribution, lives, main_effects, reaction, reaction_comparison, timeline, tornado, validation,
};

const DAY: usize = 24 * 60;

fn plain() -> ChartOptions {
    ChartOptions { embed_typeface: false, ..ChartOptions::default() }
}

fn day() -> Outcome {
    example(&policies()[0], DAY)
}

/// Texts stand inside the picture and not on each other; the document is one, and holds no NaN.
fn assert_sound(picture: &Picture) {
    let (width, height) = picture.size();
    let page = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let labels = picture.labels();
    for (i, one) in labels.iter().enumerate() {
        assert!(page.contains(&one.place), "“{}” leaves the picture: {:?} of {page:?}", one.text, one.place);
        for other in &labels[i + 1..] {
            assert!(!one.place.overlaps(&other.place), "“{}” and “{}” overlap", one.text, other.text);
        }
    }
    let svg = picture.svg();
    assert!(!svg.contains("NaN") && !svg.contains("inf,") && !svg.contains("\"inf"), "a number is none");
    let options = resvg::usvg::Options::default();
    resvg::usvg::Tree::from_str(svg, &options).expect("the picture is a well-formed SVG document");
}

fn texts(picture: &Picture) -> Vec<&str> {
    picture.labels().iter().map(|label| label.text.as_str()).collect()
}

/// A made-up backtest: a metric with a gap, an alarm that goes both ways and one that knows nothing, a refusal.
fn tested(name: &str) -> Backtest {
    let minutes = || (0..600).map(|minute| f64::from(minute) * 60.0).filter(|at| *at != 1200.0);
    let metric = |unit: &str, scale: f64| BacktestMetric {
        name: name.to_owned(),
        unit: unit.to_owned(),
        values: minutes().map(|at| (at, at + 60.0, scale * (1.0 + (at / 5000.0).sin()))).collect(),
        levels: [">=", "<", "target"]
            .map(|comparison| BacktestLevel {
                name: name.to_owned(),
                comparison: comparison.to_owned(),
                value: scale,
                span: (comparison == "target").then_some((0.0, 3000.0)),
            })
            .to_vec(),
    };
    let change = |seconds: u64, alarm: &str, from: &str, to: &str| AlarmEntry {
        at_millis: seconds * 1000,
        alarm: alarm.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        reason: String::new(),
    };
    let request = |at_seconds: f64, from: u32, to: u32, accepted: bool| ActivityEntry {
        at_seconds,
        from,
        to,
        accepted,
        ..ActivityEntry::default()
    };
    let kinds = [CapacityKind::Recorded, CapacityKind::Proposed, CapacityKind::RecordedDesired, CapacityKind::Desired];
    Backtest {
        title: name.to_owned(),
        subtitle: name.to_owned(),
        figures: vec![("accepted".to_owned(), "2".to_owned()), ("rejected".to_owned(), "1".to_owned())],
        end_seconds: 36_000.0,
        metrics: vec![metric("%", 60.0), metric("s", 0.2), metric(name, 1e7)],
        alarms: [
            change(0, name, "INSUFFICIENT_DATA", "INSUFFICIENT_DATA"),
            change(600, name, "INSUFFICIENT_DATA", "OK"),
            change(4000, name, "OK", "ALARM"),
            change(0, "silent", "INSUFFICIENT_DATA", "INSUFFICIENT_DATA"),
        ]
        .into_iter()
        .collect(),
        activities: [request(4000.0, 2, 4, true), request(4300.0, 4, 6, false), request(9000.0, 4, 3, true)]
            .into_iter()
            .collect(),
        capacity_unit: "pods".to_owned(),
        capacity: kinds
            .into_iter()
            .map(|kind| BacktestCapacity { kind, steps: vec![(0.0, 2.0), (4000.0, 4.0), (9000.0, 3.0)] })
            .collect(),
        ..Backtest::default()
    }
}

/// A made-up recording beside a made-up simulation, with gaps and without an end.
fn validated(name: &str) -> Validation {
    let minutes = || (0..600).map(|minute| f64::from(minute) * 60.0);
    let wave = |at: f64| 400.0 + 300.0 * (at / 7000.0).sin();
    let panel = |unit: &str, is_stepped: bool, divisor: f64| ValidationPanel {
        name: name.to_owned(),
        unit: unit.to_owned(),
        is_stepped,
        recorded: minutes()
            .map(|at| (at, if at == 1200.0 { f64::NAN } else { (wave(at) / divisor).round() }))
            .collect(),
        simulated: minutes().map(|at| (at, wave(at - 300.0) / divisor)).collect(),
        spread: minutes().step_by(10).map(|at| (at, wave(at) / divisor - 1.0, wave(at) / divisor + 1.0)).collect(),
    };
    Validation {
        title: name.to_owned(),
        subtitle: format!("{name}, an example"),
        figures: vec![("mean absolute error".to_owned(), "0.4 pods".to_owned())],
        panels: vec![panel("requests per second", false, 1.0), panel(name, true, 100.0)],
        ..Validation::default()
    }
}

/// Today's point, a fixed fleet and a bound.
fn marked(point: &CostPoint, name: &str) -> Frontier {
    let today = CostPoint { marks: vec![Mark::Today, Mark::Knee], is_on_frontier: Some(false), ..point.clone() };
    let fixed = CostPoint { is_baseline: true, label: "Fixed capacity".to_owned(), ..point.clone() };
    let bound = CostBound { name: name.to_owned(), cost: 8.0 };
    Frontier {
        title: name.to_owned(),
        traffic: name.to_owned(),
        notes: vec![name.to_owned()],
        points: vec![today, fixed.clone(), fixed],
        bounds: vec![bound.clone(), bound],
    }
}

/// Two by two cells of three kinds.
fn map(name: &str, cells: &[Option<f64>]) -> HeatMap {
    let levels = || vec![name.to_owned(), "300s".to_owned()];
    let of = |unit: Unit| Map { name: name.to_owned(), unit, cells: cells.to_vec() };
    HeatMap {
        title: name.to_owned(),
        subtitle: name.to_owned(),
        across: (name.to_owned(), levels()),
        up: (name.to_owned(), levels()),
        maps: vec![of(Unit::Money(name.to_owned())), of(Unit::Share), of(Unit::Holds)],
    }
}

fn effects(name: &str) -> MainEffects {
    let levels = vec![(name.to_owned(), 0.5), ("300s".to_owned(), 0.6), ("600s".to_owned(), f64::NAN)];
    let effect = Effect { name: name.to_owned(), share: Some(0.25), levels };
    let row = |unit: Unit| EffectRow { name: name.to_owned(), unit, effects: vec![effect.clone(); 9] };
    let rows = vec![row(Unit::Share), row(Unit::Seconds), row(Unit::Other(name.to_owned()))];
    MainEffects { title: name.to_owned(), subtitle: name.to_owned(), rows }
}

fn swings(name: &str) -> Tornado {
    let swing = |low: f64, high: f64| Swing { name: name.to_owned(), low, high };
    let panel = |unit: Unit, base: f64| Swings {
        name: name.to_owned(),
        unit,
        base,
        base_name: name.to_owned(),
        swings: vec![swing(base - 3.0, base + 2.0), swing(base, base + 1.0), swing(base, base), swing(f64::NAN, 1.0)],
    };
    Tornado {
        title: name.to_owned(),
        subtitle: name.to_owned(),
        panels: vec![panel(Unit::Share, 7.0), panel(Unit::Money(name.to_owned()), 1e7), panel(Unit::Seconds, 0.0)],
    }
}

fn every_chart(outcome: &Outcome, options: &ChartOptions) -> Vec<Picture> {
    let cost = Summary { mean: 10.0, low: 9.0, high: 11.0 };
    let violations = Summary { mean: 0.01, low: 0.005, high: 0.02 };
    let point = CostPoint::new(&outcome.name, outcome.provider.title(), cost, violations, &outcome.currency);
    let charts = [
        timeline(outcome, options),
        comparison(&[outcome, outcome, outcome], options),
        cost_against_violations(&[point.clone(), point.clone()], &outcome.traffic, options),
        latency_distribution(&[outcome], options),
        lives(outcome, options),
        capacity_gap(outcome, options),
        reaction(outcome, options),
        reaction_comparison(&[outcome, outcome], options),
        backtest(&tested(&outcome.name), options),
        validation(&validated(&outcome.name), options),
        frontier(&marked(&point, &outcome.name), options),
        heat_map(&map(&outcome.name, &[Some(1.0), None, Some(f64::NAN), Some(0.0)]), options),
        main_effects(&effects(&outcome.name), options),
        tornado(&swings(&outcome.name), options),
    ];
    charts.into_iter().map(|chart| chart.expect("the chart is drawn")).collect()
}

#[test]
fn a_timeline_shows_its_panels_and_its_origin() {
    let picture = timeline(&day(), &plain()).expect("a day is drawn");
    assert_sound(&picture);
    let texts = texts(&picture);
    for text in ["ess-guide", "Load", "Scaling activities", "Capacity", "CPU utilization", "Alarm states", "Latency"] {
        assert!(texts.contains(&text), "{text} is missing");
    }
    assert!(texts.iter().any(|text| text.contains("(synthetic)") && text.contains("seed 7")));
    assert!(texts.contains(&"> 70 %") && texts.contains(&"objective 500 ms") && texts.contains(&"+2"));
    assert!(picture.warnings().is_empty());
}

#[test]
fn every_chart_is_sound_at_every_width_in_both_themes() {
    let outcome = day();
    for width in [1, 400, 640, 1200, 5000] {
        for theme in [Theme::light(), Theme::dark()] {
            let options = ChartOptions { width, theme, ..plain() };
            every_chart(&outcome, &options).iter().for_each(assert_sound);
        }
    }
}

#[test]
fn the_same_outcome_gives_the_same_bytes() {
    let outcome = day();
    let (one, two) = (every_chart(&outcome, &plain()), every_chart(&outcome, &plain()));
    assert!(one.iter().zip(&two).all(|(one, two)| one.svg() == two.svg()));
}

#[test]
fn names_of_any_kind_neither_break_nor_overlap() {
    let long = "a name without end ".repeat(12);
    let wide = "W".repeat(200);
    for name in [
        long.as_str(),
        wide.as_str(),
        "<script>alert('x')</script>&\"]]>",
        "弹性伸缩 服务",
        "a\u{0}\u{1b}[31m\u{202e}b",
        "",
    ] {
        let mut outcome = day();
        outcome.name = name.to_owned();
        outcome.traffic = format!("{name} (synthetic)");
        outcome.currency = name.chars().take(30).collect();
        let mut reactions: Vec<Reaction> = outcome.reactions.iter().collect();
        for part in reactions.iter_mut().flat_map(|reaction| &mut reaction.parts) {
            part.stage = format!("{name} {}", part.stage);
        }
        outcome.reactions = reactions.into_iter().collect();
        for level in &mut outcome.thresholds {
            level.name = name.to_owned();
        }
        let renamed = |entry| AlarmEntry { alarm: name.to_owned(), ..entry };
        outcome.alarms = outcome.alarms.iter().map(renamed).collect();
        for picture in every_chart(&outcome, &plain()) {
            assert_sound(&picture);
            assert!(!picture.svg().contains("<script"));
        }
    }
}

#[test]
fn missing_glyphs_are_told_and_drawn_as_question_marks() {
    let mut outcome = day();
    outcome.name = "弹性".to_owned();
    let picture = timeline(&outcome, &plain()).expect("it is drawn all the same");
    assert!(picture.warnings()[0].contains("弹性"), "{:?}", picture.warnings());
    assert!(picture.svg().contains("弹性"), "the SVG keeps the name for viewers that have the glyphs");
    assert!(picture.png(0.5).expect("a PNG").starts_with(b"\x89PNG"));
}

#[test]
fn eight_scenarios_fit_and_nine_do_not() {
    let outcome = example(&policies()[3], 300);
    for count in 1..=8 {
        let picture = comparison(&vec![&outcome; count], &plain()).expect("up to eight fit");
        assert_sound(&picture);
    }
    assert!(matches!(comparison(&[&outcome; 9], &plain()), Err(PlotError::TooMany { count: 9, .. })));
    assert!(matches!(comparison(&[], &plain()), Err(PlotError::Nothing { .. })));
}

#[test]
fn the_scales_of_a_comparison_are_shared() {
    let (small, mut large) = (day(), day());
    large.timeline =
        large.timeline.iter().map(|row| TimelineRow { in_service: 40.0 * row.in_service, ..row }).collect();
    let picture = comparison(&[&small, &large], &plain()).expect("two are drawn");
    let texts = texts(&picture);
    assert_eq!(texts.iter().filter(|text| **text == "400").count(), 2, "both capacity axes reach as far");
}

#[test]
fn strange_timelines_do_not_panic() {
    let strange = TimelineRow {
        start_seconds: 0.0,
        end_seconds: 60.0,
        desired: f64::NAN,
        in_service: f64::INFINITY,
        demand: f64::INFINITY,
        cpu_utilization: f64::NAN,
        latency_p99_seconds: f64::INFINITY,
        violating_windows: 1,
        ..TimelineRow::default()
    };
    let zeros = TimelineRow { start_seconds: 60.0, end_seconds: 120.0, ..TimelineRow::default() };
    let broken = TimelineRow { start_seconds: f64::NAN, end_seconds: f64::NAN, ..TimelineRow::default() };
    for rows in [vec![zeros.clone()], vec![strange.clone()], vec![strange, broken.clone(), zeros]] {
        let mut outcome = day();
        outcome.timeline = rows.into_iter().collect();
        outcome.horizon = SimDuration::from_secs(0);
        outcome.objective.latency_seconds = f64::NAN;
        outcome.calendar_start = Some(i64::MIN);
        outcome.time_zone = Some("Nowhere/Land".to_owned());
        outcome.thresholds[0].threshold = f64::NAN;
        every_chart(&outcome, &plain()).iter().for_each(assert_sound);
    }
    let mut outcome = day();
    for rows in [vec![], vec![broken]] {
        outcome.timeline = rows.into_iter().collect();
        assert!(matches!(timeline(&outcome, &plain()), Err(PlotError::EmptyTimeline { .. })));
    }
    outcome.instances = Spool::default();
    assert!(matches!(lives(&outcome, &plain()), Err(PlotError::Nothing { .. })));
}

#[test]
fn a_hundred_thousand_rows_stay_small() {
    let outcome = example(&policies()[0], 100_000);
    let picture = timeline(&outcome, &ChartOptions::default()).expect("a long run is drawn");
    assert_sound(&picture);
    assert!(picture.svg().len() < 1_500_000, "{} bytes", picture.svg().len());
    let picture = comparison(&[&outcome; 8], &ChartOptions::default()).expect("eight long runs are drawn");
    assert!(picture.svg().len() < 1_500_000, "{} bytes", picture.svg().len());
}

#[test]
fn many_activities_and_alarms_are_thinned_out() {
    let mut outcome = day();
    outcome.activities = (0..5000u32)
        .map(|i| ActivityEntry {
            at_seconds: f64::from(i) * 17.28,
            accepted: i % 3 != 0,
            from: 5,
            to: 5 + i % 2 * 3,
            ..ActivityEntry::default()
        })
        .collect();
    outcome.alarms = (0..900u64)
        .map(|i| AlarmEntry {
            at_millis: i * 96_000,
            alarm: format!("alarm {}", i % 30),
            from: "OK".to_owned(),
            to: "ALARM".to_owned(),
            reason: String::new(),
        })
        .collect();
    let picture = timeline(&outcome, &plain()).expect("a busy day is drawn");
    assert_sound(&picture);
    assert!(texts(&picture).contains(&"24 more not shown"));
}

#[test]
fn a_reaction_names_its_stages_and_what_they_took() {
    let picture = reaction(&day(), &plain()).expect("the toy scales out");
    assert_sound(&picture);
    let texts = texts(&picture);
    for text in ["Reaction budget", "alarm periods", "provision", "in all", "minutes since the first breaching sample"]
    {
        assert!(texts.contains(&text), "{text} is missing: {texts:?}");
    }
}

#[test]
fn a_policy_without_reactions_says_so() {
    let mut idle = day();
    idle.reactions = Spool::default();
    assert!(matches!(reaction(&idle, &plain()), Err(PlotError::Nothing { .. })));
    assert!(matches!(reaction_comparison(&[&idle], &plain()), Err(PlotError::Nothing { .. })));
    let picture = reaction_comparison(&[&day(), &idle], &plain()).expect("one of two has reactions");
    assert_sound(&picture);
    assert!(texts(&picture).iter().any(|text| text.starts_with("none")));
}

#[test]
fn a_single_scale_out_is_its_own_median() {
    let mut once = day();
    once.reactions = once.reactions.iter().take(1).collect();
    let picture = reaction(&once, &plain()).expect("one scale-out is drawn");
    assert_sound(&picture);
    assert!(!texts(&picture).contains(&"slowest scale-out"));
}

#[test]
fn a_calendar_gives_real_dates() {
    let mut outcome = example(&policies()[0], 3 * DAY);
    outcome.calendar_start = Some(1_774_689_420);
    outcome.time_zone = Some("Asia/Shanghai".to_owned());
    let picture = timeline(&outcome, &plain()).expect("three days are drawn");
    assert_sound(&picture);
    let texts = texts(&picture);
    assert!(texts.contains(&"Time (Asia/Shanghai)"), "{texts:?}");
    assert!(texts.contains(&"Mon 30 Mar"), "{texts:?}");
}

fn point(name: &str, cost: f64, violations: f64) -> CostPoint {
    let cost = Summary { mean: cost, low: cost * 0.97, high: cost * 1.03 };
    let violations = Summary { mean: violations, low: violations - 0.01, high: violations * 1.4 };
    CostPoint::new(name, "Fixed capacity", cost, violations, "USD")
}

#[test]
fn clouds_of_points_keep_their_labels_apart() {
    for count in [1, 2, 8, 20, 300] {
        let spread = |i: i32| (100.0 + f64::from(i * 7919 % 100) / 10.0, f64::from(i * 104_729 % 97) / 300.0);
        let points: Vec<CostPoint> =
            (0..count).map(|i| point(&format!("policy {i}"), spread(i).0, spread(i).1)).collect();
        let picture = cost_against_violations(&points, "example data", &plain()).expect("a cloud is drawn");
        assert_sound(&picture);
        if count <= 8 {
            assert!((0..count).all(|i| texts(&picture).contains(&format!("policy {i}").as_str())));
        }
    }
}

#[test]
fn odd_points_are_drawn_or_named() {
    let nothing: Vec<CostPoint> = vec![];
    assert!(cost_against_violations(&nothing, "t", &plain()).is_err());
    let zeros = [point("free", 0.0, 0.0), point("dear", 1e9, 0.0)];
    assert_sound(&cost_against_violations(&zeros, "t", &plain()).expect("zeros are drawn"));
    let mut mixed = [point("a", 1.0, 0.1), point("b", f64::NAN, 0.1), point("c", 2.0, 0.2)];
    mixed[2].currency = "CNY".to_owned();
    mixed[2].cost.low = f64::NEG_INFINITY;
    let picture = cost_against_violations(&mixed, "t", &plain()).expect("what is a number is drawn");
    assert_sound(&picture);
    assert_eq!(picture.warnings().len(), 2, "{:?}", picture.warnings());
}

#[test]
fn a_png_has_the_size_it_was_asked_for() {
    let picture = timeline(&day(), &ChartOptions::default()).expect("a day is drawn");
    let png = picture.png(0.5).expect("a PNG");
    let width = u32::from_be_bytes([png[16], png[17], png[18], png[19]]);
    assert_eq!(width, 600);
    for scale in [0.0, -1.0, f32::NAN, 1e9] {
        assert!(matches!(picture.png(scale), Err(PlotError::Png(_))));
    }
}

#[test]
fn a_validation_shows_its_quantities_and_breaks_at_gaps() {
    let data = validated("replica count");
    let picture = validation(&data, &plain()).expect("a validation is drawn");
    assert_sound(&picture);
    let texts = texts(&picture);
    for text in ["recorded", "simulated", "simulated, all seeds", "requests per second", "0.4 pods"] {
        assert!(texts.contains(&text), "{text} is missing: {texts:?}");
    }
    let mut dated = data.clone();
    dated.calendar_start = Some(1_774_689_420);
    let picture = validation(&dated, &plain()).expect("it is drawn with dates");
    assert!(picture.labels().iter().any(|label| label.text.contains("2026")), "{:?}", picture.labels());
    for nothing in [Validation::default(), Validation { panels: vec![ValidationPanel::default()], ..data }] {
        assert!(matches!(validation(&nothing, &plain()), Err(PlotError::Nothing { .. })));
    }
}

#[test]
fn sweeps_without_figures_say_so() {
    let nothing = |picture: Result<Picture, PlotError>| matches!(picture, Err(PlotError::Nothing { .. }));
    assert!(nothing(heat_map(&HeatMap::default(), &plain())));
    assert!(nothing(heat_map(&map("x", &[None, None, Some(f64::NAN), None]), &plain())));
    assert!(nothing(heat_map(&map("x", &[Some(1.0)]), &plain())), "cells that do not fit the axes");
    assert!(nothing(main_effects(&MainEffects::default(), &plain())));
    assert!(nothing(tornado(&Tornado::default(), &plain())));
    assert!(nothing(frontier(&Frontier::default(), &plain())));
    let wide = (0..100).map(|level| level.to_string()).collect::<Vec<_>>();
    let map = HeatMap { across: ("x".to_owned(), wide), ..map("x", &[Some(1.0); 200]) };
    assert!(matches!(heat_map(&map, &plain()), Err(PlotError::TooMany { count: 100, .. })));
}

#[test]
fn a_frontier_marks_what_it_is_told_to() {
    let mut today = point("60s", 10.0, 0.02);
    today.marks = vec![Mark::Today];
    let mut knee = point("120s", 12.0, 0.01);
    knee.marks = vec![Mark::Knee];
    let chart = Frontier {
        points: vec![today, knee, point("none", f64::NAN, 0.5)],
        bounds: vec![CostBound { name: "clairvoyant".to_owned(), cost: 7.0 }],
        notes: vec!["one seed".to_owned()],
        ..Frontier::default()
    };
    let picture = frontier(&chart, &plain()).expect("a frontier is drawn");
    assert_sound(&picture);
    let texts = texts(&picture);
    for text in ["today: 60s", "knee: 120s", "clairvoyant"] {
        assert!(texts.contains(&text), "{text} is missing: {texts:?}");
    }
    let marks = picture.marks();
    assert!(marks[0].is_some() && marks[1].is_some() && marks[2].is_none(), "every drawn point has its place");
    assert!(marks[0] < marks[1], "the dearer point lies further right");
}

#[test]
fn saturated_stretches_are_shaded_and_named() {
    let mut outcome = day();
    outcome.censored = vec![windtunnel_sim::outcome::CensoredStretch {
        from_seconds: 3600.0,
        to_seconds: 7200.0,
        reason: "refusals".to_owned(),
    }];
    for picture in [timeline(&outcome, &plain()), comparison(&[&outcome, &outcome], &plain())] {
        let picture = picture.expect("it is drawn");
        assert_sound(&picture);
        assert!(texts(&picture).contains(&"recorded while saturated: demand was higher"));
    }
    assert!(!texts(&timeline(&day(), &plain()).expect("it is drawn")).iter().any(|text| text.contains("saturated")));
}

#[test]
fn a_hundred_thousand_points_are_no_large_document() {
    let points: Vec<CostPoint> = (0..100_000_u32)
        .map(|i| {
            let around = |mean: f64| Summary { mean, low: mean * 0.9, high: mean * 1.1 };
            let (cost, violations) = (f64::from(i % 317) + 50.0, f64::from(i / 317) / 400.0);
            CostPoint::new(&format!("p{i}"), "Alibaba ESS", around(cost), around(violations), "CNY")
        })
        .collect();
    let picture = cost_against_violations(&points, "synthetic", &plain()).expect("the points are drawn");
    assert!(picture.svg().len() < 20_000_000, "{} bytes", picture.svg().len());
    assert!(texts(&picture).contains(&"p0"), "the cheapest without violations is named");
}
