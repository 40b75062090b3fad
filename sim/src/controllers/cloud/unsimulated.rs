//! Keys of the APIs that ask for what is not simulated. They are refused by name, so that nobody takes silence for
//! obedience; `docs/fidelity.md` lists what else is not modelled.

use serde::Deserializer;
use serde::de::Error;

/// `MaxInstanceLifetime` of AWS and ESS.
pub(crate) fn instance_lifetime<'de, D: Deserializer<'de>>(_: D) -> Result<(), D::Error> {
    Err(D::Error::custom("replacing instances by their age (MaxInstanceLifetime) is not simulated; leave this key out"))
}

/// `MixedInstancesPolicy` of AWS; overrides, weights and spot shares of ESS.
pub(crate) fn several_types<'de, D: Deserializer<'de>>(_: D) -> Result<(), D::Error> {
    Err(D::Error::custom(
        "a group of several instance types, with weights or spot instances, is not simulated: all instances are those of \
         [instance]; leave this key out",
    ))
}
