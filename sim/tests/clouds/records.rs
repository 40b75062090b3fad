//! What the activity log says of instances, and what happens to them beside scaling: one entry per instance in AWS's words,
//! moves between zones, Standby, launches that fail, metrics of instances that warm up, metrics that come late.

use windtunnel_sim::controllers::decision::{ActivityOutcome, Command, Decisions, Notice, StandbyRequest};
use windtunnel_sim::outcome::{ActivityEntry, Outcome};

use crate::lifecycle::{alive_at, group, launched, run, run_with, run_without_stop, set, zones};
use crate::support::*;

fn descriptions(entry: &ActivityEntry) -> Vec<(&str, Option<u32>, &str, f64)> {
    entry
        .instances
        .iter()
        .map(|it| (it.description.as_str(), it.instance, it.status.as_str(), it.end_seconds))
        .collect()
}

#[test]
fn cloud_aws_logs_one_activity_per_instance() {
    // DescribeScalingActivities: an activity per instance, with its own EndTime. Two are launched by hand at 100 s (40 s to
    // create, 10 s to attach), one is removed at 1000 s (30 s of draining, 20 s to stop).
    let outcome = run(&format!("{}{}{}", group("aws", ""), set(100, 5), set(1000, 4)));
    let grown = outcome.activities.iter().find(|a| a.from == 3 && a.to == 5 && !a.instances.is_empty()).expect("one");
    assert_eq!(
        descriptions(&grown),
        [
            ("Launching a new EC2 instance: 3", Some(3), "Successful", 150.0),
            ("Launching a new EC2 instance: 4", Some(4), "Successful", 150.0),
        ]
    );
    let shrunk = outcome.activities.iter().find(|a| a.from == 5 && a.to == 4 && !a.instances.is_empty()).expect("one");
    let removed = shrunk.instances[0].instance.expect("it was in service");
    assert_eq!(
        descriptions(&shrunk),
        [(format!("Terminating EC2 instance: {removed}").as_str(), Some(removed), "Successful", 1050.0)]
    );
    // The others name the instances within the activity.
    for (provider, words) in [("ess", "Create ECS instance: 3"), ("tencent", "Create instance: 3")] {
        let outcome = run(&format!("{}{}", group(provider, ""), set(100, 5)));
        let grown = outcome.activities.iter().find(|a| a.instances.len() == 2).expect("one");
        assert_eq!(grown.instances[0].description, words);
    }
}

#[test]
fn cloud_aws_moves_between_zones_are_logged() {
    // Rebalancing activities, with the cause of DescribeScalingActivities. Two instances of a failed zone are made up for in
    // the other and move back.
    let outage = "[[event]]\nat = \"601s\"\nkind = \"zone-outage\"\nzone = 1\nlasts = \"10m\"\n";
    let text = format!("{}[fleet]\nzones = 2\n{outage}", group("aws", "").replace("desired = 3", "desired = 4"));
    let outcome = run_without_stop(&text);
    assert_eq!(zones(&outcome, 3500.0), [2, 2]);
    let moves: Vec<ActivityEntry> = outcome
        .activities
        .iter()
        .filter(|a| a.cause.contains("instances were launched to balance instances"))
        .collect();
    assert_eq!(moves.len(), 2);
    for entry in moves {
        assert_eq!((entry.from, entry.to, entry.instances.len()), (4, 4, 2), "the capacity is what it was");
        assert!(entry.instances[0].description.starts_with("Launching a new EC2 instance: "));
        assert!(entry.instances[1].description.starts_with("Terminating EC2 instance: "));
        assert!(entry.cause.contains("in zones 1 with other zones (0)"), "{}", entry.cause);
    }
}

/// The two oldest go into Standby at 600 s and come back at 1800 s.
fn standby(provider: &str, keys: &str, event: &str) -> Outcome {
    let event = format!("[[event]]\nat = \"600s\"\nkind = \"standby\"\ncount = 2\nlasts = \"20m\"\n{event}");
    run(&format!("{}{event}", group(provider, keys)))
}

