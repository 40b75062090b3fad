//! Cooldowns: shorter than what they wait for, or longer than the other direction can bear.

use super::numbers::Numbers;
use super::view::Group;
use super::{Findings, round};

pub(super) fn check(group: &Group, numbers: &Numbers, findings: &mut Findings<'_>) {
    shorter_than_boot(group, numbers, findings);
    group_wide_lock(group, findings);
}

/// The alarm goes on while the new instances do not serve yet; each end of a cooldown adds again.
fn shorter_than_boot(group: &Group, numbers: &Numbers, findings: &mut Findings<'_>) {
    let ready = &numbers.ready;
    for rule in group.rules.iter().filter(|rule| rule.is_enabled && rule.adds() && !rule.removes()) {
        let Some(cooldown) = rule.cooldown.map(windtunnel_traces::SimDuration::as_secs_f64) else { continue };
        if cooldown >= ready.serving {
            continue;
        }
        let after = (ready.serving - ready.joined).max(0.0);
        let repeats = if cooldown > 0.0 { libm::ceil(ready.serving / cooldown) } else { f64::INFINITY };
        let key = format!("{}.cooldown", rule.path);
        let path = if findings.document.is_given(&key) { key } else { rule.path.clone() };
        let often =
            if repeats.is_finite() { format!("up to {} times", round(repeats)) } else { "again and again".to_string() };
        findings.add(
            "S26",
            &path,
            format!(
                "the cooldown of `{}` is {} s, but a new instance serves only after {} s ({} s of them after the activity has \
                 ended): while the alarm goes on, the rule is executed {often} for one need",
                rule.name,
                round(cooldown),
                round(ready.serving),
                round(after)
            ),
            format!("a cooldown of at least {} s, or a shorter boot", round(libm::ceil(ready.serving))),
        );
    }
}

/// On Alibaba and Tencent one cooldown locks the group in both directions: ESS "Cooldown period", Tencent 377/8607.
fn group_wide_lock(group: &Group, findings: &mut Findings<'_>) {
    if !group.cooldown_locks_group {
        return;
    }
    let longest_in = group.rules.iter().filter(|rule| rule.removes() && !rule.adds()).max_by_key(|rule| rule.cooldown);
    let has_out = group.rules.iter().any(super::view::Rule::adds);
    let Some((rule, cooldown)) = longest_in.and_then(|rule| Some((rule, rule.cooldown?))).filter(|_| has_out) else {
        return;
    };
    if cooldown.is_zero() {
        return;
    }
    findings.add(
        "S20",
        &rule.path,
        format!(
            "the cooldown locks the whole group: for {} s after `{}` an alarm that wants more instances is refused as well",
            cooldown.as_secs(),
            rule.name
        ),
        "keep it as short as the load's rise allows, or track a target",
    );
}
