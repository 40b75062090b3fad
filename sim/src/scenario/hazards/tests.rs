//! Each hazard on a scenario that has it, and on one that has not.

use super::*;
use crate::scenario::document::DiskFiles;

const SERVICE: &str = "
horizon = '24h'
trace = { shape = 'step', base = '40rps', peak = '100rps', at = '1h', lasts = '2h' }
[service]
cpu = '100ms'
timeout = '5s'
[instance]
cores = 2
[[boot]]
stage = 'provision'
time = '30s'
[[boot]]
stage = 'application'
time = '150s'
[balancer]
drain = '60s'
health = { every = '5s', healthy = 2 }
";

/// An ESS group without any hazard but those that a test adds: 3 to 20 instances, CPU, 50 and 20 percent.
const ESS: &str = "
[ess]
min = 3
max = 20
removal = ['oldest-instance']
default_cooldown = '300s'
[[ess.rule]]
name = 'out'
adjust = { change = 2 }
[[ess.rule]]
name = 'in'
adjust = { change = -1 }
[[ess.alarm]]
name = 'high'
metric = 'CpuUtilization'
comparison = '>'
threshold = 50
period = '60s'
times = 1
action = 'out'
[[ess.alarm]]
name = 'low'
metric = 'CpuUtilization'
comparison = '<'
threshold = 20
period = '60s'
times = 5
action = 'in'
";

fn examine_text(text: &str) -> Examination {
    examine(&Document::parse("x.toml", text).unwrap(), &DiskFiles)
}

fn codes_of(text: &str) -> Vec<&'static str> {
    let mut codes: Vec<&str> = examine_text(text).findings.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// The group with keys replaced.
fn ess(replace: &[(&str, &str)]) -> String {
    changed(&format!("{SERVICE}{ESS}"), replace)
}

fn changed(text: &str, replace: &[(&str, &str)]) -> String {
    replace.iter().fold(text.to_string(), |text, (from, to)| {
        assert!(text.contains(from), "no `{from}` to replace");
        text.replacen(from, to, 1)
    })
}

#[track_caller]
fn finds(code: &str, text: &str) -> Finding {
    let findings = examine_text(text).findings;
    findings
        .iter()
        .find(|finding| finding.code == code)
        .cloned()
        .unwrap_or_else(|| panic!("no {code} in {findings:#?}"))
}

/// G01: 60 s × 1 and a minute of delay against 0.1 % of 24 h = 86.4 s; with three periods it is too late.
#[test]
fn a_group_without_hazards_has_only_notes_to_hear() {
    let text = ess(&[("horizon = '24h'", "horizon = '72h'")]);
    let findings = examine_text(&text).findings;
    assert!(findings.iter().all(|finding| finding.severity == Severity::Note), "{findings:#?}");
    assert_eq!(codes_of(&text), ["S20", "S27"]);
}

#[test]
fn every_code_is_in_the_catalogue_once() {
    for hazard in catalogue::HAZARDS {
        assert_eq!(catalogue::HAZARDS.iter().filter(|other| other.code == hazard.code).count(), 1, "{}", hazard.code);
    }
    assert!(catalogue::find("S01").is_some() && catalogue::find("S31").is_some());
}

#[test]
fn periods_and_names_that_ess_refuses_are_told_even_when_the_scenario_cannot_be_run() {
    let text = ess(&[("period = '60s'\ntimes = 5", "period = '600s'\ntimes = 3")]);
    let finding = finds("S01", &text);
    assert_eq!((finding.path.as_str(), finding.severity), ("ess.alarm.low.period", Severity::Error));
    assert!(finding.fix.contains("period = \"300s\", times = 6"), "{}", finding.fix);
    assert_eq!(finding.location.as_ref().map(|place| place.file.as_str()), Some("x.toml"));
    let examination = examine_text(&text);
    assert!(examination.loaded.is_none());
    assert!(!examination.findings.iter().any(|other| other.code == catalogue::CHECK), "the check is covered by S01");
    assert_eq!(finds("S02", &ess(&[("'CpuUtilization'", "'CPUUtilization'")])).path, "ess.alarm.high.metric");
    assert_eq!(finds("S03", &ess(&[("'CpuUtilization'", "'CustomMetric.QPS'")])).severity, Severity::Error);
}