fn in_service(outcome: &Outcome, at: f64) -> f64 {
    outcome.timeline.iter().find(|row| row.start_seconds <= at && at < row.end_seconds).expect("a row").in_service
}

#[test]
fn cloud_aws_standby_takes_a_place_of_the_desired_capacity_along() {
    // "Temporarily removing instances": with ShouldDecrementDesiredCapacity nothing is launched; without it others are. On
    // the way back the desired capacity rises in any case.
    let outcome = standby("aws", "", "");
    assert_eq!([599.0, 900.0, 1900.0].map(|at| in_service(&outcome, at)), [3.0, 1.0, 3.0]);
    assert!(launched(&outcome).is_empty());
    assert_eq!(outcome.instances.len(), 3, "they stay what they are, and are paid for");
    let words: Vec<String> = outcome.activities.iter().map(|a| a.explanation).collect();
    assert_eq!(
        words,
        [
            "Moving EC2 instance to Standby: 0",
            "Moving EC2 instance to Standby: 1",
            "Moving EC2 instance out of Standby: 0",
            "Moving EC2 instance out of Standby: 1",
        ]
    );
    assert!(
        outcome.activities.get(0).expect("an entry").cause.ends_with("shrinking the capacity from 3 to 2."),
        "{}",
        outcome.activities.get(0).expect("an entry").cause
    );
    let outcome = standby("aws", "", "decrement = false\n");
    assert_eq!([900.0, 1900.0].map(|at| in_service(&outcome, at)), [3.0, 5.0]);
    assert_eq!(launched(&outcome).len(), 2);
    // Below the minimum the request is refused.
    let outcome = standby("aws", "", "").activities.len();
    let refused =
        run(&format!("{}[[event]]\nat = \"600s\"\nkind = \"standby\"\ncount = 3\nlasts = \"20m\"\n", group("aws", "")));
    assert_eq!((outcome, refused.activities.len()), (4, 1));
    assert!(
        refused.activities.get(0).expect("an entry").explanation.contains("below the minimum"),
        "{}",
        refused.activities.get(0).expect("an entry").explanation
    );
    assert_eq!(in_service(&refused, 900.0), 3.0);
}

#[test]
fn cloud_ess_standby_counts_as_capacity() {
    // 146231: stable = InService + Protected + Standby; the expected number is met, so nothing is created. A scale-in never
    // chooses one in Standby.
    let outcome = standby("ess", "", "");
    assert_eq!([599.0, 900.0, 1900.0].map(|at| in_service(&outcome, at)), [3.0, 1.0, 3.0]);
    assert!(launched(&outcome).is_empty());
    let event = "[[event]]\nat = \"600s\"\nkind = \"standby\"\ncount = 2\nlasts = \"50m\"\n";
    let outcome = run(&format!("{}{event}{}", group("ess", ""), set(1000, 2)));
    assert_eq!(alive_at(&outcome, 3500.0), [0, 1], "the one in service goes");
}

#[test]
fn cloud_standby_is_of_aws_and_ess_alone() {
    use windtunnel_sim::scenario::document::DiskFiles;
    use windtunnel_sim::scenario::{Document, Loaded};
    let text = "trace = { shape = \"constant\", rate = \"2rps\" }\nservice.cpu = \"10ms\"\ninstance.cores = 1\n[tencent]\nmin = 1\n\
                max = 2\n[[event]]\nat = \"600s\"\nkind = \"standby\"\nlasts = \"20m\"\n";
    let document = Document::parse("test.toml", text).expect("reads");
    let error = Loaded::from_document(document, &DiskFiles).expect_err("refused").to_string();
    assert!(error.contains("only groups of AWS and ESS know the Standby state"), "{error}");
}

