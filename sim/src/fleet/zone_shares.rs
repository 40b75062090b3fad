//! Shares of traffic where the balancer keeps to zones: each zone's node of the balancer gets an equal part of the requests
//! and keeps them in its zone. Source: Elastic Load Balancing user guide, "Cross-zone load balancing".

use std::collections::BTreeMap;

use super::Site;
use crate::controllers::decision::InstanceId;

/// Every zone gets the same; those in it divide that. `members` are those that receive traffic, each with its zone and
/// its share of a full one's.
pub fn attach(site: &mut Site, members: &[(InstanceId, u32, f64)]) {
    let mut in_zone: BTreeMap<u32, f64> = BTreeMap::new();
    for (_, zone, _) in members {
        *in_zone.entry(*zone).or_default() += 1.0;
    }
    for (id, zone, share) in members {
        site.plant.attach(*id, share / in_zone[zone], site.now);
    }
}
