//! The tables of a scenario, shared by all runs that can: they depend on the service, the kind of station and the
//! limits, not on the seed or the policy, so a sweep builds them once.

use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use super::law::ServiceLaw;
use super::station::{Kind, Limits, Station};
use crate::plant::requests::ClassDemand;

/// Sets of tables that are kept: the sweep of a service axis drops the oldest.
const KEPT: usize = 64;

/// Everything that is tabulated for a service and its limits.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) law: ServiceLaw,
    limits: Limits,
    stations: Mutex<Kept<Kind, Station>>,
}

/// Values by key, each built once by whoever needs it first.
type Kept<K, V> = Vec<(K, Arc<OnceLock<Arc<V>>>)>;

static SHARED: LazyLock<Mutex<Kept<String, Tables>>> = LazyLock::new(|| Mutex::new(Vec::new()));

impl Tables {
    /// The tables of a service whose waits take `factor` times as long, from those that are kept or new.
    pub(super) fn of(classes: &[ClassDemand], factor: f64, limits: Limits) -> Arc<Tables> {
        let key = format!("{classes:?} {factor:?} {limits:?}");
        let cell = {
            let mut kept = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
            match kept.iter().find(|(other, _)| *other == key) {
                Some((_, cell)) => Arc::clone(cell),
                None => {
                    if kept.len() >= KEPT {
                        kept.remove(0);
                    }
                    let cell = Arc::default();
                    kept.push((key, Arc::clone(&cell)));
                    cell
                }
            }
        };
        // Built outside the lock: others go on with what is there.
        let build = || {
            let slower = |class: &ClassDemand| ClassDemand { wait: class.wait.scaled(factor), ..class.clone() };
            let classes: Vec<ClassDemand> = classes.iter().map(slower).collect();
            Arc::new(Tables { law: ServiceLaw::new(&classes), limits, stations: Mutex::default() })
        };
        Arc::clone(cell.get_or_init(build))
    }

    /// The table of a kind of station.
    pub(super) fn station(&self, kind: &Kind) -> Arc<Station> {
        let cell = {
            let mut stations = self.stations.lock().unwrap_or_else(PoisonError::into_inner);
            match stations.iter().find(|(other, _)| other == kind) {
                Some((_, cell)) => Arc::clone(cell),
                None => {
                    let cell = Arc::default();
                    stations.push((kind.clone(), Arc::clone(&cell)));
                    cell
                }
            }
        };
        Arc::clone(cell.get_or_init(|| Arc::new(Station::new(kind, &self.law, self.limits))))
    }
}
