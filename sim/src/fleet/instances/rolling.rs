//! Instances that take the place of others: the rolling update.

use super::{Farewell, Instances, Phase, Rolling};
use crate::controllers::decision::{InstanceId, Notice};
use crate::fleet::Site;
use crate::scenario::schema::AfterFailure;

impl Instances {
    /// Replaces every instance, `at_once` at a time; each new one is in traffic before the old one drains.
    pub fn roll(&mut self, site: &mut Site, at_once: u32) {
        self.configuration += 1;
        let left = self.alive.iter().rev().copied().filter(|&id| self.phase(id) == Phase::InTraffic).collect();
        self.rolling = Some(Rolling { left, at_once: at_once.max(1) });
        self.roll_on(site);
    }

    /// Launched instances that are to take another's place.
    pub(super) fn under_way(&self) -> u32 {
        self.alive.iter().filter(|id| self.members[id.0 as usize].replaces.is_some()).count() as u32
    }

    pub(super) fn roll_on(&mut self, site: &mut Site) {
        loop {
            let under_way = self.under_way();
            let Some(rolling) = &mut self.rolling else { return };
            if under_way >= rolling.at_once {
                return;
            }
            let Some(old) = rolling.left.pop() else {
                if under_way == 0 {
                    self.rolling = None;
                }
                return;
            };
            if self.phase(old) != Phase::InTraffic {
                continue;
            }
            match self.launch_new(site, None) {
                Some(new) => self.member(new).replaces = Some(old),
                None => {
                    // No zone to launch in: the update stops here, as a careful operator would stop it.
                    self.waiting_launches.pop();
                    self.rolling = None;
                }
            }
        }
    }

    /// A replacement has failed to boot: what follows is as for any launch, but that the controller never knew of it.
    pub(super) fn replacement_failed(
        &mut self,
        site: &mut Site,
        id: InstanceId,
        old: Option<InstanceId>,
        then: AfterFailure,
    ) {
        site.kill(id);
        self.end(site, id, "boot-failed");
        match (then, old) {
            (AfterFailure::Replace, Some(old)) => self.replace_again(site, old),
            // The one that it was to replace stays as it is.
            _ => self.roll_on(site),
        }
    }

    /// The instance that was to replace `old` is no more: another is launched for it.
    pub(super) fn replace_again(&mut self, site: &mut Site, old: InstanceId) {
        if let Some(rolling) = &mut self.rolling {
            rolling.left.push(old);
        }
        self.roll_on(site);
    }

    /// A new instance is in traffic: the one that it replaces goes.
    pub(super) fn replaced(&mut self, site: &mut Site, new: InstanceId) {
        let Some(old) = self.member(new).replaces.take() else { return };
        let leaves = self.phase(old) == Phase::Gone
            || self.member(old).removed_by.is_some()
            || self.member(old).farewell != Farewell::AsAsked;
        if leaves {
            // The old one has gone its own way, and the controller has been told or will be: nothing is left to replace.
            self.member(new).created = None;
            self.member(new).farewell = Farewell::Silent;
            site.ledger.lives[new.0 as usize].ended_by = Some("rolling-update".into());
            self.drain(site, new, self.config.drain);
        } else {
            // For the controller the capacity has not changed: one in, one out.
            if !self.config.rules.removes {
                // Nothing may be terminated: both stay, and the group is one larger than it wants to be.
                self.surplus += 1;
                site.notices.push(Notice::InService { instance: new, activity: None });
                return self.roll_on(site);
            }
            site.notices.push(Notice::Terminated { instance: old, activity: None });
            site.notices.push(Notice::InService { instance: new, activity: None });
            let why = self.members[new.0 as usize].replaces_for;
            site.notices.push(Notice::Replaced { old, new, why });
            self.member(old).created = None;
            self.member(old).farewell = Farewell::Silent;
            if self.phase(old) == Phase::InTraffic {
                site.ledger.lives[old.0 as usize].ended_by = Some("rolling-update".into());
                self.drain(site, old, self.config.drain);
            }
        }
        self.roll_on(site);
    }
}
