//! Scheduled tasks (ESS) and actions (AWS, Tencent): recurring ones have a cron text, which the scenario takes as it is.

use super::super::draft::{Draft, quoted, seconds};
use super::super::finding;
use super::dialect::Dialect;
use super::rule::Written;
use super::{Names, Parts, count};
use crate::controllers::cloud::Cron;
use crate::scenario::document::Severity;
use crate::scenario::hazards::Finding;

pub(super) fn write(
    draft: &mut Draft<'_>,
    parts: &Parts<'_>,
    dialect: &Dialect,
    rules: &[Written],
    findings: &mut Vec<Finding>,
) {
    let mut names = Names::default();
    for schedule in &parts.schedules {
        let node = &schedule.node;
        let given = schedule.text("ScheduledTaskName").or(schedule.text("ScheduledActionName")).unwrap_or("schedule");
        let name = names.unique(given);
        let cron = schedule.text("Recurrence").or(schedule.text("RecurrenceValue"));
        let cron = cron.filter(|cron| cron.parse::<Cron>().is_ok());
        let invoked =
            schedule.text("ScheduledAction").and_then(|action| rules.iter().find(|rule| rule.is_meant_by(action)));
        draft.blank();
        let sizes: Vec<(&str, &str, i64)> = [
            ("min", "MinSize"),
            ("min", "MinValue"),
            ("max", "MaxSize"),
            ("max", "MaxValue"),
            ("desired", "DesiredCapacity"),
        ]
        .into_iter()
        .filter_map(|(key, field)| Some((key, field, count(node, field)?)))
        .collect();
        let (Some(cron), true) = (cron, invoked.is_some() || !sizes.is_empty()) else {
            let why = if cron.is_none() {
                "it happens once, at a date, or its recurrence is no cron text"
            } else {
                "it sets nothing that was read"
            };
            let message = format!("the schedule `{name}` is not taken over: {why}");
            draft.comment(&format!("{}: {message}", draft.origin(node)));
            findings.push(finding(
                Severity::Warning,
                "I02",
                draft.place(node),
                message,
                "write it as [[…scheduled]] with `at` or `cron`",
            ));
            continue;
        };
        draft.table(
            &format!("[[{}.scheduled]]", dialect.table),
            &format!("{}.scheduled.{name}", dialect.table),
            Some(node),
        );
        draft.noted("name", &quoted(&name), "");
        draft.noted("cron", &quoted(cron), "");
        if let Some(zone) = schedule.text("TimeZone").filter(|_| dialect.table == "aws") {
            draft.noted("zone", &quoted(zone), "");
        }
        if let Some(rule) = invoked {
            draft.noted("rule", &quoted(&rule.name), "");
        }
        for (key, field, value) in sizes {
            draft.key(key, &value.to_string(), node.get(field).map(|node| (field, node)));
        }
        if let (Some(value), Some(from), "ess") =
            (count(node, "LaunchExpirationTime"), node.get("LaunchExpirationTime"), dialect.table)
        {
            draft.key("retry_for", &seconds(value), Some(("LaunchExpirationTime", from)));
        }
    }
}
