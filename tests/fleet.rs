//! What carries a decision out, to the second: boots, failures, outages, updates, drains. Durations are constants, so
//! every expected instant can be worked out by hand from the scenario beside it.

mod support;

use support::{figure, lives_at, run, scenario};
use windtunnel_sim::outcome::{InstanceLife, Outcome};

/// A light load that a single instance serves, under a fixed fleet: what is given comes on top.
fn fixed(instances: u32, tables: &str) -> Outcome {
    under(&format!("[fixed]\ninstances = {instances}\n{tables}"))
}

fn under(tables: &str) -> Outcome {
    let text = format!(
        "horizon = \"1h\"\ntrace = {{ shape = \"constant\", rate = \"5rps\" }}\ntimeline.interval = \"10s\"\n{tables}"
    );
    let or_else = |text: String, table: &str, key: &str| {
        if text.contains(table) { text } else { format!("{text}\n{table}\n{key}\n") }
    };
    let text = or_else(or_else(text, "[instance]", "cores = 1"), "[service]", "cpu = \"10ms\"");
    run(&scenario(&text), 3)
}

/// An event in a file: capacity set to `desired` after ten minutes.
fn set_capacity(desired: u32) -> String {
    format!("[[event]]\nat = \"10m\"\nkind = \"set-capacity\"\ndesired = {desired}\n")
}

/// The lives of those launched after the start.
fn launched(outcome: &Outcome) -> Vec<InstanceLife> {
    outcome.instances.iter().filter(|life| life.launched_seconds > 0.0).collect()
}

fn ended_by(outcome: &Outcome, why: &str) -> Vec<InstanceLife> {
    outcome.instances.iter().filter(|life| life.ended_by.as_deref() == Some(why)).collect()
}

/// The fewest in traffic at any instant from `from` on, by the lives.
fn fewest_in_traffic(outcome: &Outcome, from: f64) -> usize {
    let changes = outcome.instances.iter().flat_map(|life| [life.draining_seconds, life.ended_seconds]).flatten();
    let instants = changes.filter(|at| *at >= from).chain([from]);
    instants.map(|at| in_traffic_at(outcome, at)).min().unwrap_or(0)
}

fn in_traffic_at(outcome: &Outcome, at: f64) -> usize {
    let leaves = |life: &InstanceLife| life.draining_seconds.or(life.ended_seconds).unwrap_or(f64::INFINITY);
    let serves = |life: &InstanceLife| life.in_service_seconds.is_some_and(|since| since <= at) && leaves(life) > at;
    outcome.instances.iter().filter(serves).count()
}

#[track_caller]
fn close(what: &str, measured: f64, expected: f64, tolerance: f64) {
    assert!((measured - expected).abs() <= tolerance, "{what}: {measured}, expected {expected} +- {tolerance}");
}

// ---- boots

const BOOT: &str = r#"
[[boot]]
stage = "provision"
time = "45s"
[[boot]]
stage = "script"
time = "20s"
[[boot]]
stage = "health-loop"
time = "25s"
poll = { every = "10s", attempts = 30 }
"#;

#[test]
fn a_boot_takes_what_its_stages_take() {
    let outcome = fixed(1, &format!("{BOOT}{}", set_capacity(2)));
    let life = &launched(&outcome)[0];
    let stages: Vec<(&str, f64)> = life.stages.iter().map(|(name, at)| (name.as_str(), *at)).collect();
    // The application is up 25 s into the loop; the check at 30 s finds it.
    assert_eq!(stages, [("provision", 645.0), ("script", 665.0), ("health-loop", 695.0)]);
    assert_eq!(life.in_service_seconds, Some(695.0), "no attach delay and no checks: the boot's end");
}

