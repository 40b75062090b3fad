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
    text + "\nA backtest of alarms reads `alarm_delay`, `evaluation_lag_alb`, `alarm_phase` and `reconcile_lag` as zero unless the \
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
