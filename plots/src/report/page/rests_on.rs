//! What the answer rests on: hazards, assumptions with their sources, scenarios in full, provenance.

use super::super::escape::{html, lines, short};
use super::{Body, LONGEST_NAME};
use crate::number;

impl Body<'_> {
    pub(super) fn hazards(&mut self) {
        if self.report.runs.is_empty() {
            return;
        }
        self.push("<section id=\"hazards\">\n<h2>Hazards</h2>\n<p class=\"hint\">What <code>windtunnel check</code> says about the policies, and what the runs warn of.</p>\n");
        for run in &self.report.runs {
            self.push(&format!("<h3>{}</h3>\n", html(&short(&run.name, LONGEST_NAME))));
            let warnings = run
                .outcome
                .warnings
                .iter()
                .filter(|warning| !run.hazards.iter().any(|hazard| hazard.message == warning.message));
            let mut items: Vec<String> = run
                .hazards
                .iter()
                .map(|hazard| {
                    let fix = if hazard.fix.is_empty() {
                        String::new()
                    } else {
                        format!("<br><span class=\"fix\">{}</span>", html(&hazard.fix))
                    };
                    let path = if hazard.path.is_empty() {
                        String::new()
                    } else {
                        format!(" <code>{}</code>", html(&hazard.path))
                    };
                    format!(
                        "<li class=\"{}\"><strong>{} {}</strong>{path}: {}{fix}</li>",
                        html(&hazard.severity),
                        html(&hazard.severity),
                        html(&hazard.code),
                        html(&hazard.message)
                    )
                })
                .collect();
            items.extend(warnings.map(|warning| {
                let hint = warning
                    .hint
                    .as_ref()
                    .map(|hint| format!("<br><span class=\"fix\">{}</span>", html(hint)))
                    .unwrap_or_default();
                format!("<li class=\"warning\"><strong>run</strong>: {}{hint}</li>", html(&warning.message))
            }));
            if items.is_empty() {
                self.push("<p>None were found.</p>\n");
            } else {
                self.push(&format!("<ul class=\"hazards\">{}</ul>\n", items.concat()));
            }
        }
        self.push("</section>\n");
    }

    pub(super) fn assumptions(&mut self) {
        if self.report.runs.is_empty() {
            return;
        }
        self.push("<section id=\"assumptions\">\n<h2>Assumptions</h2>\n<p class=\"hint\">Choices that no vendor documents: each is a key of the scenario, with what its value rests on.</p>\n");
        for run in &self.report.runs {
            let changed = run.assumptions.iter().filter(|one| !one.is_default).count();
            self.push(&format!(
                "<details><summary>{}: {} assumptions, {changed} changed from their default</summary>\n",
                html(&short(&run.name, LONGEST_NAME)),
                run.assumptions.len()
            ));
            if !run.assumptions.is_empty() {
                self.push("<div class=\"scroll\"><table><thead><tr><th>Key</th><th>Value</th><th>What is not documented</th><th>Rests on</th></tr></thead><tbody>");
            }
            for one in &run.assumptions {
                let mark = if one.is_default { "" } else { " <strong>changed</strong>" };
                self.push(&format!(
                    "<tr><td><code>{}</code></td><td><code>{}</code>{mark}</td><td>{}</td><td>{}</td></tr>",
                    html(&one.key),
                    html(&one.value),
                    html(&one.question),
                    linked(&one.source)
                ));
            }
            if !run.assumptions.is_empty() {
                self.push("</tbody></table></div>");
            }
            self.push("</details>\n");
        }
        self.push("</section>\n");
    }

    pub(super) fn scenarios(&mut self) {
        if self.report.runs.is_empty() {
            return;
        }
        self.push("<section id=\"scenario\">\n<h2>Scenario</h2>\n<p class=\"hint\">Every key with its value, as <code>windtunnel show</code> prints it; what nobody wrote is marked as a default.</p>\n");
        for run in &self.report.runs {
            self.push(&format!(
                "<details><summary>{}</summary>\n<pre tabindex=\"0\">{}</pre></details>\n",
                html(&short(&run.name, LONGEST_NAME)),
                lines(&run.scenario)
            ));
        }
        self.push("</section>\n");
    }

    pub(super) fn provenance(&mut self) {
        let version = html(&self.report.version);
        self.push(&format!("<section id=\"provenance\">\n<h2>Provenance</h2>\n<p>Written by windtunnel {version}. The same scenarios and seeds give the same results on any machine.</p>\n"));
        for run in &self.report.runs {
            let outcome = &run.outcome;
            let seeds = match run.seeds[..] {
                [] => outcome.seed.to_string(),
                [only] => only.to_string(),
                [first, .., last] => format!("{first} to {last} ({}); timelines show {first}", run.seeds.len()),
            };
            let facts = [
                ("policy", outcome.provider.title().to_owned()),
                ("traffic", outcome.traffic.clone()),
                ("length", number::seconds(outcome.horizon.as_secs_f64())),
                ("fidelity", format!("{:?}", outcome.fidelity).to_lowercase()),
                ("seed", seeds),
                ("digest of scenario and trace", outcome.digest.clone()),
                ("to reproduce", run.command.clone()),
            ];
            let facts: Vec<(String, String)> =
                facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            self.facts(&run.name, &facts);
        }
        for sweep in &self.report.sweeps {
            self.facts(&sweep.name, &sweep.facts);
        }
        self.push("<p class=\"hint\">Interactive charts by uPlot (MIT licence); typeface Inter (SIL Open Font License).</p>\n</section>\n");
    }

    fn facts(&mut self, name: &str, facts: &[(String, String)]) {
        self.push(&format!("<h3>{}</h3>\n<dl>", html(&short(name, LONGEST_NAME))));
        for (name, value) in facts {
            self.push(&format!("<dt>{}</dt><dd>{}</dd>", html(name), html(value)));
        }
        self.push("</dl>\n");
    }
}

/// Addresses in a text as links; the page loads nothing from them.
fn linked(text: &str) -> String {
    let word = |word: &str| match word.strip_prefix("https://") {
        Some(rest)
            if !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || "-._~/?#=&%+:".contains(c)) =>
        {
            format!("<a href=\"https://{0}\" rel=\"noopener noreferrer\">{0}</a>", html(rest))
        }
        _ => html(word),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
