//! Standby: instances that somebody takes out of service for a while (EC2 Auto Scaling user guide, "Temporarily removing
//! instances").

use super::Aws;
use crate::controllers::cloud::activity::Trigger;
use crate::controllers::cloud::machine::Moment;
use crate::controllers::decision::{Command, InstanceId, Refusal, StandbyRequest};

impl Aws {
    /// Somebody asks for a change.
    pub(super) fn change_standby(&mut self, moment: &mut Moment<'_>, request: StandbyRequest) {
        let now = moment.now;
        let capacity = moment.group.settled();
        let trigger = Trigger::plain(now, format!("At {now} a user asked for a change of Standby."));
        match request {
            StandbyRequest::Enter { count, request, decrement } => {
                let least = moment.group.min + count;
                if decrement && moment.group.desired < least {
                    let because = format!(
                        "AutoScalingGroup minSize={}, desiredCapacity={}; putting {count} in Standby would take the \
                         desired capacity below the minimum",
                        moment.group.min, moment.group.desired
                    );
                    return moment.group.reject(now, &trigger, capacity, (Refusal::Bound, &because), moment.out);
                }
                self.standby_decrements = decrement;
                self.in_standby.insert(request, count.min(moment.group.in_service()));
                moment.out.commands.push(Command::EnterStandby { count, request });
            }
            StandbyRequest::Leave { request } => {
                let count = self.in_standby.get(&request).copied().unwrap_or(0);
                if moment.group.desired + count > moment.group.max {
                    let because = format!(
                        "AutoScalingGroup maxSize={}, desiredCapacity={}; {count} out of Standby would take the desired \
                         capacity above the maximum",
                        moment.group.max, moment.group.desired
                    );
                    return moment.group.reject(now, &trigger, capacity, (Refusal::Bound, &because), moment.out);
                }
                moment.out.commands.push(Command::LeaveStandby { request });
            }
        }
    }

    /// An instance that enters Standby takes its place in the desired capacity along, unless others are to be launched;
    /// one that leaves it brings a place in any case (EC2 Auto Scaling user guide, "Temporarily removing instances").
    pub(super) fn note_standby(&mut self, moment: &mut Moment<'_>, instance: InstanceId, entered: bool) {
        let (now, group) = (moment.now, &mut *moment.group);
        let desired = group.desired;
        group.desired = match (entered, self.standby_decrements) {
            (true, true) => desired.saturating_sub(1),
            (true, false) => desired,
            (false, _) => desired + 1,
        };
        let after = group.settled();
        let (before, way) = if entered { (after + 1, "to") } else { (after.saturating_sub(1), "out of") };
        let verb = if entered { "shrinking" } else { "increasing" };
        let cause = format!(
            "At {now} instance {} was moved {way} standby in response to a user request, {verb} the capacity from {before} to \
             {after}.",
            instance.0
        );
        let description = format!("Moving EC2 instance {way} Standby: {}", instance.0);
        group.note_standby(now, cause, description, moment.out);
        if group.settled() != group.desired {
            self.reconcile_soon(now);
        }
    }
}
