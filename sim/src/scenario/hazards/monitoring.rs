//! Alarms that ask more often than the monitoring measures.

use windtunnel_traces::SimDuration;

use super::Findings;
use super::view::Group;
use crate::scenario::Scenario;

pub(super) fn check(group: &Group, scenario: &Scenario, findings: &mut Findings<'_>) {
    let every = scenario.file.sensors.every;
    let place = |path: &str, key: &str, findings: &Findings<'_>| {
        let key = format!("{path}.{key}");
        if findings.document.is_given(&key) { key } else { path.to_string() }
    };
    for alarm in &group.alarms {
        if alarm.period < every {
            let path = place(&alarm.path, "period", findings);
            report(group, &path, &format!("`{}`", alarm.name), alarm.period, every, findings);
        }
    }
    let tracking: Vec<(String, String, SimDuration)> =
        group.tracking().map(|(rule, track)| (rule.path.clone(), rule.name.clone(), track.period)).collect();
    for (path, name, period) in tracking.into_iter().filter(|(_, _, period)| *period < every) {
        let path = place(&path, "target", findings);
        report(group, &path, &format!("the alarms of `{name}`"), period, every, findings);
    }
}

fn report(group: &Group, path: &str, what: &str, period: SimDuration, every: SimDuration, findings: &mut Findings<'_>) {
    let empty = every.as_secs_f64() / period.as_secs_f64() - 1.0;
    findings.add(
        "A02",
        path,
        format!(
            "{what} looks at periods of {period}, but a sample comes only every {every}: up to {} of every {} periods have no \
             data, and the alarm is late or never raised",
            super::round(empty),
            super::round(empty + 1.0)
        ),
        group.finer_samples,
    );
}