#[test]
fn traffic_waits_for_the_slower_of_boot_and_attach_then_for_the_checks() {
    // Attached after provision: 645 s + attach. Checks every 2 s, three in a row, the first at a random phase.
    for (attach, ready) in [(60, 705.0), (30, 695.0)] {
        let balancer = format!("[balancer]\nattach = \"{attach}s\"\nhealth = {{ every = \"2s\", healthy = 3 }}\n");
        let outcome = fixed(1, &format!("{BOOT}{balancer}{}", set_capacity(6)));
        let delays: Vec<f64> =
            launched(&outcome).iter().map(|life| life.in_service_seconds.expect("in service") - ready).collect();
        assert_eq!(delays.len(), 5);
        assert!(delays.iter().all(|delay| (4.0..6.0).contains(delay)), "attach {attach} s: {delays:?}");
        assert!(delays.windows(2).any(|pair| (pair[0] - pair[1]).abs() > 0.05), "phases differ: {delays:?}");
    }
}

#[test]
fn a_slowdown_stretches_the_stages_that_begin_while_it_lasts() {
    let slow = "[[event]]\nat = \"500s\"\nkind = \"boot-slowdown\"\nfactor = 3.0\nlasts = \"1000s\"\n";
    let boot = "[[boot]]\nstage = \"provision\"\ntime = \"60s\"\n";
    let outcome = fixed(1, &format!("{boot}{slow}{}", set_capacity(2)));
    assert_eq!(launched(&outcome)[0].in_service_seconds, Some(780.0));
    // A second one inside the first: their factors multiply, and the end of one does not end the other.
    let second = "[[event]]\nat = \"550s\"\nkind = \"boot-slowdown\"\nfactor = 2.0\nlasts = \"20s\"\n";
    let outcome = fixed(1, &format!("{boot}{slow}{second}{}", set_capacity(2)));
    assert_eq!(launched(&outcome)[0].in_service_seconds, Some(780.0));
    let longer = second.replace("20s", "200s");
    let outcome = fixed(1, &format!("{boot}{slow}{longer}{}", set_capacity(2)));
    assert_eq!(launched(&outcome)[0].in_service_seconds, Some(960.0));
}

/// A boot whose loop gives up after 30 s, as the only stage or after one that creates the instance.
fn failing(before: &str, then: &str) -> String {
    format!(
        "{before}[[boot]]\nstage = \"loop\"\ntime = \"1h\"\npoll = {{ every = \"10s\", attempts = 3 }}\nthen = \"{then}\"\n"
    )
}

#[test]
fn a_failed_boot_is_replaced_until_it_succeeds() {
    let outcome = fixed(1, &format!("{}{}", failing("", "replace"), set_capacity(2)));
    let at: Vec<f64> = launched(&outcome).iter().take(4).map(|life| life.launched_seconds).collect();
    assert_eq!(at, [600.0, 630.0, 660.0, 690.0]);
    assert_eq!(lives_at(&outcome, 3500.0), 2, "never more than one at a time");
}

#[test]
fn a_boot_that_gives_up_leaves_one_less() {
    let outcome = fixed(1, &format!("{}{}", failing("", "give-up"), set_capacity(2)));
    let lives = launched(&outcome);
    assert_eq!((lives.len(), lives[0].ended_seconds), (1, Some(630.0)));
    assert_eq!(lives[0].ended_by.as_deref(), Some("boot-failed"));
}

#[test]
fn a_script_that_gives_up_inside_a_created_instance_leaves_it_without_traffic() {
    let provision = "[[boot]]\nstage = \"provision\"\ntime = \"10s\"\n";
    let outcome = fixed(1, &format!("{}{}", failing(provision, "give-up"), set_capacity(2)));
    let lives = launched(&outcome);
    assert_eq!((lives.len(), lives[0].in_service_seconds, lives[0].ended_seconds), (1, None, None));
    let billed = outcome.timeline.last().map(|row| row.billed);
    assert_eq!(billed, Some(2.0), "it is paid for");
}

#[test]
fn a_failure_that_is_ignored_delays_and_no_more() {
    let outcome = fixed(1, &format!("{}{}", failing("", "continue"), set_capacity(2)));
    assert_eq!(launched(&outcome)[0].in_service_seconds, Some(630.0));
}

