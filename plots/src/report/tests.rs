//! The report on results of every kind: right answers, no markup of others, small files.

use windtunnel_sim::outcome::{ActivityEntry, MetricValues, Outcome, TimelineRow};

use super::*;
use crate::frontier::CostPoint;
use crate::test_data::{example, policies};

const DAY: usize = 24 * 60;

/// A run with given costs and shares of violating requests, one for each seed.
fn run(name: &str, costs: &[f64], shares: &[f64]) -> ReportRun {
    let mut outcome = example(&policies()[0], 120);
    outcome.name = name.to_owned();
    let sample = |(cost, share): (&f64, &f64)| {
        MetricValues::collect(|metric| match metric {
            "cost_total" => Some(*cost),
            "slo_violating_request_fraction" => Some(*share),
            "requests_served" => Some(1000.0),
            "requests_timed_out" | "requests_rejected" | "requests_failed" => Some(0.0),
            _ => None,
        })
    };
    let samples: Vec<MetricValues> = costs.iter().zip(shares).map(sample).collect();
    outcome.metrics = samples[0].clone();
    ReportRun {
        name: name.to_owned(),
        outcome,
        seeds: (0..costs.len() as u64).map(|seed| 7 + seed).collect(),
        samples,
        exchange: None,
        command: format!("windtunnel compare {name}"),
        scenario: format!("name = \"{name}\"\n"),
        hazards: vec![ReportHazard {
            code: "G03".to_owned(),
            severity: "warning".to_owned(),
            path: "ess.alarm.x".to_owned(),
            message: format!("{name} flaps"),
            fix: "widen the band".to_owned(),
        }],
        assumptions: vec![ReportAssumption {
            key: "ess.assumptions.alarm_delay".to_owned(),
            value: "\"60s\"".to_owned(),
            is_default: true,
            question: "How long?".to_owned(),
            source: "see https://example.com/a and nothing else".to_owned(),
        }],
    }
}

fn report(runs: Vec<ReportRun>) -> Report {
    Report { version: "0.1.0".to_owned(), runs, ..Report::default() }
}

fn said(runs: Vec<ReportRun>) -> answer::Answer {
    answer::answer(&report(runs))
}

#[test]
fn the_cheapest_that_holds_wins_and_pairs_say_how_sure() {
    // The costs vary more between seeds than between policies: only the pairs can tell.
    let base = [10.0, 20.0, 30.0, 40.0];
    let cheaper: Vec<f64> = base.iter().map(|cost| cost - 1.0).collect();
    let answer = said(vec![
        run("dear", &base, &[0.001; 4]),
        run("cheap", &cheaper, &[0.002; 4]),
        run("cheapest-but-bad", &[1.0; 4], &[0.3; 4]),
    ]);
    assert_eq!(answer.winner, Some(1));
    assert!(answer.answer.starts_with("cheap wins"), "{}", answer.answer);
    assert!(answer.answer.contains("1.00 CNY (4 %) less than the next that holds it, dear"), "{}", answer.answer);
    assert!(answer.confidence.starts_with("Sure: over 4 seeds"), "{}", answer.confidence);
}

#[test]
fn an_interval_with_zero_in_it_is_not_sure() {
    let answer = said(vec![run("a", &[10.0, 12.0, 9.0], &[0.0; 3]), run("b", &[11.0, 10.0, 12.0], &[0.0; 3])]);
    assert_eq!(answer.winner, Some(0));
    assert!(answer.confidence.starts_with("Not sure: over 3 seeds"), "{}", answer.confidence);
}

#[test]
fn one_seed_is_said_plainly() {
    let answer = said(vec![run("a", &[10.0], &[0.0]), run("b", &[11.0], &[0.0])]);
    assert_eq!(answer.winner, Some(0));
    assert!(answer.confidence.starts_with("One seed: there is no interval"), "{}", answer.confidence);
    let alone = said(vec![run("a", &[10.0], &[0.5])]);
    assert!(alone.answer.starts_with("No: 50 % of requests violate it"), "{}", alone.answer);
    assert!(alone.confidence.starts_with("One seed"), "{}", alone.confidence);
}

#[test]
fn nobody_wins_when_none_holds_or_costs_do_not_compare() {
    let none = said(vec![run("a", &[10.0], &[0.4]), run("b", &[5.0], &[0.2])]);
    assert_eq!(none.winner, None);
    assert!(none.answer.contains("None holds the objective. b comes nearest"), "{}", none.answer);
    let mut dollars = run("b", &[5.0], &[0.0]);
    dollars.outcome.currency = "USD".to_owned();
    let two = said(vec![run("a", &[10.0], &[0.0]), dollars.clone()]);
    assert_eq!(two.winner, None);
    assert!(two.answer.contains("a and b hold the objective") && two.answer.contains("currencies"), "{}", two.answer);
    // With a rate they do: 5 USD are 35.5 CNY.
    dollars.exchange = Some(("CNY".to_owned(), 7.1));
    assert_eq!(said(vec![run("a", &[10.0], &[0.0]), dollars]).winner, Some(0));
}

