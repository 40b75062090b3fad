//! What somebody does by hand: sets the capacity, disables a group and enables it again.

use windtunnel_sim::backtest::open_loop::{Replay, replay};
use windtunnel_sim::controllers::decision::{AlarmView, Controller, Decisions, MetricSource, Notice};
use windtunnel_traces::SimTime;

use crate::lifecycle::{group as in_a_scenario, run, set};
use crate::support::*;

const NOT_SUPPORTED: &str = "The current status of the specified scaling group does not support this action.";
const IN_PROGRESS: &str = "You cannot delete a scaling group or launch a new scaling activity while there is scaling \
                           activity in progress for the specified scaling group.";
const NO_CHANGE: &str = "To execute the specified scaling rule, the total capacity will not change.";
const COOLDOWN: &str = "You cannot launch a new scaling activity during the cooldown period.";

/// What is done by hand.
#[derive(Copy, Clone)]
enum Hand {
    Sets(u32),
    Disables,
    Enables,
}
use Hand::{Disables, Enables, Sets};

/// A controller with somebody at it, who acts at given instants.
struct Attended {
    inner: Box<dyn Controller>,
    /// What is left to do, the next one last.
    hands: Vec<(SimTime, Hand)>,
}

impl Controller for Attended {
    fn next_wake(&self) -> SimTime {
        self.inner.next_wake().min(self.hands.last().map_or(SimTime::NEVER, |(at, _)| *at))
    }
    fn wake(&mut self, now: SimTime, metrics: &dyn MetricSource, out: &mut Decisions) {
        if let Some((_, hand)) = self.hands.pop_if(|(at, _)| *at <= now) {
            return match hand {
                Sets(capacity) => self.inner.set_desired(now, capacity, out),
                Disables => self.inner.set_enabled(now, false, out),
                Enables => self.inner.set_enabled(now, true, out),
            };
        }
        self.inner.wake(now, metrics, out);
    }
    fn notice(&mut self, now: SimTime, notice: &Notice, out: &mut Decisions) {
        self.inner.notice(now, notice, out);
    }
    fn set_desired(&mut self, now: SimTime, desired: u32, out: &mut Decisions) {
        self.inner.set_desired(now, desired, out);
    }
    fn desired(&self) -> u32 {
        self.inner.desired()
    }
    fn min(&self) -> u32 {
        self.inner.min()
    }
    fn max(&self) -> u32 {
        self.inner.max()
    }
    fn alarms(&self) -> Vec<AlarmView> {
        self.inner.alarms()
    }
}

fn attend(inner: Box<dyn Controller>, metrics: &dyn MetricSource, hands: &[(u64, Hand)], until: u64) -> Replay {
    let initial = inner.desired();
    let hands = hands.iter().rev().map(|(when, hand)| (at(*when), *hand)).collect();
    replay(&mut Attended { inner, hands }, metrics, initial, slow_fleet(), at(until))
}

/// An ESS group of 5 (3 to 10) with an alarm that adds one each minute while it is hot, from 60 s on; cooldown 600 s.
fn ess_group(head: &str) -> Box<dyn Controller> {
    ess_controller(&ess(&format!(
        "{head}\nmin = 3\nmax = 10\ndesired = 5\n[[rule]]\nname = \"out\"\nadjust = {{ change = 1 }}\ncooldown = \"600s\"\n\
         [[alarm]]\nname = \"a\"\nmetric = \"CpuUtilization\"\ncomparison = \">\"\nthreshold = 50\nperiod = \"60s\"\ntimes = 1\n\
         action = \"out\"\n[assumptions]\nalarm_delay = \"0s\"\n"
    )))
}

const WITHOUT: &str = "expected_capacity = false";

/// Hot in the first minute only.
fn hot_once() -> At<impl Fn(u64) -> Option<f64>> {
    At(|from| Some(if from < 60 { 90.0 } else { 10.0 }))
}

