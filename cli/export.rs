//! The files of one scenario. Every column is documented in `docs/output.md`.

use std::io;

use serde::Serialize;
use windtunnel_sim::outcome::{ActivityEntry, InstanceLife, Outcome};

use crate::error::CliError;
use crate::output::Folder;
use crate::reaction;

/// Adds `timeline.csv`, `activities.csv`, `alarms.csv`, `reaction.csv` and `instances.csv` of an outcome to a folder.
pub(crate) fn tables(outcome: &Outcome, slug: &str, folder: &mut Folder) -> Result<(), CliError> {
    let timeline = outcome.timeline.clone();
    folder.add_streamed(format!("{slug}/timeline.csv"), move |file| write_rows(TIMELINE, timeline.iter(), file));
    let activities = outcome.activities.clone();
    folder.add_streamed(format!("{slug}/activities.csv"), move |file| {
        write_rows(ACTIVITIES, activities.iter().map(ActivityRow::from), file)
    });
    let alarms = outcome.alarms.clone();
    folder.add_streamed(format!("{slug}/alarms.csv"), move |file| write_rows(ALARMS, alarms.iter(), file));
    let reactions = outcome.reactions.clone();
    folder.add_streamed(format!("{slug}/reaction.csv"), move |file| {
        write_rows(reaction::COLUMNS, reactions.iter().zip(0..).flat_map(reaction::rows), file)
    });
    let instances = outcome.instances.clone();
    folder.add_streamed(format!("{slug}/instances.csv"), move |file| {
        write_rows(INSTANCES, instances.iter().map(InstanceRow::from), file)
    });
    Ok(())
}

/// Headers are written here rather than taken from the structs: an empty table has its header too, and a renamed field
/// cannot rename a column unnoticed.
const TIMELINE: &[&str] = &[
    "start_seconds",
    "end_seconds",
    "arrived",
    "attempts",
    "served",
    "timed_out",
    "rejected",
    "failed",
    "violating",
    "windows",
    "violating_windows",
    "in_flight",
    "desired",
    "in_service",
    "booting",
    "draining",
    "billed",
    "nodes",
    "demand",
    "cpu_utilization",
    "cpu_utilization_max",
    "memory_utilization",
    "latency_p50_seconds",
    "latency_p95_seconds",
    "latency_p99_seconds",
    "cost",
];
const ACTIVITIES: &[&str] = &[
    "at_seconds",
    "end_seconds",
    "status",
    "accepted",
    "from",
    "to",
    "policy",
    "alarm",
    "cause",
    "explanation",
    "alarm_values",
    "alarm_comparison",
    "alarm_threshold",
    "alarm_from_seconds",
    "alarm_to_seconds",
    "instances",
];
const ALARMS: &[&str] = &["at_millis", "alarm", "from", "to", "reason"];
const INSTANCES: &[&str] = &[
    "id",
    "zone",
    "launched_seconds",
    "in_service_seconds",
    "draining_seconds",
    "ended_seconds",
    "ended_by",
    "stages",
];

/// An activity on one line: the alarm's values as `71.3;74`.
#[derive(Serialize)]
struct ActivityRow {
    at_seconds: f64,
    end_seconds: Option<f64>,
    status: String,
    accepted: bool,
    from: u32,
    to: u32,
    policy: Option<String>,
    alarm: Option<String>,
    cause: String,
    explanation: String,
    alarm_values: String,
    alarm_comparison: Option<String>,
    alarm_threshold: Option<f64>,
    alarm_from_seconds: Option<f64>,
    alarm_to_seconds: Option<f64>,
    instances: String,
}

impl From<ActivityEntry> for ActivityRow {
    fn from(entry: ActivityEntry) -> Self {
        let values: Vec<String> = entry.alarm_values.iter().map(f64::to_string).collect();
        let number = |instance: Option<u32>| instance.map_or("none".to_string(), |number| number.to_string());
        let instances: Vec<String> =
            entry.instances.iter().map(|it| format!("{}={}", number(it.instance), it.end_seconds)).collect();
        ActivityRow {
            at_seconds: entry.at_seconds,
            end_seconds: entry.end_seconds,
            status: entry.status,
            accepted: entry.accepted,
            from: entry.from,
            to: entry.to,
            policy: entry.policy,
            alarm: entry.alarm,
            cause: entry.cause,
            explanation: entry.explanation,
            alarm_values: values.join(";"),
            alarm_comparison: entry.alarm_comparison,
            alarm_threshold: entry.alarm_threshold,
            alarm_from_seconds: entry.alarm_from_seconds,
            alarm_to_seconds: entry.alarm_to_seconds,
            instances: instances.join(";"),
        }
    }
}

/// An instance's life on one line: the ends of its boot stages as `provision=45.2;health-check=60`.
#[derive(Serialize)]
struct InstanceRow {
    id: u32,
    zone: u32,
    launched_seconds: f64,
    in_service_seconds: Option<f64>,
    draining_seconds: Option<f64>,
    ended_seconds: Option<f64>,
    ended_by: Option<String>,
    stages: String,
}

impl From<InstanceLife> for InstanceRow {
    fn from(life: InstanceLife) -> Self {
        let stages: Vec<String> = life.stages.iter().map(|(stage, end)| format!("{stage}={end}")).collect();
        InstanceRow {
            id: life.id,
            zone: life.zone,
            launched_seconds: life.launched_seconds,
            in_service_seconds: life.in_service_seconds,
            draining_seconds: life.draining_seconds,
            ended_seconds: life.ended_seconds,
            ended_by: life.ended_by,
            stages: stages.join(";"),
        }
    }
}

/// A table of any length, row by row.
fn write_rows(
    header: &[&str],
    rows: impl IntoIterator<Item = impl Serialize>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(out);
    writer.write_record(header)?;
    for row in rows {
        writer.serialize(row)?;
    }
    writer.flush()
}

#[cfg(test)]
mod tests {
    use windtunnel_sim::outcome::{AlarmEntry, TimelineRow};

    use super::*;

    /// The columns that serde would name.
    fn columns<T: Serialize>(row: &T) -> Vec<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.serialize(row).unwrap();
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        text.lines().next().unwrap().split(',').map(str::to_string).collect()
    }

    #[test]
    fn headers_name_the_fields_and_every_column_is_documented() {
        assert_eq!(columns(&TimelineRow::default()), TIMELINE);
        assert_eq!(columns(&ActivityRow::from(ActivityEntry::default())), ACTIVITIES);
        let alarm =
            AlarmEntry { at_millis: 0, alarm: "a".into(), from: "b".into(), to: "c".into(), reason: String::new() };
        assert_eq!(columns(&alarm), ALARMS);
        assert_eq!(columns(&InstanceRow::from(InstanceLife::default())), INSTANCES);
        assert_eq!(columns(&reaction::rows((reaction::example(), 0))[0]), reaction::COLUMNS);
        let documentation = include_str!("../docs/output.md");
        for column in [TIMELINE, ACTIVITIES, ALARMS, INSTANCES, reaction::COLUMNS].into_iter().flatten() {
            assert!(documentation.contains(&format!("| `{column}` |")), "docs/output.md does not explain `{column}`");
        }
    }

    #[test]
    fn an_empty_table_has_its_header() {
        let mut text = Vec::new();
        write_rows(ALARMS, &[] as &[AlarmEntry], &mut text).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), "at_millis,alarm,from,to,reason\n");
    }
}