#[test]
fn defaults_that_set_in_silently() {
    assert_eq!(finds("S14", &ess(&[("removal = ['oldest-instance']\n", "")])).severity, Severity::Warning);
    finds("S15", &ess(&[("max = 20", "max = 20\ndesired = 5")]));
    finds("S16", &ess(&[("default_cooldown = '300s'\n", "")]));
}

/// The boot takes 180 s, and the checks half an interval of 5 s plus one more: 187.5 s.
#[test]
fn a_cooldown_shorter_than_the_boot() {
    let finding = finds("S26", &ess(&[("default_cooldown = '300s'", "default_cooldown = '187s'")]));
    assert!(finding.message.contains("188 s"), "{}", finding.message);
    assert!(!codes_of(&ess(&[("default_cooldown = '300s'", "default_cooldown = '188s'")])).contains(&"S26"));
}

/// methods.md 7.2: scale-in at n is safe iff low < high·(n−1)/n, and scale-out by two iff low < high·n/(n+2).
#[test]
fn flapping_bounds_hold_at_every_size() {
    let with_low = |low: f64| ess(&[("threshold = 20", &format!("threshold = {low}"))]);
    // Down from 4 to 3: low·4/3 > 50 from 37.5 on. Up from 3 to 5: 50·3/5 = 30.
    let low = |low: f64| {
        examine_text(&with_low(low)).findings.into_iter().filter(|finding| finding.code == "G02").collect::<Vec<_>>()
    };
    assert_eq!(low(29.9).len(), 0);
    let found = low(30.1);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].path, "ess.alarm.high.threshold");
    assert!(found[0].message.contains("at 3 instances"), "{}", found[0].message);
    let found = low(37.6);
    assert_eq!(found.len(), 2);
    assert!(found[0].message.contains("at 4 instances"), "{}", found[0].message);
    finds("G02", &with_low(55.0));
}

/// Bounds are as tight as a proof by trying all loads: the finding says exactly whether some load flaps.
#[test]
fn the_flapping_finding_agrees_with_trying_every_load() {
    use proptest::prelude::*;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let inputs = (20u32..90, 5u32..90, 1u32..6, 1i32..4, 1i32..4, 1u32..15);
    runner
        .run(&inputs, |(high, low, min, add, remove, span)| {
            let max = min + span;
            let text = ess(&[
                ("min = 3", &format!("min = {min}")),
                ("max = 20", &format!("max = {max}")),
                ("change = 2", &format!("change = {add}")),
                ("change = -1", &format!("change = -{remove}")),
                // The low one first: it could be mistaken for the other afterwards.
                ("threshold = 20", &format!("threshold = {low}")),
                ("threshold = 50", &format!("threshold = {high}")),
            ]);
            let found = codes_of(&text).contains(&"G02");
            let (high, low) = (f64::from(high), f64::from(low));
            let mut flaps = high <= low;
            for n in min..=max {
                let less = (n as i32 - remove).max(min as i32) as u32;
                let more = (n as i32 + add).min(max as i32) as u32;
                // Utilization at the threshold itself stands for the loads just past it.
                flaps |= less < n && low * f64::from(n) / f64::from(less) > high;
                flaps |= more > n && high * f64::from(n) / f64::from(more) < low;
            }
            prop_assert_eq!(found, flaps);
            Ok(())
        })
        .unwrap();
}

#[test]
fn totals_cannot_clear() {
    let finding = finds("S04", &ess(&[("'CpuUtilization'", "'QPS'")]));
    assert!(
        finding.message.contains("max = 20") && finding.message.contains("peak 100 requests/s"),
        "{}",
        finding.message
    );
    assert!(!codes_of(&ess(&[("'CpuUtilization'", "'QPSPerInstance'")])).contains(&"S04"));
}

/// At 400 requests/s and 100 ms on 2 cores even 20 instances are full: CPU is never below 20 %. At 40 it is.
#[test]
fn different_metrics_fight_only_where_both_can_hold() {
    let fights = |rate: u32| {
        let text = ess(&[("'CpuUtilization'", "'QPS'"), ("threshold = 50", &format!("threshold = {rate}"))]);
        examine_text(&text)
            .findings
            .iter()
            .any(|finding| finding.code == "S27" && finding.severity == Severity::Warning)
    };
    assert!(!fights(400));
    // 40·0.1/(n·2) < 20 % from n = 11 on.
    let finding = finds("S27", &ess(&[("'CpuUtilization'", "'QPS'"), ("threshold = 50", "threshold = 40")]));
    assert!(finding.message.contains("from 11 instances on"), "{}", finding.message);
}

