//! The attempts inside the event kernel: a slab of slots, and the order in which their clients will give up.
//!
//! Every client waits equally long, so attempts time out in the order in which they were sent. The awaited ones form a
//! list through the slots, oldest first: whoever is answered leaves the list, and only its head can time out next. So a
//! timeout that never happens costs no event.

use super::requests::Request;

/// No slot.
const NONE: u32 = u32::MAX;

/// Where an attempt is.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The slot is not in use.
    Nowhere,
    /// Between two attempts.
    Backoff,
    /// At a station without a worker.
    Backlog,
    /// With a worker, waiting to run.
    Ready,
    /// On a core.
    Running,
    /// In its wait.
    Waiting,
    /// Queueing for the shared dependency.
    DownstreamQueue,
    /// Inside the shared dependency.
    Downstream,
}

/// One attempt of a request.
#[derive(Copy, Clone, Debug)]
pub(super) struct Job {
    pub(super) request: Request,
    pub(super) station: u32,
    pub(super) attempt: u32,
    /// Counts uses of this slot, so that events of earlier uses are recognised.
    generation: u32,
    pub(super) place: Place,
    /// False once the client has given up on this attempt.
    pub(super) awaited: bool,
    /// Its wait, stretched as it was when the attempt was sent.
    pub(super) wait: u64,
    /// When the client gives up; `u64::MAX` while the job is not in the list of timeouts.
    deadline: u64,
    /// The neighbours in that list.
    older: u32,
    newer: u32,
}

/// An attempt as events remember it.
#[derive(Copy, Clone, Debug)]
pub(super) struct JobRef {
    pub(super) slot: u32,
    generation: u32,
}

/// All attempts.
#[derive(Debug)]
pub(super) struct Jobs {
    slots: Vec<Job>,
    free: Vec<u32>,
    oldest: u32,
    newest: u32,
    next_timeout: u64,
}

impl std::ops::Index<u32> for Jobs {
    type Output = Job;
    #[inline]
    fn index(&self, slot: u32) -> &Job {
        &self.slots[slot as usize]
    }
}

impl std::ops::IndexMut<u32> for Jobs {
    #[inline]
    fn index_mut(&mut self, slot: u32) -> &mut Job {
        &mut self.slots[slot as usize]
    }
}

impl Jobs {
    pub(super) fn new() -> Self {
        Jobs { slots: Vec::new(), free: Vec::new(), oldest: NONE, newest: NONE, next_timeout: u64::MAX }
    }

    /// Slots in use and not.
    pub(super) fn slots(&self) -> u32 {
        self.slots.len() as u32
    }

    /// Takes a slot.
    #[inline]
    pub(super) fn add(&mut self, request: Request, attempt: u32) -> u32 {
        let job = Job {
            request,
            station: 0,
            attempt,
            generation: 0,
            place: Place::Backoff,
            awaited: true,
            wait: 0,
            deadline: u64::MAX,
            older: NONE,
            newer: NONE,
        };
        match self.free.pop() {
            Some(slot) => {
                let generation = self[slot].generation;
                self[slot] = Job { generation, ..job };
                slot
            }
            None => {
                self.slots.push(job);
                self.slots() - 1
            }
        }
    }

    /// Gives a slot back.
    #[inline]
    pub(super) fn free(&mut self, slot: u32) {
        self.forget_timeout(slot);
        let job = &mut self[slot];
        job.place = Place::Nowhere;
        job.generation = job.generation.wrapping_add(1);
        self.free.push(slot);
    }

    #[inline]
    pub(super) fn reference(&self, slot: u32) -> JobRef {
        JobRef { slot, generation: self[slot].generation }
    }

    #[inline]
    pub(super) fn is_current(&self, job: JobRef) -> bool {
        self[job.slot].generation == job.generation
    }

    /// The client of a job gives up at `deadline`, which is not before the deadline of any other job.
    #[inline]
    pub(super) fn times_out(&mut self, slot: u32, deadline: u64) {
        if deadline == u64::MAX {
            return;
        }
        let before = std::mem::replace(&mut self.newest, slot);
        let job = &mut self[slot];
        (job.deadline, job.older, job.newer) = (deadline, before, NONE);
        match self.slots.get_mut(before as usize) {
            Some(before) => before.newer = slot,
            None => (self.oldest, self.next_timeout) = (slot, deadline),
        }
    }

    /// The client of a job does not wait any more.
    #[inline]
    pub(super) fn forget_timeout(&mut self, slot: u32) {
        let Job { deadline, older, newer, .. } = self[slot];
        if deadline == u64::MAX {
            return;
        }
        self[slot].deadline = u64::MAX;
        match self.slots.get_mut(newer as usize) {
            Some(newer) => newer.older = older,
            None => self.newest = older,
        }
        match self.slots.get_mut(older as usize) {
            Some(older) => older.newer = newer,
            None => {
                self.oldest = newer;
                self.next_timeout = self.slots.get(newer as usize).map_or(u64::MAX, |job| job.deadline);
            }
        }
    }

    /// Whether the client of a job still waits, or waits no more anyway, at `instant`.
    #[inline]
    pub(super) fn is_patient_until(&self, slot: u32, instant: u64) -> bool {
        instant <= self[slot].deadline
    }

    /// When the next client gives up; `u64::MAX` for never.
    #[inline]
    pub(super) fn next_timeout(&self) -> u64 {
        self.next_timeout
    }

    /// The job whose client gives up next, which is awaited no longer.
    pub(super) fn pop_timeout(&mut self) -> Option<u32> {
        let slot = self.oldest;
        if slot == NONE {
            return None;
        }
        self.forget_timeout(slot);
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn clients_give_up_in_the_order_in_which_they_sent(steps in proptest::collection::vec((0u64..5, 0usize..8), 0..200)) {
            let mut jobs = Jobs::new();
            let mut waiting: Vec<(u64, u32)> = Vec::new();
            let mut now = 0;
            for (gap, what) in steps {
                now += gap;
                if what < 4 {
                    let slot = jobs.add(Request::default(), 1);
                    jobs.times_out(slot, now);
                    waiting.push((now, slot));
                } else if what < 7 && !waiting.is_empty() {
                    let (_, slot) = waiting.remove(what % waiting.len());
                    jobs.free(slot);
                } else if !waiting.is_empty() {
                    let (_, slot) = waiting.remove(0);
                    proptest::prop_assert_eq!(jobs.pop_timeout(), Some(slot));
                    jobs.free(slot);
                }
                proptest::prop_assert_eq!(jobs.next_timeout(), waiting.first().map_or(u64::MAX, |first| first.0));
            }
        }
    }
}
