//! Injected events: what happens to the group because the scenario says so.

use windtunnel_traces::{SimDuration, SimTime};

use super::{Control, Group, World, no_decisions};
use crate::agenda::Event;
use crate::controllers::decision::{Controller, Decisions, StandbyRequest};
use crate::scenario::schema::EventKind;

impl World<'_> {
    pub(super) fn inject(&mut self, number: usize) {
        let event = self.scenario.file.event[number].clone();
        if let Some(lasts) = event.lasts {
            self.site.agenda.at(self.site.now + lasts, Event::InjectedEnds(number));
            self.lasting.push(number);
        }
        let count = event.count.unwrap_or(1);
        let factor = self.slowdown(event.kind);
        let notice = event.notice.unwrap_or(SimDuration::from_secs(120));
        let zone = event.zone.unwrap_or(0);
        let site = &mut self.site;
        match (event.kind, &mut self.group) {
            (EventKind::ZoneOutage, Group::Instances(instances)) => instances.zone_down(site, zone),
            (EventKind::ZoneOutage, Group::Pods(pods)) => pods.zone_down(site, zone),
            (EventKind::MetricsOutage, _) => self.monitoring.outages += 1,
            (EventKind::RollingUpdate, Group::Instances(instances)) => instances.roll(site, count),
            (EventKind::RollingUpdate, Group::Pods(pods)) => pods.roll(site, count),
            (EventKind::SpotInterruption, Group::Instances(instances)) => instances.interrupt(site, count, notice),
            (EventKind::SpotInterruption, Group::Pods(pods)) => pods.interrupt(site, count),
            (EventKind::BootSlowdown, Group::Instances(instances)) => instances.slow_boots(factor),
            (EventKind::BootSlowdown, Group::Pods(pods)) => pods.slow_boots(factor),
            (EventKind::DownstreamSlowdown, _) => site.plant.slow_waits(factor),
            (EventKind::SetCapacity, _) => self.set_capacity(event.desired.unwrap_or(0)),
            (EventKind::Standby, _) => {
                let decrement = event.decrement.unwrap_or(true);
                self.ask_for_standby(StandbyRequest::Enter { count, request: number, decrement });
            }
            (EventKind::GroupDisabled, _) => self.tell_controller(|it, now, out| it.set_enabled(now, false, out)),
        }
    }

    /// How many times slower everything is that lasting events of a kind slow down: overlapping ones multiply.
    fn slowdown(&self, kind: EventKind) -> f64 {
        let events = self.lasting.iter().map(|&number| &self.scenario.file.event[number]);
        events.filter(|event| event.kind == kind).map(|event| event.factor.unwrap_or(1.0)).product()
    }

    pub(super) fn end_injected(&mut self, number: usize) {
        let event = self.scenario.file.event[number].clone();
        let zone = event.zone.unwrap_or(0);
        self.lasting.retain(|&other| other != number);
        let factor = self.slowdown(event.kind);
        let disables = |number: &usize| self.scenario.file.event[*number].kind == EventKind::GroupDisabled;
        let still_disabled = self.lasting.iter().any(disables);
        match (event.kind, &mut self.group) {
            (EventKind::ZoneOutage, Group::Instances(instances)) => instances.zone_up(zone),
            (EventKind::ZoneOutage, Group::Pods(pods)) => pods.zone_up(&mut self.site, zone),
            (EventKind::MetricsOutage, _) => self.monitoring.outages -= 1,
            (EventKind::BootSlowdown, Group::Instances(instances)) => instances.slow_boots(factor),
            (EventKind::BootSlowdown, Group::Pods(pods)) => pods.slow_boots(factor),
            (EventKind::DownstreamSlowdown, _) => self.site.plant.slow_waits(factor),
            (EventKind::Standby, _) => self.ask_for_standby(StandbyRequest::Leave { request: number }),
            (EventKind::GroupDisabled, _) if !still_disabled => {
                self.tell_controller(|it, now, out| it.set_enabled(now, true, out));
            }
            _ => {}
        }
    }

    /// Somebody puts instances into Standby, or brings them back.
    fn ask_for_standby(&mut self, request: StandbyRequest) {
        self.tell_controller(|controller, now, out| controller.standby(now, request, out));
    }

    /// Somebody does something to the group by hand.
    fn tell_controller(&mut self, tell: impl FnOnce(&mut dyn Controller, SimTime, &mut Decisions)) {
        let Control::Cloud(controller) = &mut self.control else { return };
        let now = self.site.now;
        let mut decisions = no_decisions(self.options);
        tell(&mut **controller, now, &mut decisions);
        let next = controller.next_wake();
        self.site.agenda.at(next.max(now), Event::Wake);
        self.carry_out(decisions);
    }

    /// Somebody sets the capacity by hand.
    fn set_capacity(&mut self, desired: u32) {
        match (&mut self.control, &mut self.group) {
            (Control::Fixed(count), Group::Instances(_)) => {
                *count = desired;
                self.hold(desired);
            }
            (Control::Hpa(_), Group::Pods(pods)) => pods.scale(&mut self.site, desired),
            _ => self.tell_controller(|controller, now, out| controller.set_desired(now, desired, out)),
        }
    }
}
