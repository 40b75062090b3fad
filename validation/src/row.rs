//! One row of the page: what was compared, with what, by which rule, and what came of it.

use serde::Serialize;
use windtunnel_sim::outcome::Summary;

/// The largest |z| that counts as agreement. A true agreement exceeds it once in 16,000 rows.
pub const STANDARD_ERRORS: f64 = 4.0;
/// The probability beyond four standard errors of a normal distribution: what other tests are held to.
pub const PROBABILITY: f64 = 6.33e-5;

/// Where a row belongs on the page.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// Stations, balancers, closed loops and transients against queueing theory.
    Queueing,
    /// Published definitions of metrics against published values.
    Definitions,
    /// Controllers against control theory.
    Control,
    /// Recorded experiments.
    Recorded,
    /// A real system on loopback.
    Live,
    /// Fluid against requests.
    Fluid,
}

impl Section {
    /// All of them, in the order of the page.
    pub const ALL: [Section; 6] =
        [Section::Queueing, Section::Definitions, Section::Control, Section::Recorded, Section::Live, Section::Fluid];

    /// As the page calls it.
    pub const fn title(self) -> &'static str {
        match self {
            Section::Queueing => "Queueing theory",
            Section::Definitions => "Metric definitions",
            Section::Control => "Control theory",
            Section::Recorded => "Recorded HPA experiments",
            Section::Live => "A live system on loopback",
            Section::Fluid => "Fluid against requests",
        }
    }
}

/// How a row is judged. Every rule, and every number in one, was written down before the first run.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The mean of independent replications is within four standard errors of the reference. `resolution` is what the
    /// measuring itself may be off, relative to the reference (the buckets of the latency histogram); `reference_error` is the
    /// reference's own standard error, where it was simulated by others.
    Standard {
        /// Relative error of the measurement.
        resolution: f64,
        /// Standard error of the reference.
        reference_error: f64,
    },
    /// Equal, but for rounding: within this share of the reference.
    Exact {
        /// The share.
        relative: f64,
    },
    /// Within this of the reference, a bound derived from the case and not from its result.
    Within {
        /// The bound, in the row's unit.
        bound: f64,
    },
    /// Within this share of the reference.
    WithinShare {
        /// The share.
        share: f64,
    },
    /// No larger than this.
    AtMost {
        /// The bound.
        bound: f64,
    },
    /// No smaller than this.
    AtLeast {
        /// The bound.
        bound: f64,
    },
    /// Shown without a verdict: nothing was promised.
    Shown,
}

impl Rule {
    /// Four standard errors of independent replications.
    pub const STANDARD: Rule = Rule::Standard { resolution: 0.0, reference_error: 0.0 };
    /// The same of a quantile, which is read off a histogram.
    pub const QUANTILE: Rule =
        Rule::Standard { resolution: windtunnel_sim::outcome::latency::RELATIVE_ERROR, reference_error: 0.0 };
    /// Equal but for the rounding of floating point.
    pub const EXACT: Rule = Rule::Exact { relative: 1e-9 };

    /// In words.
    pub fn text(&self) -> String {
        match self {
            Rule::Standard { resolution, reference_error } => {
                let own = if *reference_error > 0.0 { ", both errors" } else { "" };
                let buckets =
                    if *resolution > 0.0 { format!(" + {:.1} % buckets", 100.0 * resolution) } else { String::new() };
                format!("\\|z\\| ≤ 4{buckets}{own}")
            }
            Rule::Exact { .. } => "exact".into(),
            Rule::Within { bound } => format!("± {}", short(*bound)),
            Rule::WithinShare { share } => format!("± {} %", short(100.0 * share)),
            Rule::AtMost { bound } => format!("≤ {}", short(*bound)),
            Rule::AtLeast { bound } => format!("≥ {}", short(*bound)),
            Rule::Shown => "shown".into(),
        }
    }
}