// ---- outages, crashes, interruptions

#[test]
fn a_zone_outage_kills_and_is_made_up_for_in_the_other_zone() {
    let event = "[[event]]\nat = \"601s\"\nkind = \"zone-outage\"\nzone = 0\nlasts = \"10m\"\n";
    let fleet = "[fleet]\nzones = 2\nhealth_check = \"60s\"\n";
    let outcome = fixed(4, &format!("{fleet}{event}"));
    let dead = ended_by(&outcome, "zone-outage");
    assert_eq!(dead.iter().map(|life| life.zone).collect::<Vec<_>>(), [0, 0]);
    assert!(dead.iter().all(|life| life.ended_seconds == Some(660.0)), "found dead at the next check: {dead:?}");
    let lives = launched(&outcome);
    assert_eq!(lives.iter().map(|life| (life.zone, life.launched_seconds)).collect::<Vec<_>>(), [(1, 660.0); 2]);
    // Half the requests of 59 s go to the dead: without health checks the balancer does not know.
    close("requests lost", figure(&outcome, "requests_failed"), 0.5 * 59.0 * 5.0, 40.0);
}

#[test]
fn with_every_zone_down_launches_wait_and_happen_once() {
    let event = "[[event]]\nat = \"601s\"\nkind = \"zone-outage\"\nlasts = \"30m\"\n";
    let outcome = fixed(3, &format!("[fleet]\nhealth_check = \"60s\"\n{event}"));
    let lives = launched(&outcome);
    assert_eq!(lives.len(), 3, "three were lost, three are launched");
    assert!(lives.iter().all(|life| (2401.0..=2411.0).contains(&life.launched_seconds)), "{lives:?}");
    assert_eq!(in_traffic_at(&outcome, 3000.0), 3);
}

#[test]
fn requests_fail_where_no_instance_is_healthy() {
    let outcome = fixed(1, &set_capacity(0));
    let before: u64 = outcome.timeline.iter().filter(|row| row.end_seconds <= 600.0).map(|row| row.arrived).sum();
    let after = figure(&outcome, "requests_arrived") - before as f64;
    // One may be inside when the only instance is stopped without a drain.
    close("requests failed", figure(&outcome, "requests_failed"), after, 1.0);
}

/// A batch whose requests are all refused while it is sent is one batch that has been answered, not twenty; and who
/// does not think cannot stop time.
#[test]
fn clients_that_nobody_serves_go_on_as_before() {
    let refused = |clients: &str, instances: u32| {
        let text = format!(
            "horizon = \"20m\"\ntrace.clients = {clients}\nservice.cpu = \"10ms\"\ninstance.cores = 1\n\
             fixed.instances = {instances}\n"
        );
        let outcome = run(&scenario(&text), 3);
        (figure(&outcome, "requests_arrived"), figure(&outcome, "requests_failed"))
    };
    // Twenty every five seconds and the millisecond of the refusal: 240 batches less a quarter second.
    let batches = refused("{ batch = 20, pause = \"5s\" }", 0);
    assert_eq!(batches, (240.0 * 20.0, 240.0 * 20.0));
    assert_eq!(refused("{ users = 3, think = \"0s\" }", 0), (3_600_000.0, 3_600_000.0), "one per millisecond each");
    assert_eq!(refused("{ users = 3, think = \"0s\" }", 1).1, 0.0);
}

#[test]
fn crashes_are_noticed_at_the_providers_check_and_replaced() {
    let outcome = fixed(5, "[fleet]\nmean_time_between_crashes = \"10m\"\nhealth_check = \"60s\"\n");
    let crashed: Vec<f64> = ended_by(&outcome, "crash").iter().filter_map(|life| life.ended_seconds).collect();
    // Five instances for an hour at one crash per ten minutes, with some time undiscovered: 27 +- 4 sigma.
    assert!((8..=50).contains(&crashed.len()), "{} crashes", crashed.len());
    assert!(crashed.iter().all(|at| at % 60.0 == 0.0), "{crashed:?}");
    let replaced: Vec<f64> = launched(&outcome).iter().map(|life| life.launched_seconds).collect();
    let mut sorted = crashed;
    sorted.sort_by(f64::total_cmp);
    assert_eq!(sorted, replaced, "each is replaced when it is noticed");
}

