//! What carries a decision out, slowly: launches, boot stages, health checks, registration, draining, removal, zones and
//! failures. Instances for the clouds, pods on nodes for the HPA.

pub mod boot;
pub mod instances;
pub mod nodes;
pub mod pods;
pub mod removal;
pub mod rules;
pub mod victims;
pub mod zone_shares;

use windtunnel_traces::{SimTime, Streams};

use crate::agenda::Agenda;
use crate::controllers::decision::{InstanceId, Notice};
use crate::outcome::ledger::Ledger;
use crate::outcome::recorder::Recorder;
use crate::plant::Plant;

/// Everything that a fleet acts on.
pub struct Site {
    /// This instant. The plant was advanced to it, unless who acts now does not look at the plant.
    pub now: SimTime,
    /// The plant.
    pub plant: Box<dyn Plant>,
    /// Where outcomes of requests go.
    pub recorder: Recorder,
    /// The books.
    pub ledger: Ledger,
    /// Events to come.
    pub agenda: Agenda,
    /// Random streams.
    pub streams: Streams,
    /// What the controller has to be told.
    pub notices: Vec<Notice>,
}

impl Site {
    /// An instance dies in the plant: what is inside fails.
    fn kill(&mut self, id: InstanceId) {
        self.plant.kill(id, self.now, &mut self.recorder);
    }

    /// Notes when an instance of the plant took in its first request, if it has.
    pub fn note_first_request(&mut self, id: InstanceId) {
        let first_request = self.plant.usage(id).first_request;
        if let Some(launch) = self.ledger.launches.get_mut(u64::from(id.0)) {
            launch.first_request = first_request;
        }
    }
}
