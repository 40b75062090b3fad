//! Words that the three vendors share, each with every vendor's spelling: comparisons, statistics, adjustments, removal
//! policies. The first spelling is ours and the one that is written back.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::adjustment::Rounding;
use super::alarm::Repeat;
use crate::controllers::decision::Statistic;

/// How a statistic is held against its threshold. The statistic is the left operand.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `=` (Tencent only)
    Equal,
    /// `!=` (Tencent only)
    NotEqual,
}

const COMPARISONS: [(&str, Comparison); 24] = [
    (">", Comparison::Greater),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    ("<=", Comparison::LessOrEqual),
    ("=", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("==", Comparison::Equal),
    ("GreaterThanThreshold", Comparison::Greater),
    ("GreaterThanOrEqualToThreshold", Comparison::GreaterOrEqual),
    ("LessThanThreshold", Comparison::Less),
    ("LessThanOrEqualToThreshold", Comparison::LessOrEqual),
    ("EqualToThreshold", Comparison::Equal),
    ("NotEqualToThreshold", Comparison::NotEqual),
    ("GREATER_THAN", Comparison::Greater),
    ("GREATER_THAN_OR_EQUAL_TO", Comparison::GreaterOrEqual),
    ("LESS_THAN", Comparison::Less),
    ("LESS_THAN_OR_EQUAL_TO", Comparison::LessOrEqual),
    ("EQUAL_TO", Comparison::Equal),
    ("NOT_EQUAL_TO", Comparison::NotEqual),
    ("gt", Comparison::Greater),
    ("gte", Comparison::GreaterOrEqual),
    ("lt", Comparison::Less),
    ("lte", Comparison::LessOrEqual),
    ("<>", Comparison::NotEqual),
];

impl Comparison {
    /// The sign, as it is written.
    pub fn sign(self) -> &'static str {
        COMPARISONS.iter().find(|(_, c)| *c == self).map_or("?", |(sign, _)| sign)
    }

    /// True when `value` breaches `threshold`.
    pub fn breached(self, value: f64, threshold: f64) -> bool {
        match self {
            Comparison::Greater => value > threshold,
            Comparison::GreaterOrEqual => value >= threshold,
            Comparison::Less => value < threshold,
            Comparison::LessOrEqual => value <= threshold,
            Comparison::Equal => value == threshold,
            Comparison::NotEqual => value != threshold,
        }
    }

    /// True for the comparisons that look upward, `>` and `>=`.
    pub fn is_upward(self) -> bool {
        matches!(self, Comparison::Greater | Comparison::GreaterOrEqual)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sign())
    }
}

impl Serialize for Comparison {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.sign())
    }
}

impl<'de> Deserialize<'de> for Comparison {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        COMPARISONS
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, c)| *c)
            .ok_or_else(|| D::Error::custom(not_a_comparison(&text)))
    }
}

fn not_a_comparison(text: &str) -> String {
    // CloudMonitor's GreaterThanYesterday and the like; CloudWatch's anomaly bands.
    let with_the_past = ["Yesterday", "LastWeek", "LastPeriod"].iter().any(|past| text.ends_with(past));
    let with_a_band =
        ["LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold"];
    let expected = "expected >, >=, <, <=, = or !=";
    if with_the_past {
        format!("`{text}` compares with the past, which is not simulated; {expected}")
    } else if with_a_band.contains(&text) {
        format!("`{text}` compares with an anomaly band, which is not simulated; {expected}")
    } else {
        format!("`{text}` is not a comparison; {expected}")
    }
}

impl schemars::JsonSchema for Comparison {
    fn schema_name() -> Cow<'static, str> {
        "Comparison".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let words: Vec<&str> = COMPARISONS.iter().map(|(word, _)| *word).collect();
        schemars::json_schema!({
            "type": "string", "enum": words,
            "description": "How the statistic is held against the threshold; the vendors' words are taken too."
        })
    }
}

/// A statistic as it is written: `average`, `minimum`, `maximum`, `sum`, `sample-count`, or a percentile as `p99`.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct StatisticWord(pub Statistic);

const STATISTICS: [(&str, Statistic); 16] = [
    ("average", Statistic::Average),
    ("minimum", Statistic::Minimum),
    ("maximum", Statistic::Maximum),
    ("sum", Statistic::Sum),
    ("sample-count", Statistic::SampleCount),
    ("Average", Statistic::Average),
    ("Minimum", Statistic::Minimum),
    ("Maximum", Statistic::Maximum),
    ("Sum", Statistic::Sum),
    ("SampleCount", Statistic::SampleCount),
    ("AVERAGE", Statistic::Average),
    ("MINIMUM", Statistic::Minimum),
    ("MAXIMUM", Statistic::Maximum),
    ("avg", Statistic::Average),
    ("min", Statistic::Minimum),
    ("max", Statistic::Maximum),
];

impl Default for StatisticWord {
    fn default() -> Self {
        StatisticWord(Statistic::Average)
    }
}

impl fmt::Display for StatisticWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Statistic::Percentile(p) => write!(f, "p{p}"),
            known => f.write_str(STATISTICS.iter().find(|(_, s)| *s == known).map_or("?", |(word, _)| word)),
        }
    }
}