#[test]
fn cloud_aws_standby_returns_are_refused_above_the_maximum() {
    // "Temporarily removing instances": on the way back the desired capacity rises, so it has to fit.
    let config = aws("min = 1\nmax = 3\ndesired = 3\nassumptions.reconcile_lag = [\"0s\"]\n");
    let mut controller = aws_controller(&config);
    let mut out = Decisions::default();
    for instance in 0..3 {
        controller.notice(at(0), &in_service_notice(instance), &mut out);
    }
    controller.standby(at(10), StandbyRequest::Enter { count: 1, request: 7, decrement: false }, &mut out);
    assert_eq!(out.commands.pop(), Some(Command::EnterStandby { count: 1, request: 7 }));
    let instance = windtunnel_sim::controllers::decision::InstanceId(0);
    controller.notice(at(10), &Notice::EnteredStandby { instance }, &mut out);
    out.activities.clear();
    controller.standby(at(20), StandbyRequest::Leave { request: 7 }, &mut out);
    assert_eq!(out.activities[0].status.outcome, ActivityOutcome::Rejected);
    assert!(!out.commands.contains(&Command::LeaveStandby { request: 7 }));
}

fn in_service_notice(instance: u32) -> Notice {
    crate::support::in_service(instance, None)
}

#[test]
fn cloud_aws_waits_longer_after_each_launch_that_fails() {
    // Assumptions launch_backoff and launch_backoff_most: 30 s, doubled to at most 600 s. Guide, "administrative suspension":
    // groups that have not launched anything for over 24 hours launch no more.
    let config = aws("min = 1\nmax = 10\ndesired = 2\nassumptions.reconcile_lag = [\"0s\"]\n");
    let mut controller = aws_controller(&config);
    let mut out = Decisions::default();
    controller.notice(at(0), &in_service_notice(0), &mut out);
    controller.notice(at(0), &in_service_notice(1), &mut out);
    controller.set_desired(at(100), 3, &mut out);
    let quiet = constant(50.0);
    let (mut now, mut starts) = (at(100), Vec::new());
    loop {
        while out.commands.is_empty() && controller.next_wake() < at(200_000) {
            now = controller.next_wake().max(now);
            controller.wake(now, &quiet, &mut out);
        }
        let Some(Command::Launch { activity, .. }) = out.commands.pop() else { break };
        starts.push(secs(now));
        controller.notice(now, &Notice::LaunchFailed { activity }, &mut out);
    }
    let gaps: Vec<u64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(gaps[..7], [30, 60, 120, 240, 480, 600, 600]);
    // The first failed at 100 s: the last is within a day of that.
    let last = *starts.last().expect("many");
    assert!(last < 100 + 86_400 && last + 600 >= 100 + 86_400, "{last}");
}

/// 90 % on one instance. A second one that somebody asks for at 60 s is created after 40 s and attached after 10 s more,
/// but its script runs for 50 minutes: in service for the provider, idle, not yet in traffic.
fn idle_newcomer(provider: &str, keys: &str, rest: &str) -> Outcome {
    let service = "horizon = \"30m\"\ntrace = { shape = \"constant\", rate = \"90rps\" }\nservice.cpu = \"10ms\"\n\
                   instance.cores = 1\nboot = [{ stage = \"provision\", time = \"40s\" }, { stage = \"script\", time = \"50m\" }]\n\
                   balancer.attach = \"10s\"\nsensors.report_delay = \"0s\"\nfleet.created_after = \"provision\"\n";
    // ESS looks at the number that it should have once a minute.
    let asked = if provider == "ess" { 30 } else { 60 };
    run_with(service, &format!("[{provider}]\nmin = 1\nmax = 3\ndesired = 1\n{keys}{rest}{}", set(asked, 2)))
}

