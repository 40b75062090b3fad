//! AWS: "Configuring how CloudWatch alarms treat missing data"
//! (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html), transcribed in
//! `tests/vectors/aws/alarm_missing_data_vectors.json`.

use serde_json::Value;
use windtunnel_sim::controllers::cloud::missing_data::{TreatMissing, cloudwatch_state};
use windtunnel_sim::controllers::decision::AlarmState;

const TREATMENTS: [(&str, TreatMissing); 4] = [
    ("missing", TreatMissing::Missing),
    ("ignore", TreatMissing::Ignore),
    ("breaching", TreatMissing::Breaching),
    ("notBreaching", TreatMissing::NotBreaching),
];
const PRIORS: [AlarmState; 3] = [AlarmState::Ok, AlarmState::Alarm, AlarmState::InsufficientData];

fn vectors() -> Value {
    serde_json::from_str(include_str!("../vectors/aws/alarm_missing_data_vectors.json")).expect("valid JSON")
}

fn points(row: &Value) -> Vec<Option<bool>> {
    let point = |p: &Value| match p.as_str() {
        Some("X") => Some(true),
        Some("0") => Some(false),
        _ => None,
    };
    row["datapoints"].as_array().expect("datapoints").iter().map(point).collect()
}

fn number(row: &Value, key: &str) -> usize {
    row[key].as_u64().expect(key) as usize
}

/// Checks a row for every treatment it states and every prior state; says how many cases that was.
fn check(row: &Value) -> usize {
    let mut cases = 0;
    for (word, treat) in TREATMENTS {
        let Some(expected) = row["expected"][word].as_str() else { continue };
        for prior in PRIORS {
            let (n, m) = (number(row, "evaluation_periods"), number(row, "datapoints_to_alarm"));
            let state = cloudwatch_state(&points(row), n, m, treat).unwrap_or(prior);
            let context = format!("{} {word} from {prior}: {state}, documented {expected}", row["id"]);
            match expected {
                "RETAIN" => assert_eq!(state, prior, "{context}"),
                // The document only excludes going to ALARM; an alarm already there may stay.
                "NOT_ALARM" => assert!(state != AlarmState::Alarm || prior == AlarmState::Alarm, "{context}"),
                name => assert_eq!(state.to_string(), name, "{context}"),
            }
            cases += 1;
        }
    }
    cases
}

#[test]
fn cloudwatch_tables_hold_for_every_treatment_and_prior_state() {
    let cases: usize = vectors()["tables"].as_array().expect("tables").iter().map(check).sum();
    assert_eq!(cases, 10 * 4 * 3);
}

#[test]
fn cloudwatch_prose_cases_hold() {
    let cases: usize = vectors()["prose_cases"].as_array().expect("prose").iter().map(check).sum();
    assert!(cases >= 11 * 3, "{cases}");
}

#[test]
fn cloudwatch_figure_3_of_3_holds_step_by_step() {
    // "Evaluating an alarm", the alarm_graph figure: 3 of 3, breached in periods 3 to 5 and 9.
    let vectors = vectors();
    let row = &vectors["derived_from_prose"][0];
    let points = points(row);
    let expected: Vec<&str> =
        row["expected_state_after_each"].as_array().expect("states").iter().filter_map(Value::as_str).collect();
    for (now, expected) in (1..).zip(expected) {
        // Before the figure begins, data was within the threshold.
        let mut range = vec![Some(false); 5];
        range.extend_from_slice(&points[..now]);
        let range = &range[range.len() - 5..];
        let state = cloudwatch_state(range, 3, 3, TreatMissing::Missing);
        assert_eq!(state.map(|s| s.to_string()).as_deref(), Some(expected), "period {now}");
    }
}