#[test]
fn cloud_ess_changes_by_hand_bypass_the_cooldown_and_wait_for_nobody() {
    // 25912: a manual change during the cooldown is accepted. With the expected number on it moves that number, and the next
    // check does the work; without it, it is an activity like any other, and refused while one runs.
    // The alarm's activity runs from 60 to 180, its cooldown to 780.
    let replay = attend(ess_group(""), &hot_once(), &[(300, Sets(9))], 1000);
    assert_eq!(activities(&replay), [(60, Some(180), 5, 6), (360, Some(480), 6, 9)]);
    let replay = attend(ess_group(WITHOUT), &hot_once(), &[(100, Sets(9)), (300, Sets(9))], 1000);
    assert_eq!(activities(&replay), [(60, Some(180), 5, 6), (300, Some(420), 6, 9)]);
    assert_eq!(rejections(&replay), [(100, IN_PROGRESS)]);
    // Beyond the bounds: the expected number is refused (146231), a rule's change is cut off (CreateScalingRule).
    let cold = constant(10.0);
    let replay = attend(ess_group(""), &cold, &[(100, Sets(11)), (200, Sets(2))], 600);
    assert_eq!((activities(&replay), rejections(&replay).len(), replay.desired.len()), (vec![], 2, 1));
    let replay = attend(ess_group(WITHOUT), &cold, &[(100, Sets(11)), (300, Sets(12))], 600);
    assert_eq!(activities(&replay), [(100, Some(220), 5, 10)]);
    assert_eq!(rejections(&replay), [(300, NO_CHANGE)]);
    // A manual removal, and a cooldown after it where any activity starts one.
    for (by, fires) in [("alarm", 300), ("any", 720)] {
        let text = format!("{WITHOUT}\nassumptions.cooldown_started_by = \"{by}\"");
        let config = format!(
            "{text}\nassumptions.alarm_delay = \"0s\"\nmin = 3\nmax = 10\ndesired = 5\ndefault_cooldown = \"500s\"\n[[rule]]\n\
             name = \"out\"\nadjust = {{ change = 1 }}\n[[alarm]]\nname = \"a\"\nmetric = \"CpuUtilization\"\nthreshold = 50\n\
             period = \"60s\"\ntimes = 1\naction = \"out\"\n"
        );
        let later = At(|from| Some(if from >= 240 { 90.0 } else { 10.0 }));
        let replay = attend(ess_controller(&ess(&config)), &later, &[(100, Sets(4))], 730);
        // Removed from 100 to 190; 190 + 500 = 690; the alarm looks each minute.
        let began: Vec<(u64, u32, u32)> = activities(&replay).iter().map(|a| (a.0, a.2, a.3)).collect();
        assert_eq!(began[..2], [(100, 5, 4), (fires, 4, 5)], "{by}");
    }
}

#[test]
fn cloud_aws_and_tencent_take_changes_by_hand_within_the_bounds() {
    // SetDesiredCapacity and ModifyDesiredCapacity: errors beyond the bounds; HonorCooldown is false by default.
    let policy = "[[policy]]\nname = \"out\"\nadjust = { change = 1 }\ncooldown = \"600s\"\n";
    let bounds = "min = 3\nmax = 10\ndesired = 5\n";
    let on_aws = aws(&format!(
        "{bounds}{policy}[[alarm]]\nname = \"a\"\nmetric = \"CPUUtilization\"\ncomparison = \">\"\nthreshold = 50\nperiod = \"60s\"\n\
         action = \"out\"\n[assumptions]\nalarm_phase = \"0s\"\nreconcile_lag = [\"0s\"]\n"
    ));
    let hands = [(300, Sets(9)), (600, Sets(11)), (660, Sets(2))];
    let replay = attend(aws_controller(&on_aws), &hot_once(), &hands, 1000);
    assert_eq!(activities(&replay), [(60, Some(180), 5, 6), (300, Some(420), 6, 9)]);
    let refused: Vec<&str> = rejections(&replay).iter().map(|r| r.1).filter(|r| r.starts_with("New")).collect();
    assert_eq!(
        refused,
        [
            "New SetDesiredCapacity value 11 is above max value 10 for the AutoScalingGroup.",
            "New SetDesiredCapacity value 2 is below min value 3 for the AutoScalingGroup."
        ]
    );
    let by_hand = replay.activities.iter().find(|a| secs(a.at) == 300 && a.id.is_some()).expect("an activity");
    assert!(
        by_hand.cause.contains("a user request update of AutoScalingGroup constraints to min: 3, max: 10, desired: 9")
    );
    let on_tencent = tencent(&format!(
        "{bounds}{policy}alarm = {{ metric = \"CPU_UTILIZATION\", comparison = \">\", threshold = 50, period = \"60s\", times = 1 }}\n\
         [assumptions]\nalarm_delay = \"0s\"\ncooldown_blocks_scheduled = true\n"
    ));
    let replay = attend(tencent_controller(&on_tencent), &hot_once(), &hands, 1000);
    assert_eq!(activities(&replay), [(60, Some(180), 5, 6), (300, Some(420), 6, 9)], "no cooldown in the way");
    assert_eq!(rejections(&replay).iter().map(|r| r.0).collect::<Vec<_>>(), [600, 660]);
}