#[test]
fn a_mean_that_holds_is_not_an_interval_that_does() {
    let shaky = run("shaky", &[1.0, 1.0, 1.0], &[0.0, 0.025, 0.0]);
    assert_eq!(answer::holds(&shaky), answer::Holds::ByMean);
    assert_eq!(answer::holds(&run("firm", &[1.0, 1.0], &[0.001, 0.002])), answer::Holds::Surely);
    assert_eq!(answer::holds(&run("bad", &[1.0, 1.0], &[0.03, 0.02])), answer::Holds::No);
    let mut idle = run("idle", &[1.0], &[0.0]);
    idle.samples = vec![MetricValues::collect(|_| None::<f64>)];
    assert_eq!(answer::holds(&idle), answer::Holds::Unknown);
}

#[test]
fn too_many_unanswered_requests_break_the_objective_too() {
    let mut run = run("slow-free", &[1.0], &[0.005]);
    run.samples = vec![MetricValues::collect(|metric| match metric {
        "slo_violating_request_fraction" => Some(0.005),
        "requests_served" => Some(995.0),
        "requests_failed" => Some(5.0),
        _ => Some(0.0),
    })];
    assert_eq!(answer::holds(&run), answer::Holds::No, "0.5 % unanswered, 0.1 % are allowed");
}

/// No element, attribute or script of others; nothing is loaded.
fn assert_harmless(text: &str) {
    let lower = text.to_lowercase();
    assert_eq!(lower.matches("<script").count(), 3, "data, uPlot and the report's own script");
    assert_eq!(lower.matches("</script>").count(), 3);
    for loading in [" src=\"http", "<link rel=\"stylesheet", "@import", "url(http", "<img", "<iframe"] {
        assert!(!lower.contains(loading), "{loading}");
    }
    let data = text.split("id=\"data\">").nth(1).and_then(|rest| rest.split("</script>").next()).expect("the data");
    serde_json::from_str::<serde_json::Value>(data).expect("the data is JSON");
}

#[test]
fn names_of_any_kind_stay_text() {
    let long = "x".repeat(200);
    for name in [
        "<script>alert(1)</script>",
        "</script><img src=x onerror=alert(1)>",
        "\"'>&\u{0}\u{202e}",
        "弹性伸缩",
        long.as_str(),
        "",
    ] {
        let mut run = run(name, &[1.0, 2.0], &[0.1, 0.2]);
        run.outcome.traffic = name.to_owned();
        run.outcome.currency = name.to_owned();
        let entry = ActivityEntry { cause: name.to_owned(), alarm: Some(name.to_owned()), ..ActivityEntry::default() };
        run.outcome.activities = std::iter::once(entry).collect();
        run.assumptions[0].source = format!("https://{name} javascript:alert(1)");
        let page = report_html(&report(vec![run.clone(), run.clone()])).expect("the page is made");
        assert_harmless(&page.text);
        assert!(!page.text.contains("<script>alert") && !page.text.contains("<img src=x"), "{name}");
        assert_eq!(page.warnings.is_empty(), name != "弹性伸缩", "{:?}", page.warnings);
        let text = report_markdown(&report(vec![run])).expect("the summary is made");
        assert!(!text.contains("<script") && !text.contains("<img"), "{text}");
    }
}

#[test]
fn strange_results_still_have_a_page() {
    let mut empty = run("empty", &[0.0], &[0.0]);
    empty.outcome.timeline = std::iter::empty::<TimelineRow>().collect();
    empty.outcome.activities = std::iter::empty().collect();
    empty.outcome.reactions = std::iter::empty().collect();
    let mut nothing = empty.clone();
    nothing.samples = vec![MetricValues::collect(|_| None::<f64>)];
    let mut not_numbers = run("nan", &[f64::NAN], &[f64::NAN]);
    let row = TimelineRow {
        start_seconds: 0.0,
        end_seconds: 60.0,
        cpu_utilization: f64::NAN,
        demand: f64::INFINITY,
        ..TimelineRow::default()
    };
    not_numbers.outcome.timeline = std::iter::once(row).collect();
    not_numbers.outcome.objective.latency_seconds = f64::NAN;
    for runs in [
        vec![empty.clone()],
        vec![nothing],
        vec![not_numbers.clone()],
        vec![empty, not_numbers, run("zero", &[0.0], &[0.0])],
    ] {
        let page = report_html(&report(runs.clone())).expect("the page is made");
        assert_harmless(&page.text);
        let body = page.text.split("<main>").nth(1).and_then(|rest| rest.split("</main>").next()).expect("a body");
        assert!(!body.contains("NaN") && !body.contains("inf "), "a number is none");
        report_markdown(&report(runs)).expect("the summary is made");
    }
    assert!(matches!(report_html(&Report::default()), Err(PlotError::Nothing { .. })));
    assert!(matches!(report_markdown(&Report::default()), Err(PlotError::Nothing { .. })));
}