/// A number with as many digits as a reader needs.
pub fn short(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    if value.fract() == 0.0 && size < 1e7 {
        return format!("{value:.0}");
    }
    if !(1e-4..1e7).contains(&size) {
        return format!("{value:.3e}");
    }
    let decimals = (4 - libm::floor(libm::log10(size)) as i32).clamp(0, 8) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}

/// What came of a comparison.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The rule holds.
    Agrees,
    /// It does not.
    Fails,
    /// There was nothing to compare with: the data are not here, or the program is not.
    NotRun,
    /// Shown without a verdict.
    Shown,
}

impl Verdict {
    /// As the page says it.
    pub const fn word(self) -> &'static str {
        match self {
            Verdict::Agrees => "agrees",
            Verdict::Fails => "**FAILS**",
            Verdict::NotRun => "not run",
            Verdict::Shown => "shown",
        }
    }
}

/// A fluid run's value for the same case. It carries no verdict: its error is the point.
#[derive(Copy, Clone, Debug, PartialEq, Serialize)]
pub struct FluidValue {
    /// What fluid says.
    pub value: f64,
    /// Relative to the reference.
    pub error: f64,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Where it belongs.
    pub section: Section,
    /// The family within the section, such as `M/M/8`.
    pub group: String,
    /// The case, such as `utilization 0.8`.
    pub case: String,
    /// What was compared.
    pub compared: String,
    /// The exact or recorded value.
    pub reference: Option<f64>,
    /// The simulated value with its 95 % interval.
    pub simulated: Option<Summary>,
    /// How far apart: z for replications, the relative difference for the rest.
    pub deviation: Option<f64>,
    /// Fluid's value for the same.
    pub fluid: Option<FluidValue>,
    /// By which rule it is judged.
    pub rule: Rule,
    /// What came of it.
    pub verdict: Verdict,
    /// What a reader should know.
    pub note: String,
}

/// A comparison that has not been judged yet.
#[derive(Clone, Debug)]
pub struct Comparison {
    row: Row,
}

impl Row {
    /// Begins a comparison.
    pub fn compare(
        section: Section,
        group: impl Into<String>,
        case: impl Into<String>,
        compared: impl Into<String>,
    ) -> Comparison {
        Comparison {
            row: Row {
                section,
                group: group.into(),
                case: case.into(),
                compared: compared.into(),
                reference: None,
                simulated: None,
                deviation: None,
                fluid: None,
                rule: Rule::Shown,
                verdict: Verdict::NotRun,
                note: String::new(),
            },
        }
    }

    /// Whether the rule was broken.
    pub fn fails(&self) -> bool {
        self.verdict == Verdict::Fails
    }
}

impl Comparison {
    /// The exact or recorded value.
    pub fn reference(mut self, value: f64) -> Self {
        self.row.reference = Some(value);
        self
    }