/// 3 instances of 2 cores serve 60 requests/s of 100 ms; the peak is 100.
#[test]
fn the_maximum_against_the_peak() {
    let finding = finds("G03", &ess(&[("max = 20", "max = 4"), ("[balancer]", "[slo]\nlatency = '2s'\n[balancer]")]));
    assert!(finding.message.contains("peaks at 100") && finding.message.contains("120 min"), "{}", finding.message);
    assert!(finding.message.contains("cannot even be served"), "{}", finding.message);
    assert!(!codes_of(&ess(&[])).contains(&"G03"));
    finds("G08", &ess(&[("max = 20", "max = 3")]));
}

#[test]
fn a_zone_is_more_than_the_headroom() {
    // The threshold of 95 % lets the group run full: half of it cannot serve the peak.
    let zones = ("[balancer]", "[fleet]\nzones = 2\n[balancer]");
    let balance = ("min = 3", "min = 3\nmulti_az = 'balance'");
    let finding = finds("G06", &ess(&[("threshold = 50", "threshold = 95"), zones, balance]));
    assert!(finding.message.contains("2 zones"), "{}", finding.message);
    // Below half, the other half suffices.
    let text = ess(&[("threshold = 50", "threshold = 45"), zones, balance]);
    assert!(!codes_of(&text).contains(&"G06"));
    // MultiAZPolicy PRIORITY, ESS's default, fills the first zone.
    let finding = finds("G06", &ess(&[("threshold = 50", "threshold = 45"), zones]));
    assert!(finding.message.contains("none remains") && finding.fix.contains("ess.multi_az"), "{}", finding.message);
}

#[test]
fn the_end_of_an_instance() {
    let finding = finds("G04", &ess(&[("drain = '60s'", "drain = '0s'")]));
    assert_eq!(finding.path, "balancer.drain");
    finds("S24", &ess(&[("health = { every = '5s', healthy = 2 }\n", "")]));
    let poll = (
        "stage = 'application'\ntime = '150s'",
        "stage = 'application'\ntime = '150s'\npoll = { every = '10s', attempts = 10 }",
    );
    assert!(finds("G05", &ess(&[poll])).message.contains("90 s"));
}

/// 3 attempts: load times 3. 20 instances serve 400/s; 100/s become 300 and can be served, 150/s become 450 and cannot.
#[test]
fn retries_that_keep_an_overload_up() {
    let with = |peak: u32, more: &str| {
        ess(&[
            ("peak = '100rps'", &format!("peak = '{peak}rps'")),
            ("timeout = '5s'", &format!("timeout = '5s'\nretry = {{ attempts = 3{more} }}")),
        ])
    };
    assert!(!codes_of(&with(130, "")).contains(&"G07"));
    assert!(finds("G07", &with(150, "")).message.contains("450/s"));
    assert!(!codes_of(&with(150, ", budget = '10%'")).contains(&"G07"));
}

#[test]
fn alarms_that_are_not_what_they_look_like() {
    finds("G10", &ess(&[("action = 'out'", "action = 'out'\nenabled = false")]));
    finds("G13", &ess(&[("comparison = '>'", "comparison = '<'")]));
    finds("G14", &ess(&[("threshold = 50", "threshold = 0.5")]));
    finds("G14", &ess(&[("threshold = 50", "threshold = 100")]));
    let in_alarm = &ESS[ESS.rfind("[[ess.alarm]]").unwrap()..];
    let without = ess(&[]).replace(in_alarm, "");
    assert!(finds("G12", &without).message.contains("nothing ever removes"));
    assert_eq!(finds("G11", &without).path, "ess.rule.in");
    finds("G15", &ess(&[("[balancer]", "[slo]\nlatency = '90ms'\n[balancer]")]));
    finds("G01", &ess(&[("period = '60s'\ntimes = 1", "period = '60s'\ntimes = 3")]));
}

fn aws(policy: &str, alarm: &str) -> String {
    format!("{SERVICE}[aws]\nmin = 2\nmax = 20\n{policy}\n{alarm}")
}