#[test]
fn cloud_instances_that_warm_up_report_no_metrics() {
    // "Default instance warmup": not counted toward the group's metrics until warm. ESS and Tencent, EstimatedInstanceWarmup:
    // they do not report. Counted, the idle newcomer halves the group's average to 45 %.
    let alarm = |table: &str, name: &str, metric: &str, action: &str| {
        format!(
            "[[{table}]]\nname = \"{name}\"\nmetric = \"{metric}\"\ncomparison = \"<\"\nthreshold = 60\nperiod = \"60s\"\ntimes = 3\n{action}"
        )
    };
    let goes_off = |outcome: &Outcome| {
        let first = outcome.alarms.iter().find(|entry| entry.alarm == "idle" && entry.to == "ALARM");
        first.map(|entry| entry.at_millis / 1000)
    };
    let aws = |keys: &str| {
        let keys = format!(
            "assumptions.publication_delay_ec2 = \"0s\"\nassumptions.alarm_phase = \"0s\"\nassumptions.reconcile_lag = [\"0s\"]\n{keys}"
        );
        goes_off(&idle_newcomer("aws", &keys, &alarm("aws.alarm", "idle", "CPUUtilization", "action = []\n")))
    };
    // In service at 110: the periods 120-180, 180-240 and 240-300 are idle on average; 60-120 is not.
    assert_eq!(aws(""), Some(300));
    // Silent until 110 + 600 = 710: then 720-900.
    assert_eq!(aws("default_instance_warmup = \"600s\"\n"), Some(900));
    let ess = |keys: &str| {
        let rule =
            "[[ess.rule]]\nname = \"steps\"\nwarmup = \"600s\"\nstep = [{ upper = 0, adjust = { change = -1 } }]\n";
        let alarm = alarm("ess.alarm", "idle", "CpuUtilization", "enabled = true\naction = \"steps\"\n");
        goes_off(&idle_newcomer("ess", &format!("assumptions.alarm_delay = \"0s\"\n{keys}"), &format!("{rule}{alarm}")))
    };
    assert_eq!((ess("assumptions.warming_instances_report = true\n"), ess("")), (Some(300), Some(900)));
    let tencent = |keys: &str| {
        let policies = "[[tencent.policy]]\nname = \"track\"\nwarmup = \"600s\"\n\
                        target = { metric = \"ASG_AVG_CPU_UTILIZATION\", value = 99, disable_scale_in = true }\n\
                        [[tencent.policy]]\nname = \"in\"\nadjust = { change = -1 }\n";
        let alarm = alarm("tencent.alarm", "idle", "CPU_UTILIZATION", "action = \"in\"\n");
        goes_off(&idle_newcomer(
            "tencent",
            &format!("assumptions.alarm_delay = \"0s\"\n{keys}"),
            &format!("{policies}{alarm}"),
        ))
    };
    assert_eq!((tencent("assumptions.warming_instances_report = true\n"), tencent("")), (Some(300), Some(900)));
}

#[test]
fn cloud_aws_metrics_are_published_late_by_source() {
    // Assumptions publication_delay_*: the load saturates the instance from 600 s on. Without delay the third hot minute is
    // seen at 780 s; 120 s late, at 900 s: until then the evaluation range holds three older minutes. At basic monitoring the
    // delay of that counts, at custom metrics theirs.
    let service = "horizon = \"25m\"\ntrace = { shape = \"step\", base = \"10rps\", peak = \"200rps\", at = \"600s\", lasts = \"1h\" }\n\
                   service = { cpu = \"10ms\", timeout = \"1s\" }\ninstance.cores = 1\n";
    let goes_off = |metric: &str, threshold: u32, keys: &str| {
        let text = format!(
            "[aws]\nmin = 1\nmax = 2\nassumptions.alarm_phase = \"0s\"\n{keys}[[aws.alarm]]\nname = \"high\"\nmetric = \"{metric}\"\n\
             comparison = \">\"\nthreshold = {threshold}\nperiod = \"60s\"\ntimes = 3\naction = []\n"
        );
        let outcome = run_with(service, &text);
        outcome.alarms.iter().find(|entry| entry.to == "ALARM").map(|entry| entry.at_millis / 1000)
    };
    let ec2 = |delay: &str| format!("assumptions.publication_delay_ec2 = \"{delay}\"\n");
    assert_eq!(goes_off("CPUUtilization", 70, &ec2("0s")), Some(780));
    assert_eq!(goes_off("CPUUtilization", 70, &ec2("120s")), Some(900));
    let custom = |delay: &str| format!("{}assumptions.publication_delay_custom = \"{delay}\"\n", ec2("0s"));
    assert_eq!(goes_off("QPS", 100, &custom("0s")), Some(780));
    assert_eq!(goes_off("QPS", 100, &custom("60s")), Some(840));
    let alb = |delay: &str| {
        format!(
            "assumptions.evaluation_lag_alb = \"0s\"\nassumptions.publication_delay_alb = \"{delay}\"\n{}",
            ec2("0s")
        )
    };
    assert_eq!(goes_off("RequestCount", 1000, &alb("0s")), Some(780));
    assert_eq!(goes_off("RequestCount", 1000, &alb("120s")), Some(900));
}

