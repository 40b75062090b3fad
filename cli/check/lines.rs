//! Findings as lines, the way linters print them: `file:line:column: severity[code]: message`.

use std::fmt::Write as _;

use windtunnel_sim::scenario::document::Severity;
use windtunnel_sim::scenario::hazards::proof::Answer;

use super::{Checked, Shown};

pub(super) fn of(checked: &[Checked]) -> String {
    let mut text = String::new();
    for input in checked {
        for shown in &input.findings {
            finding(&mut text, shown);
        }
        let _ = writeln!(
            text,
            "{}: {}, {}",
            input.name,
            if input.can_be_run { "can be run" } else { "cannot be run" },
            counts(input)
        );
    }
    text
}

fn finding(text: &mut String, shown: &Shown) {
    let finding = &shown.finding;
    let place = match &finding.location {
        Some(location) => format!("{location}: "),
        None => String::new(),
    };
    let _ = writeln!(text, "{place}{}[{}]: {}", finding.severity.as_str(), finding.code, finding.message);
    if !finding.fix.is_empty() {
        let _ = writeln!(text, "    fix: {}", finding.fix);
    }
    match &shown.proof {
        Some(Answer::Simulated(proof)) => {
            let verdict = if proof.shows() { "" } else { "; under this traffic it does not show" };
            let _ = writeln!(
                text,
                "    proof: {} is {} with it, {} with {}{verdict}\n           ({})",
                proof.metric,
                number(proof.with),
                number(proof.cured),
                proof.cure,
                proof.setting
            );
        }
        Some(Answer::NotSimulated(reason)) => {
            let _ = writeln!(text, "    no proof: {reason}");
        }
        None => {}
    }
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.4}") }
}

fn counts(input: &Checked) -> String {
    let of = |severity: Severity, word: &str| match input
        .findings
        .iter()
        .filter(|shown| shown.finding.severity == severity)
        .count()
    {
        0 => None,
        1 => Some(format!("1 {word}")),
        count => Some(format!("{count} {word}s")),
    };
    let parts: Vec<String> =
        [of(Severity::Error, "error"), of(Severity::Warning, "warning"), of(Severity::Note, "note")]
            .into_iter()
            .flatten()
            .collect();
    if parts.is_empty() { "nothing to say".to_string() } else { parts.join(", ") }
}