#[test]
fn cloud_ess_disabling_and_enabling_a_group_ends_its_cooldown() {
    // 25912: a cooldown ends when the group is disabled and enabled again. A disabled group finishes what is under way and
    // refuses everything else.
    let hot = constant(90.0);
    let replay = attend(ess_group(""), &hot, &[(200, Disables), (310, Enables)], 370);
    // From 60 to 180; the cooldown of 600 s began at 180; disabled at 200; enabled at 310, the next evaluation is at 360.
    assert_eq!(activities(&replay), [(60, Some(180), 5, 6), (360, None, 6, 7)]);
    assert_eq!(rejections(&replay), [(120, IN_PROGRESS), (180, COOLDOWN), (240, NOT_SUPPORTED), (300, NOT_SUPPORTED)]);
    // Without the pause it would be locked to 780.
    assert_eq!(activities(&attend(ess_group(""), &hot, &[], 779)).len(), 1);
    // What is under way goes on; nobody is made up for meanwhile; a scheduled task is tried again.
    let replay = attend(ess_group(""), &hot_once(), &[(100, Disables), (130, Sets(9)), (600, Enables)], 800);
    // The first ends as it would have; the check of the expected number comes a minute after the group is enabled.
    assert_eq!(activities(&replay), [(60, Some(180), 5, 6), (660, Some(780), 6, 9)]);
    let replay = attend(ess_group(WITHOUT), &constant(10.0), &[(100, Disables), (130, Sets(9))], 600);
    assert_eq!(rejections(&replay), [(130, NOT_SUPPORTED)]);
    let scheduled = "min = 3\nmax = 10\ndesired = 5\nexpected_capacity = false\n[[rule]]\nname = \"out\"\nadjust = { change = 1 }\n\
                     [[scheduled]]\nname = \"s\"\nat = \"100s\"\nrule = \"out\"\n";
    let controller = || ess_controller(&ess(scheduled));
    let replay = attend(controller(), &constant(10.0), &[(50, Disables), (250, Enables)], 1000);
    assert_eq!(activities(&replay), [(280, Some(400), 5, 6)], "tried at 100, 160, 220, 280");
    let replay = attend(controller(), &constant(10.0), &[(50, Disables)], 2000);
    assert_eq!(rejections(&replay), [(700, NOT_SUPPORTED)], "refused when its 600 s are over");
}

#[test]
fn cloud_tencent_a_disabled_group_reacts_to_nothing_but_hands() {
    // 8607 and DisableAutoScalingGroup: no alarm, no schedule, no matching, no replacement, and not even a cancelled
    // activity on record; manual operations still work.
    let text = "min = 3\nmax = 10\ndesired = 5\n[[policy]]\nname = \"out\"\nadjust = { change = 1 }\ncooldown = \"0s\"\n\
                alarm = { metric = \"CPU_UTILIZATION\", comparison = \">\", threshold = 50, period = \"60s\", times = 1 }\n\
                [[scheduled]]\nname = \"s\"\nat = \"200s\"\nmin = 3\nmax = 10\ndesired = 8\n[assumptions]\nalarm_delay = \"0s\"\n";
    let hot = constant(90.0);
    let replay = attend(tencent_controller(&tencent(text)), &hot, &[(30, Disables)], 600);
    assert_eq!((replay.activities.len(), replay.desired.len()), (0, 1));
    let replay =
        attend(tencent_controller(&tencent(text)), &hot, &[(30, Disables), (300, Sets(7)), (500, Enables)], 600);
    assert_eq!(activities(&replay)[0], (300, Some(420), 5, 7));
    assert_eq!(activities(&replay)[1].0, 540, "alarms count again");
}

#[test]
fn cloud_groups_are_disabled_by_an_event() {
    // The same in a scenario: capacity set by hand while the group is disabled waits for its end; two events that overlap
    // disable it until both are over.
    let disabled =
        |at: u64, lasts: u64| format!("[[event]]\nat = \"{at}s\"\nkind = \"group-disabled\"\nlasts = \"{lasts}s\"\n");
    for (events, begins) in [
        (String::new(), 660.0),
        (disabled(590, 600), 1200.0),
        (disabled(590, 600) + &disabled(800, 900), 1740.0),
        (disabled(590, 1200) + &disabled(800, 100), 1800.0),
    ] {
        let outcome = run(&format!("{}{}{events}", in_a_scenario("ess", ""), set(600, 4)));
        let began: Vec<f64> =
            outcome.instances.iter().map(|life| life.launched_seconds).filter(|at| *at > 0.0).collect();
        assert_eq!(began, [begins], "{events}");
    }
}