#[test]
fn a_week_of_four_policies_is_below_two_megabytes() {
    let runs: Vec<ReportRun> = policies()
        .iter()
        .map(|policy| ReportRun { outcome: example(policy, 7 * DAY), ..run(policy.name, &[1.0], &[0.001]) })
        .collect();
    let page = report_html(&report(runs)).expect("the page is made");
    assert_harmless(&page.text);
    assert!(page.text.len() < 2_000_000, "{} bytes", page.text.len());
}

#[test]
fn extremes_survive_thinning_out() {
    let mut outcome: Outcome = example(&policies()[0], 30 * DAY);
    let spike = 12_345;
    outcome.timeline = outcome
        .timeline
        .iter()
        .enumerate()
        .map(|(index, row)| TimelineRow { in_service: if index == spike { 77.0 } else { row.in_service }, ..row })
        .collect();
    let page =
        report_html(&report(vec![ReportRun { outcome, ..run("month", &[1.0], &[0.0]) }])).expect("the page is made");
    let data =
        page.text.split("id=\"data\">").nth(1).and_then(|rest| rest.split("</script>").next()).expect("the data");
    let data: serde_json::Value = serde_json::from_str(data).expect("the data is JSON");
    let series = data["runs"][0]["series"].as_array().expect("series");
    let in_service = series.iter().find(|series| series["id"] == "in_service").expect("capacity");
    assert!(in_service["values"].as_str().expect("numbers").split(',').any(|word| word == "77"));
    assert!(data["runs"][0]["x"].as_str().expect("times").split(',').count() <= 12_002);
}

#[test]
fn the_log_says_what_was_seen_and_done() {
    let mut outcome = example(&policies()[0], 60);
    let seen = ActivityEntry {
        at_seconds: 33_240.0,
        status: "Successful".to_owned(),
        accepted: true,
        from: 5,
        to: 7,
        alarm: Some("cpu-high-alert".to_owned()),
        alarm_values: vec![71.3, 74.0, 78.9],
        alarm_comparison: Some(">".to_owned()),
        alarm_threshold: Some(70.0),
        ..ActivityEntry::default()
    };
    let refused = ActivityEntry {
        accepted: false,
        to: 5,
        status: "Rejected".to_owned(),
        explanation: "cooldown until 09:17:20".to_owned(),
        ..seen.clone()
    };
    outcome.activities = [seen, refused.clone(), refused].into_iter().collect();
    let (lines, left_out) = log::entries(&outcome, 100);
    assert_eq!((lines.len(), left_out), (2, 0), "refusals in a row are one line");
    assert_eq!(
        (lines[0].time.as_str(), lines[0].text.as_str()),
        ("09:14:00", "cpu-high-alert ALARM: 71.3, 74, 78.9 > 70 → +2 (5 to 7)")
    );
    assert_eq!(lines[1].text, "cpu-high-alert ALARM: 71.3, 74, 78.9 > 70 → rejected: cooldown until 09:17:20");
    assert_eq!(lines[1].count, 2);
    let (few, left_out) = log::entries(&outcome, 1);
    assert_eq!((few.len(), left_out, few[0].kind), (1, 1, log::Kind::Out));
}

#[test]
fn a_sweep_answers_for_itself() {
    let sure = |mean| Summary { mean, low: mean, high: mean };
    let points = vec![
        CostPoint::new("60s · 70", "Alibaba ESS", sure(10.0), sure(0.01), "CNY"),
        CostPoint::new("nothing", "Alibaba ESS", sure(f64::NAN), sure(0.01), "CNY"),
    ];
    let sweep = ReportSweep {
        name: "thresholds".to_owned(),
        question: "which?".to_owned(),
        answer: "60s".to_owned(),
        confidence: "sure".to_owned(),
        frontier: Frontier { points, ..Frontier::default() },
        points: vec![
            ReportPoint {
                parameters: vec![("cooldown".to_owned(), "60s".to_owned())],
                ..ReportPoint::default()
            };
            2
        ],
        ..ReportSweep::default()
    };
    let report = Report { sweeps: vec![sweep], ..report(Vec::new()) };
    let page = report_html(&report).expect("the page is made");
    assert_harmless(&page.text);
    assert!(page.text.contains("<h1>which?</h1>") && page.text.contains("data-point=\"0\""));
    assert!(!page.text.contains("data-point=\"1\""), "a point that is no number has no place");
    assert!(report_markdown(&report).expect("the summary is made").contains("**60s**"));
}