const STEP: &str = "[[aws.policy]]\nname = 'in'\nstep = [{ lower = 0, adjust = { change = -1 } }]\n";
const LOW: &str =
    "[[aws.alarm]]\nname = 'low'\nmetric = 'CPUUtilization'\ncomparison = '<'\nthreshold = 20\naction = 'in'\n";

/// aws.md 2.4 (mapbox/ecs-watchbot#187): a scale-in step with lower bound 0 instead of upper bound 0 matches nothing.
#[test]
fn steps_on_the_wrong_side() {
    assert_eq!(finds("A01", &aws(STEP, LOW)).path, "aws.policy.in.step");
    assert!(!codes_of(&aws(&STEP.replace("lower", "upper"), LOW)).contains(&"A01"));
    assert!(finds("A03", &aws(STEP, &format!("{LOW}missing = 'breaching'"))).message.contains("removes instances"));
    finds("A04", &aws(STEP, LOW));
}

#[test]
fn alarms_that_ask_more_often_than_is_measured() {
    let target = "[[aws.policy]]\nname = 't'\ntarget = { metric = 'CPUUtilization', value = 50 }\n";
    let slow = |text: String| format!("{text}\n[sensors]\nevery = '300s'\n");
    assert_eq!(finds("A02", &slow(aws(target, ""))).path, "aws.policy.t.target");
    assert!(!codes_of(&aws(target, "")).contains(&"A02"));
    let two = format!("{target}{}", target.replace("'t'", "'u'"));
    finds("A05", &aws(&two, ""));
}

#[test]
fn tencent_has_less() {
    let alarm = "[tencent]\nlenient = true\nmin = 1\nmax = 4\n[[tencent.policy]]\nname = 'out'\nadjust = { change = 1 }\n\
                 [[tencent.alarm]]\nname = 'a'\nmetric = 'QPS'\ncomparison = '>'\nthreshold = 70.5\nperiod = '600s'\ntimes = 12\naction = 'out'\n";
    let found = examine_text(&format!("{SERVICE}{alarm}")).findings;
    let paths: Vec<&str> =
        found.iter().filter(|finding| finding.code == "S28").map(|finding| finding.path.as_str()).collect();
    assert_eq!(
        paths,
        ["tencent.alarm.a.period", "tencent.alarm.a.times", "tencent.alarm.a.metric", "tencent.alarm.a.threshold"]
    );
}

const HPA: &str = "
[nodes]
count = 20
[pods]
cpu = { request = '1000m', limit = '2000m' }
memory = { request = '2GiB', limit = '4GiB' }
[hpa.spec]
minReplicas = 2
maxReplicas = 20
[[hpa.spec.metrics]]
type = 'Resource'
[hpa.spec.metrics.resource]
name = 'cpu'
target = { type = 'Utilization', averageUtilization = 60 }
";

fn hpa(replace: &[(&str, &str)]) -> String {
    changed(&format!("{SERVICE}{HPA}"), replace)
}

#[test]
fn the_hpa_has_hazards_of_its_own() {
    assert_eq!(finds("H01", &hpa(&[("request = '1000m', ", "")])).severity, Severity::Warning);
    // 185 · 1.1 = 203.5 > 200: the limit is two times the request.
    assert!(
        finds("H03", &hpa(&[("averageUtilization = 60", "averageUtilization = 185")]))
            .message
            .contains("never scales up")
    );
    let memory = hpa(&[
        ("name = 'cpu'", "name = 'memory'"),
        ("timeout = '5s'", "timeout = '5s'\nmemory = { base = '1500MiB' }"),
    ]);
    assert!(finds("G09", &memory).message.contains("73.2 %"));
    finds("H08", &hpa(&[("count = 20", "count = 3")]));
    let slow = "\n[hpa.spec.behavior.scaleUp]\npolicies = [{ type = 'Pods', value = 1, periodSeconds = 60 }]\n";
    assert!(
        finds("H05", &hpa(&[("[[hpa.spec.metrics]]", &format!("{slow}[[hpa.spec.metrics]]"))]))
            .message
            .contains("pods")
    );
    let down = "\n[hpa.spec.behavior.scaleDown]\nstabilizationWindowSeconds = 0\n";
    finds("H06", &hpa(&[("[[hpa.spec.metrics]]", &format!("{down}[[hpa.spec.metrics]]"))]));
}
