//! Generated documents. `WINDTUNNEL_BLESS=1 cargo test -p windtunnel-sim --test clouds documents` writes them anew.

use std::fmt::Write as _;
use std::path::Path;

use windtunnel_sim::controllers::cloud::ASSUMPTIONS;

fn assumptions() -> String {
    let mut text = String::from(
        "# Assumptions about the clouds\n\n\
         What no vendor documents is a named key with a default. Each can be set in the scenario, under the provider's \
         `assumptions`\ntable. This page is generated from the table in `sim/src/controllers/cloud/assumptions.rs`.\n",
    );
    for (title, prefix) in [
        ("Alibaba Cloud ESS and CloudMonitor", "ess."),
        ("AWS EC2 Auto Scaling and CloudWatch", "aws."),
        ("Tencent Cloud AS", "tencent."),
    ] {
        let _ = write!(text, "\n## {title}\n\n| key | default | question | rests on |\n| --- | --- | --- | --- |\n");
        for a in ASSUMPTIONS.iter().filter(|a| a.key.starts_with(prefix)) {
            let _ = writeln!(text, "| `{}` | `{}` | {} | {} |", a.key, a.default, a.question, a.source);
        }
    }
    text += "\n## Outside of the providers' tables\n\nThese questions have their answers in keys that all providers share.\n\n\
             | key | default | question | rests on |\n| --- | --- | --- | --- |\n\
             | `balancer.attach`, `balancer.drain` | `\"0s\"` | How long do a balancer's attaching and detaching take? | DOC-ESS of 2018: \
             60 s each for a CLB, none for ALB and NLB |\n\
             | `sensors.report_delay` | `\"60s\"` | For how long after its creation does a new instance report no metrics? | DOC-ESS: \
             \"several minutes\" while it starts |\n\
             | `fleet.health_check` | `\"60s\"` | How often does the provider check its instances? | undocumented |\n\
             | `fleet.created_after` | the first boot stage | When is an instance created, so that it is attached? | DOC-ESS FAQ: not \
             after what runs inside |\n\
             | `instance.price.billed_per`, `minimum` | `\"1s\"`, `\"60s\"` | How is time billed? From launch to release. | EC2 and ECS \
             price pages; by type on ECS |\n";
    text + "\nA backtest of alarms reads `alarm_delay`, `alarm_delay_agent`, `evaluation_lag_alb`, `alarm_phase` and `reconcile_lag` as zero unless the \
            scenario\nstates them: a recording carries its own delays.\n"
}

#[test]
fn cloud_documents_are_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/assumptions.md");
    let text = assumptions();
    if std::env::var_os("WINDTUNNEL_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("docs/");
        std::fs::write(&path, &text).expect("written");
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(there, text, "docs/assumptions.md is stale; bless it");
}

const SOURCES: [&str; 19] = [
    include_str!("alarm_actions.rs"),
    include_str!("alarm_states.rs"),
    include_str!("assumptions.rs"),
    include_str!("aws_policies.rs"),
    include_str!("backtest.rs"),
    include_str!("by_hand.rs"),
    include_str!("configuration.rs"),
    include_str!("constraints.rs"),
    include_str!("constraints_file.rs"),
    include_str!("constraints_file/quotas.rs"),
    include_str!("constraints_file/ranges.rs"),
    include_str!("constraints_file/words.rs"),
    include_str!("documents.rs"),
    include_str!("ess_rules.rs"),
    include_str!("golden_timelines.rs"),
    include_str!("lifecycle.rs"),
    include_str!("properties.rs"),
    include_str!("records.rs"),
    include_str!("tencent_rules.rs"),
];

/// The functions that a source declares with the word `test` in the line before.
fn tests_in(source: &'static str) -> Vec<&'static str> {
    let lines: Vec<&'static str> = source.lines().map(str::trim).collect();
    let declared = |pair: &&[&'static str]| pair[0] == "#[test]";
    let name = |pair: &[&'static str]| pair[1].strip_prefix("fn ");
    lines.windows(2).filter(declared).filter_map(name).filter_map(|rest| rest.split('(').next()).collect()
}

/// Every test of this binary.
pub(crate) fn all_tests() -> Vec<&'static str> {
    SOURCES.iter().flat_map(|source| tests_in(source)).collect()
}

#[test]
fn cloud_fidelity_names_every_test() {
    let page = include_str!("../../../docs/fidelity.md");
    let tests = all_tests();
    let missing: Vec<_> = tests.iter().filter(|test| !page.contains(&format!("`{test}`"))).collect();
    assert!(missing.is_empty(), "docs/fidelity.md does not name {missing:#?}");
    let named = page.split('`').skip(1).step_by(2).filter(|word| word.starts_with("cloud_"));
    let stale: Vec<_> = named.filter(|word| !tests.contains(word)).collect();
    assert!(stale.is_empty(), "docs/fidelity.md names tests that do not exist: {stale:#?}");
}

/// Every Rust source below a folder.
fn sources_below(folder: &Path, found: &mut String) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            sources_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push_str(&std::fs::read_to_string(&path).expect("UTF-8"));
        }
    }
}

#[test]
fn cloud_fidelity_tables_name_only_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut sources = String::new();
    for folder in ["sim/src", "sim/tests", "tests", "traces/src"] {
        sources_below(&root.join(folder), &mut sources);
    }
    let page = include_str!("../../../docs/fidelity.md");
    let rows =
        page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---") && !line.ends_with("| test |"));
    for row in rows {
        let tests = row.trim_end_matches(" |").rsplit(" | ").next().expect("a last cell");
        let named: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test in {row}");
        for name in named {
            let there = match name.split_once("::") {
                Some(_) => true,
                None if name.ends_with(".rs") => root.join(name).is_file(),
                None => sources.contains(&format!("fn {name}(")),
            };
            assert!(there, "`{name}` does not exist: {row}");
        }
    }
}