#[test]
fn cloud_ess_removed_instances_are_paid_for_until_they_are_released() {
    // A20, DOC-ECS: billed "to release". Between decision and release lie 30 s of draining and 20 s of stopping.
    let hours = |keys: &str| {
        let outcome = run(&format!("{}{}", group("ess", keys), set(1000, 2)));
        outcome.metrics.get("instance_hours").expect("a figure")
    };
    let saved = (hours("") - hours("assumptions.billed_until = \"decision\"")) * 3600.0;
    assert!((saved - 50.0).abs() < 1e-6, "{saved}");
}

#[test]
fn cloud_ess_a_hook_keeps_the_activity_running() {
    // DOC-ESS, lifecycle hooks: while an alarm's activity waits for a hook, every other request is rejected. 40 s to create,
    // 600 s of waiting, 10 s to attach.
    let keys = "assumptions.alarm_delay = \"0s\"\nhook = [{ name = \"h\", transition = \"launching\", timeout = \"600s\" }]\n\
                [[ess.rule]]\nname = \"out\"\nadjust = { change = 1 }\ncooldown = \"0s\"\n[[ess.alarm]]\nname = \"always\"\n\
                metric = \"CpuUtilization\"\ncomparison = \">=\"\nthreshold = 0\nperiod = \"60s\"\ntimes = 1\naction = \"out\"";
    let outcome = run(&group("ess", keys));
    let accepted: Vec<f64> = outcome.activities.iter().filter(|a| a.accepted).map(|a| a.at_seconds).collect();
    assert_eq!(accepted[..2], [60.0, 720.0], "done at 710");
    let refused: Vec<ActivityEntry> =
        outcome.activities.iter().filter(|a| !a.accepted && a.at_seconds < 720.0).collect();
    assert_eq!(refused.len(), 10, "each minute from 120 to 660 s");
    assert!(refused.iter().all(|a| a.explanation.contains("while there is scaling activity in progress")));
}

#[test]
fn cloud_ess_an_instance_that_does_not_stop_is_released_after_its_timeout() {
    // CreateScalingGroup, StopInstanceTimeout: stopping takes 20 s here; the least that the API takes, 30 s, changes nothing, and
    // 10 s (leniently) save 10 s of the one instance that leaves.
    let hours = |keys: &str| {
        let outcome = run(&format!("{}{}", group("ess", keys), set(1000, 2)));
        outcome.metrics.get("instance_hours").expect("a figure")
    };
    let saved = |keys: &str| (hours("") - hours(keys)) * 3600.0;
    assert!(saved("stop_instance_timeout = \"30s\"").abs() < 1e-6);
    let forced = saved("lenient = true\nstop_instance_timeout = \"10s\"");
    assert!((forced - 10.0).abs() < 1e-6, "{forced}");
}
