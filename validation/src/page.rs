//! The page: every row in a table, with the rules above it, as Markdown.

use std::fmt::Write;

use crate::row::{Report, Row, Rule, Section, Verdict, short};

const HEAD: &str = include_str!("page/head.md");

/// What is said above a section's table.
const fn introduction(section: Section) -> &'static str {
    match section {
        Section::Queueing => include_str!("page/queueing.md"),
        Section::Definitions => include_str!("page/definitions.md"),
        Section::Control => include_str!("page/control.md"),
        Section::Recorded => include_str!("page/recorded.md"),
        Section::Live => include_str!("page/live.md"),
        Section::Fluid => include_str!("page/fluid.md"),
    }
}

/// Where the page finds a picture.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The section it belongs to.
    pub section: Section,
    /// What it shows.
    pub title: String,
    /// Its file, relative to the page.
    pub file: String,
}

/// The page of a report. `provenance` says which program made it and how.
pub fn markdown(report: &Report, pictures: &[Picture], provenance: &str) -> String {
    let mut text = String::from(HEAD);
    let _ = writeln!(text, "\n{provenance}\n");
    text.push_str(&summary(report));
    for section in Section::ALL {
        let rows: Vec<&Row> = report.rows.iter().filter(|row| row.section == section).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = write!(text, "\n## {}\n\n{}\n", section.title(), introduction(section).trim_end());
        for picture in pictures.iter().filter(|picture| picture.section == section) {
            let _ = write!(text, "\n![{}]({})\n", picture.title, picture.file);
        }
        text.push_str(&table(&rows));
    }
    text
}

/// How many rows of each section agree, and all that do not.
pub fn summary(report: &Report) -> String {
    let mut text =
        String::from("| part | rows | agree | fail | shown | not run |\n| --- | --: | --: | --: | --: | --: |\n");
    for section in Section::ALL {
        let count = |verdict| report.rows.iter().filter(|row| row.section == section && row.verdict == verdict).count();
        let verdicts = [Verdict::Agrees, Verdict::Fails, Verdict::Shown, Verdict::NotRun].map(count);
        let all: usize = verdicts.iter().sum();
        if all > 0 {
            let [agree, fail, shown, not_run] = verdicts;
            let _ = writeln!(text, "| {} | {all} | {agree} | {fail} | {shown} | {not_run} |", section.title());
        }
    }
    text
}

fn table(rows: &[&Row]) -> String {
    let has_fluid = rows.iter().any(|row| row.fluid.is_some());
    let (fluid_head, fluid_rule) = if has_fluid { (" fluid (error) |", " --: |") } else { ("", "") };
    let mut text = format!(
        "\n| case | compared | reference | simulated, 95 % interval | off by | rule |{fluid_head} verdict |\n\
         | --- | --- | --: | --: | --: | --- |{fluid_rule} --- |\n"
    );
    let mut notes: Vec<&str> = Vec::new();
    for row in rows {
        let mut verdict = row.verdict.word().to_string();
        if !row.note.is_empty() {
            let place = notes.iter().position(|note| *note == row.note).unwrap_or_else(|| {
                notes.push(&row.note);
                notes.len() - 1
            });
            let _ = write!(verdict, " ({})", place + 1);
        }
        let fluid = if has_fluid { format!(" {} |", fluid(row)) } else { String::new() };
        let case = if row.case.is_empty() { row.group.clone() } else { format!("{}: {}", row.group, row.case) };
        let _ = writeln!(
            text,
            "| {case} | {} | {} | {} | {} | {} |{fluid} {verdict} |",
            row.compared,
            row.reference.map_or_else(|| "–".into(), short),
            simulated(row),
            deviation(row),
            row.rule.text(),
        );
    }
    if !notes.is_empty() {
        text.push('\n');
    }
    for (index, note) in notes.iter().enumerate() {
        let _ = writeln!(text, "({}) {note}.  ", index + 1);
    }
    text
}

fn simulated(row: &Row) -> String {
    match row.simulated {
        None => "–".into(),
        Some(summary) if summary.low == summary.high => short(summary.mean),
        Some(summary) => format!("{} ({} to {})", short(summary.mean), short(summary.low), short(summary.high)),
    }
}

fn deviation(row: &Row) -> String {
    match (row.deviation, &row.rule) {
        (None, _) => "–".into(),
        (Some(z), Rule::Standard { .. }) => format!("z = {z:+.2}"),
        (Some(0.0), _) => "0".into(),
        (Some(share), _) => format!("{:+.2} %", 100.0 * share),
    }
}

fn fluid(row: &Row) -> String {
    row.fluid.map_or_else(|| "–".into(), |fluid| format!("{} ({:+.1} %)", short(fluid.value), 100.0 * fluid.error))
}

/// What failed, one line each: for a terminal.
pub fn failures(report: &Report) -> String {
    let mut text = String::new();
    for row in report.rows.iter().filter(|row| row.fails()) {
        let _ = writeln!(
            text,
            "FAILS  {}: {}, {}: {} against {} ({}, rule {})",
            row.group,
            row.case,
            row.compared,
            simulated(row),
            row.reference.map_or_else(|| "–".into(), short),
            deviation(row),
            row.rule.text().replace('\\', "")
        );
    }
    text
}