impl Serialize for StatisticWord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StatisticWord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        if let Some((_, statistic)) = STATISTICS.iter().find(|(word, _)| *word == text) {
            return Ok(StatisticWord(*statistic));
        }
        let percentile = text.strip_prefix('p').and_then(|number| number.parse::<f64>().ok());
        match percentile {
            Some(p) if (0.0..=100.0).contains(&p) => Ok(StatisticWord(Statistic::Percentile(p))),
            _ => Err(D::Error::custom(format!(
                "`{text}` is not a statistic; expected average, minimum, maximum, sum, sample-count or a percentile \
                 such as p99"
            ))),
        }
    }
}

impl schemars::JsonSchema for StatisticWord {
    fn schema_name() -> Cow<'static, str> {
        "Statistic".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string", "examples": ["average", "maximum", "p99"],
            "description": "average, minimum, maximum, sum, sample-count, or a percentile such as p99."
        })
    }
}

/// What a rule does to the capacity: exactly one of `change`, `percent` and `exact`.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Adjust {
    /// Adds (or, below zero, removes) so many instances.
    #[serde(alias = "ChangeInCapacity", alias = "QuantityChangeInCapacity", alias = "CHANGE_IN_CAPACITY")]
    Change(i32),
    /// Adds (or removes) so many percent of the capacity.
    #[serde(alias = "PercentChangeInCapacity", alias = "PERCENT_CHANGE_IN_CAPACITY")]
    Percent(f64),
    /// Sets the capacity.
    #[serde(alias = "ExactCapacity", alias = "TotalCapacity", alias = "EXACT_CAPACITY")]
    Exact(u32),
}

impl fmt::Display for Adjust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Adjust::Change(n) => write!(f, "{n:+}"),
            Adjust::Percent(p) => write!(f, "{p:+}%"),
            Adjust::Exact(n) => write!(f, "={n}"),
        }
    }
}

/// One step of a step rule: what to do while the metric lies between two offsets from the alarm's threshold.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Lower bound, as an offset from the threshold; none for no bound.
    #[serde(default, alias = "MetricIntervalLowerBound", skip_serializing_if = "Option::is_none")]
    pub lower: Option<f64>,
    /// Upper bound, as an offset from the threshold; none for no bound.
    #[serde(default, alias = "MetricIntervalUpperBound", skip_serializing_if = "Option::is_none")]
    pub upper: Option<f64>,
    /// What to do.
    pub adjust: Adjust,
}

/// Which instance leaves first.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RemovalPolicy {
    /// The one that joined first.
    #[serde(alias = "OldestInstance", alias = "OLDEST_INSTANCE")]
    OldestInstance,
    /// The one that joined last.
    #[serde(alias = "NewestInstance", alias = "NEWEST_INSTANCE")]
    NewestInstance,
    /// One with the oldest scaling or launch configuration.
    #[serde(alias = "OldestScalingConfiguration", alias = "OldestLaunchConfiguration", alias = "OldestLaunchTemplate")]
    OldestConfiguration,
    /// The one whose next paid hour begins soonest (AWS).
    #[serde(alias = "ClosestToNextInstanceHour")]
    ClosestToNextInstanceHour,
    /// Keeps to the allocation strategy of a group with several instance types (AWS); with one type it decides nothing.
    #[serde(alias = "AllocationStrategy")]
    AllocationStrategy,
    /// The provider's default algorithm.
    #[serde(alias = "Default")]
    Default,
}

/// One name or a list of names: `action = "a"` or `action = ["a", "b"]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Names {
    /// One.
    One(String),
    /// Several, in order.
    Many(Vec<String>),
}

impl Default for Names {
    fn default() -> Self {
        Names::Many(Vec::new())
    }
}

impl Names {
    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The names in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Names::One(name) => std::slice::from_ref(name),
            Names::Many(names) => names.as_slice(),
        }
        .iter()
        .map(String::as_str)
    }
}

/// How often an alarm that stays in ALARM acts.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AlarmRepeat {
    /// At every period.
    Level,
    /// Once.
    Edge,
    /// After counting its periods anew.
    Reset,
}

/// How a percentage of the capacity is rounded.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PercentRounding {
    /// To the nearest, half away from zero; may become zero.
    Nearest,
    /// To the nearest, at least one.
    NearestAtLeastOne,
    /// Cut off, at least one.
    TowardZeroAtLeastOne,
}

impl From<AlarmRepeat> for Repeat {
    fn from(repeat: AlarmRepeat) -> Self {
        match repeat {
            AlarmRepeat::Level => Repeat::Level,
            AlarmRepeat::Edge => Repeat::Edge,
            AlarmRepeat::Reset => Repeat::Reset,
        }
    }
}

impl From<PercentRounding> for Rounding {
    fn from(rounding: PercentRounding) -> Self {
        match rounding {
            PercentRounding::Nearest => Rounding::Nearest,
            PercentRounding::NearestAtLeastOne => Rounding::NearestAtLeastOne,
            PercentRounding::TowardZeroAtLeastOne => Rounding::TowardZeroAtLeastOne,
        }
    }
}