/// A group of five under a cloud's controller without rules.
fn group(provider: &str) -> String {
    format!("[{provider}]\nmin = 1\nmax = 10\ndesired = 5\n")
}

const CLOUDS: [&str; 3] = ["ess", "aws", "tencent"];

#[test]
fn an_interrupted_spot_instance_drains_and_is_replaced_by_the_controller() {
    let event = "[[event]]\nat = \"10m\"\nkind = \"spot-interruption\"\ncount = 2\nnotice = \"120s\"\n";
    for provider in CLOUDS {
        let outcome = under(&format!("{}{event}", group(provider)));
        let lost = ended_by(&outcome, "spot-interruption");
        assert_eq!(lost.len(), 2, "{provider}");
        for life in lost {
            assert_eq!((life.draining_seconds, life.ended_seconds), (Some(600.0), Some(720.0)), "{provider}");
        }
        assert_eq!(launched(&outcome).len(), 2, "{provider} launches two in their place");
        assert_eq!(in_traffic_at(&outcome, 3500.0), 5, "{provider}");
        assert_eq!(figure(&outcome, "requests_failed"), 0.0, "{provider}: two minutes are enough to finish");
    }
}

#[test]
fn capacity_set_by_hand_is_reached_and_kept() {
    for provider in CLOUDS {
        for desired in [3u32, 8] {
            let outcome = under(&format!("{}{}", group(provider), set_capacity(desired)));
            assert_eq!(in_traffic_at(&outcome, 3500.0), desired as usize, "{provider} to {desired}");
            assert_eq!(outcome.timeline.last().map(|row| row.desired), Some(f64::from(desired)), "{provider}");
        }
    }
    for desired in [2u32, 7] {
        assert_eq!(in_traffic_at(&fixed(4, &set_capacity(desired)), 3500.0), desired as usize);
    }
}

// ---- rolling updates

const ROLL: &str = "[[event]]\nat = \"10m\"\nkind = \"rolling-update\"\ncount = 2\n";

#[test]
fn a_rolling_update_replaces_everybody_once_and_keeps_capacity() {
    let tables = format!("{ROLL}[[boot]]\nstage = \"provision\"\ntime = \"60s\"\n[balancer]\ndrain = \"30s\"\n");
    for controller in ["[fixed]\ninstances = 5\n".to_string(), group("ess"), group("aws"), group("tencent")] {
        let outcome = under(&format!("{controller}{tables}"));
        let replaced = ended_by(&outcome, "rolling-update");
        assert_eq!(replaced.len(), 5, "{controller}");
        assert!(replaced.iter().all(|life| life.launched_seconds == 0.0), "{controller}: nobody twice");
        assert_eq!(launched(&outcome).len(), 5, "{controller}");
        assert_eq!(fewest_in_traffic(&outcome, 600.0), 5, "{controller}");
        let most_booting = outcome.timeline.iter().map(|row| row.booting).fold(0.0, f64::max);
        assert_eq!(most_booting, 2.0, "{controller}: two at a time");
        assert_eq!(figure(&outcome, "requests_failed"), 0.0, "{controller}");
    }
}

#[test]
fn a_rolling_update_goes_on_when_a_replacement_fails() {
    // Half of the boots fail after 60 s.
    let tables = format!("{ROLL}[[boot]]\nstage = \"provision\"\ntime = \"60s\"\nfails = 0.5\n");
    for controller in ["[fixed]\ninstances = 5\n".to_string(), group("ess")] {
        let outcome = under(&format!("{controller}{tables}"));
        assert_eq!(ended_by(&outcome, "rolling-update").len(), 5, "{controller}");
        assert!(!ended_by(&outcome, "boot-failed").is_empty(), "{controller}: some boots fail");
        assert_eq!((in_traffic_at(&outcome, 3500.0), lives_at(&outcome, 3500.0)), (5, 5), "{controller}");
        assert_eq!(fewest_in_traffic(&outcome, 600.0), 5, "{controller}");
    }
}

