//! Keys of the APIs that ask for what is not simulated. They are refused by name, so that nobody takes silence for
//! obedience; `docs/fidelity.md` lists what else is not modelled.

use serde::de::{Error, IntoDeserializer};
use serde::{Deserialize, Deserializer};

use super::words::RemovalPolicy;

/// `MaxInstanceLifetime` of AWS and ESS.
pub(crate) fn instance_lifetime<'de, D: Deserializer<'de>>(_: D) -> Result<(), D::Error> {
    Err(D::Error::custom("replacing instances by their age (MaxInstanceLifetime) is not simulated; leave this key out"))
}

/// Removal policies but for `CustomPolicy` of ESS and the Lambda function of AWS: what a function decides is not known.
pub(crate) fn removal_policies<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<RemovalPolicy>, D::Error> {
    let words = Vec::<String>::deserialize(deserializer)?;
    let policy = |word: &String| {
        if word == "CustomPolicy" || word == "custom-policy" || word.starts_with("arn:") {
            return Err(D::Error::custom(format!(
                "`{word}` leaves the choice to a function of one's own, which is not simulated; name policies of the provider"
            )));
        }
        RemovalPolicy::deserialize(word.as_str().into_deserializer())
    };
    words.iter().map(policy).collect()
}

/// `MixedInstancesPolicy` of AWS; overrides, weights and spot shares of ESS.
pub(crate) fn several_types<'de, D: Deserializer<'de>>(_: D) -> Result<(), D::Error> {
    Err(D::Error::custom(
        "a group of several instance types, with weights or spot instances, is not simulated: all instances are those of \
         [instance]; leave this key out",
    ))
}