    /// What a reader should know.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.row.note = note.into();
        self
    }

    /// What fluid says, where it says anything.
    pub fn fluid(mut self, value: Option<f64>) -> Self {
        let reference = self.row.reference.unwrap_or(f64::NAN);
        self.row.fluid = value.map(|value| FluidValue { value, error: value / reference - 1.0 });
        self
    }

    /// Nothing could be compared.
    pub fn not_run(mut self, rule: Rule, why: impl Into<String>) -> Row {
        self.row.rule = rule;
        self.row.note = why.into();
        self.row
    }

    /// Judges one value.
    pub fn value(self, rule: Rule, value: f64) -> Row {
        self.judge(rule, &[value])
    }

    /// Judges the values of independent replications.
    pub fn judge(mut self, rule: Rule, samples: &[f64]) -> Row {
        let n = samples.len() as f64;
        let summary = Summary::of(samples);
        let reference = self.row.reference.unwrap_or(f64::NAN);
        let difference = summary.mean - reference;
        let variance = samples.iter().map(|x| (x - summary.mean) * (x - summary.mean)).sum::<f64>() / (n - 1.0);
        let holds = match rule {
            Rule::Standard { resolution, reference_error } => {
                let error = libm::sqrt(variance / n + reference_error * reference_error);
                // What the buckets may be off is no evidence against it.
                let beyond = (difference.abs() - resolution * reference.abs()).max(0.0);
                let z = if beyond == 0.0 { 0.0 } else { beyond / error };
                self.row.deviation = Some(z.copysign(difference));
                !difference.is_nan() && z <= STANDARD_ERRORS
            }
            Rule::Exact { relative } => difference.abs() <= relative * reference.abs().max(1e-12),
            Rule::Within { bound } => difference.abs() <= bound,
            Rule::WithinShare { share } => difference.abs() <= share * reference.abs(),
            Rule::AtMost { bound } => summary.mean <= bound,
            Rule::AtLeast { bound } => summary.mean >= bound,
            Rule::Shown => true,
        };
        if self.row.deviation.is_none() && self.row.reference.is_some_and(|reference| reference != 0.0) {
            self.row.deviation = Some(difference / reference);
        }
        self.row.verdict = match (&rule, holds) {
            (Rule::Shown, _) => Verdict::Shown,
            (_, true) => Verdict::Agrees,
            (_, false) => Verdict::Fails,
        };
        self.row.simulated = Some(summary);
        self.row.rule = rule;
        self.row
    }
}

/// A recorded count over time, and the simulated ones: for a chart.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The recording, such as `v01 k3s_04`.
    pub name: String,
    /// Seconds that are compared.
    pub seconds: f64,
    /// What was recorded.
    pub recorded: windtunnel_sim::outcome::StepSeries,
    /// What was simulated, seed by seed.
    pub simulated: Vec<windtunnel_sim::outcome::StepSeries>,
    /// The outcome whose error is in the middle, and which of the simulated it is.
    pub typical: Box<windtunnel_sim::outcome::Outcome>,
    /// The place of the typical one.
    pub typical_at: usize,
}

/// All rows of a programme.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The rows, in the order of the page.
    pub rows: Vec<Row>,
    /// Curves to draw.
    pub replays: Vec<Replay>,
}

impl Report {
    /// How many rows have a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(rule: Rule, samples: &[f64]) -> Row {
        Row::compare(Section::Queueing, "", "", "").reference(10.0).judge(rule, samples)
    }

    #[test]
    fn replications_are_judged_by_their_standard_error() {
        // Mean 10.2, standard deviation 0.1633, standard error 0.0816: z = 2.45.
        let near = row(Rule::STANDARD, &[10.0, 10.2, 10.2, 10.4]);
        assert!((near.deviation.unwrap() - 2.449_49).abs() < 1e-4);
        assert_eq!(near.verdict, Verdict::Agrees);
        assert_eq!(row(Rule::STANDARD, &[10.5, 10.51, 10.49, 10.5]).verdict, Verdict::Fails);
        // 5 % of the reference is what the buckets may hide.
        let coarse = Rule::Standard { resolution: 0.05, reference_error: 0.0 };
        assert_eq!(row(coarse, &[10.5, 10.51, 10.49, 10.5]).verdict, Verdict::Agrees);
    }

    #[test]
    fn nothing_that_is_not_a_number_agrees() {
        for rule in [Rule::STANDARD, Rule::EXACT, Rule::Within { bound: 1.0 }, Rule::AtMost { bound: 1.0 }] {
            assert_eq!(row(rule, &[f64::NAN, f64::NAN]).verdict, Verdict::Fails);
        }
        assert_eq!(Row::compare(Section::Queueing, "", "", "").value(Rule::EXACT, 1.0).verdict, Verdict::Fails);
    }

    #[test]
    fn numbers_keep_five_digits() {
        assert_eq!(
            [short(1.0), short(0.126_571), short(54_000.0), short(12.345_678)],
            ["1", "0.12657", "54000", "12.346"]
        );
    }
}