#[test]
fn a_second_update_and_a_scale_in_during_an_update_leave_the_right_number() {
    let second = ROLL.replace("10m", "11m");
    let boot = "[[boot]]\nstage = \"provision\"\ntime = \"90s\"\n[balancer]\ndrain = \"200s\"\n";
    let scale_in = "[[event]]\nat = \"630s\"\nkind = \"set-capacity\"\ndesired = 3\n";
    for provider in CLOUDS {
        let outcome = under(&format!("{}{boot}{ROLL}{second}{scale_in}", group(provider)));
        assert_eq!((in_traffic_at(&outcome, 3500.0), lives_at(&outcome, 3500.0)), (3, 3), "{provider}");
        let unfinished = outcome.activities.iter().filter(|entry| entry.end_seconds.is_none()).count();
        assert_eq!(unfinished, 0, "{provider}: {:?}", outcome.activities);
    }
}

// ---- leaving

#[test]
fn draining_lets_requests_finish_and_cuts_what_is_left() {
    let drained = |balancer: &str| {
        fixed(2, &format!("[balancer]\n{balancer}\n[service]\ncpu = \"10ms\"\nwait = \"40s\"\n{}", set_capacity(1)))
    };
    let enough = drained("drain = \"60s\"");
    assert_eq!(figure(&enough, "requests_failed"), 0.0);
    assert_eq!(ended_by(&enough, "scale-in")[0].ended_seconds, Some(660.0));
    let idle = drained("drain = \"60s\"\ndrain_ends_when_idle = true");
    let ended = ended_by(&idle, "scale-in")[0].ended_seconds.expect("it ends");
    assert!((639.0..=642.0).contains(&ended), "the last request takes 40 s: {ended}");
    // Twenty seconds cut off who came in the last twenty: half of 5 requests per second.
    close("cut requests", figure(&drained("drain = \"20s\""), "requests_failed"), 50.0, 20.0);
}

#[test]
fn a_slow_start_grows_the_share_in_a_line() {
    let text = format!(
        "horizon = \"20m\"\ntrace = {{ shape = \"constant\", rate = \"50rps\" }}\nservice.cpu = \"10ms\"\n\
         instance.cores = 1\nfixed.instances = 1\ntimeline.interval = \"20s\"\nbalancer.slow_start = \"200s\"\n{}",
        set_capacity(2)
    );
    let outcome = run(&scenario(&text), 3);
    for row in outcome.timeline.iter().filter(|row| row.start_seconds >= 600.0) {
        let age = (row.start_seconds + row.end_seconds) / 2.0 - 600.0;
        let share = ((age + 5.0) / 200.0).min(1.0);
        // The old instance carries 1 of 1 + share; 1000 arrivals in a row vary by 3 %.
        close(&format!("load of the old one {age} s on"), row.cpu_utilization_max, 0.5 / (1.0 + share), 0.06);
    }
}

// ---- pods

/// Four pods of one core on two nodes, scaled by nobody: the HPA's bounds hold them. Zones and events come on top.
fn pods(tables: &str) -> Outcome {
    under(&format!(
        r#"
        [instance]
        cores = 8
        [nodes]
        count = 2
        [pods]
        replicas = 4
        cpu = {{ request = "1", limit = "1" }}
        start = "20s"
        [hpa.spec]
        minReplicas = 4
        maxReplicas = 4
        [[hpa.spec.metrics]]
        type = "Resource"
        [hpa.spec.metrics.resource]
        name = "cpu"
        target = {{ type = "Utilization", averageUtilization = 70 }}
        {tables}
        "#
    ))
}

/// Three pods on two nodes of two zones: the one that has a zone to itself gets half of the requests, 3/2 of the mean. Over
/// 3300 s at 60 rps the half is 99,000 requests: a standard error of 0.3 %, four of them 1.3 % for either figure.
#[test]
fn a_pod_alone_in_its_zone_gets_the_zones_share_without_cross_zone_balancing() {
    let busiest = |cross_zone: bool| {
        let outcome = run(
            &scenario(&format!(
                r#"
                horizon = "1h"
                trace = {{ shape = "constant", rate = "60rps" }}
                service.cpu = "10ms"
                fleet.zones = 2
                balancer.cross_zone = {cross_zone}
                instance.cores = 8
                nodes.count = 2
                [pods]
                replicas = 3
                cpu = {{ request = "1", limit = "1" }}
                [hpa.spec]
                minReplicas = 3
                maxReplicas = 3
                [[hpa.spec.metrics]]
                type = "Resource"
                [hpa.spec.metrics.resource]
                name = "cpu"
                target = {{ type = "Utilization", averageUtilization = 70 }}
                "#
            )),
            3,
        );
        let since = outcome.timeline.iter().filter(|row| row.start_seconds >= 300.0);
        let (sum, rows) = since.fold((0.0, 0.0), |(sum, rows), row| (sum + row.cpu_utilization_max, rows + 1.0));
        sum / rows
    };
    close("the busiest of its own zone", busiest(false), 0.3, 0.3 * 0.013);
    // Dealt in turn: a third each.
    close("the busiest of all", busiest(true), 0.2, 0.2 * 0.013 + 0.002);
}

#[test]
fn a_rolling_update_replaces_every_pod_once() {
    let outcome = pods(ROLL);
    assert_eq!(ended_by(&outcome, "rolling-update").len(), 4);
    assert_eq!(launched(&outcome).len(), 4);
    assert_eq!(fewest_in_traffic(&outcome, 600.0), 4);
    let again = pods(&format!("{ROLL}{}", ROLL.replace("10m", "605s")));
    assert_eq!((in_traffic_at(&again, 3500.0), lives_at(&again, 3500.0)), (4, 4), "a second update in the first");
}

#[test]
fn pods_of_a_dead_zone_are_evicted_and_every_outage_gives_back_what_it_took() {
    let outage = |at: &str| format!("[[event]]\nat = \"{at}\"\nkind = \"zone-outage\"\nzone = 0\nlasts = \"8m\"\n");
    let outcome = pods(&format!("[fleet]\nzones = 2\n{}{}", outage("10m"), outage("30m")));
    let evicted: Vec<f64> = ended_by(&outcome, "zone-outage").iter().filter_map(|life| life.ended_seconds).collect();
    // 40 s until the node is not ready, 300 s of toleration.
    assert_eq!(&evicted[..2], [940.0; 2], "{evicted:?}");
    assert_eq!(in_traffic_at(&outcome, 3500.0), 4);
    let nodes = outcome.timeline.last().map(|row| row.nodes);
    assert_eq!(nodes, Some(2.0), "two outages of one node each leave two nodes");
}

#[test]
fn an_interrupted_node_of_a_fixed_pool_is_replaced_after_a_boot() {
    let boot = "[[boot]]\nstage = \"provision\"\ntime = \"90s\"\n";
    let outcome = pods(&format!("{boot}[[event]]\nat = \"10m\"\nkind = \"spot-interruption\"\n"));
    assert_eq!(ended_by(&outcome, "spot-interruption").len(), 2);
    assert_eq!((in_traffic_at(&outcome, 3500.0), outcome.timeline.last().map(|row| row.nodes)), (4, Some(2.0)));
}

#[test]
fn a_deployment_scaled_by_hand_is_scaled_back_into_the_bounds() {
    let outcome = pods(&set_capacity(6));
    assert_eq!(outcome.instances.len(), 6, "two more are made");
    assert_eq!(in_traffic_at(&outcome, 3500.0), 4, "and the HPA takes them back: its maximum is four");
}
