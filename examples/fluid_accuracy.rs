//! Measures fluid against requests and writes the page: `cargo run --release --example fluid_accuracy > docs/fluid.md`.
//!
//! The whole takes minutes: every scenario is simulated request by request under three seeds.

#[path = "../tests/support/fluid.rs"]
mod fluid;
#[path = "../tests/support/mod.rs"]
mod support;

use fluid::{Case, Compared, GUIDE, Pair, Part, SEEDS, VARIATIONS, compare};

const HEAD: &str = include_str!("fluid_accuracy.md");

fn main() {
    // For the test's rows alone: a minute instead of many.
    if std::env::args().nth(1).as_deref() == Some("evening") {
        return table(&GUIDE, &[Part::Evening]);
    }
    print!("{HEAD}");
    println!("\n## Measured\n");
    println!(
        "Means over the seeds {SEEDS:?}, fluid against requests. Trusted is what keeps all three bounds. The rows are \
         those that `cargo run --release --example fluid_accuracy` prints."
    );
    println!("\nThe scenarios of `configs/` that have an offered rate, over the day and over its six busiest hours:\n");
    table(&GUIDE, &[Part::Day, Part::Evening]);
    println!("\nVariations of them, where fluid has to lean on approximations:\n");
    table(&VARIATIONS, &[Part::Evening]);
}

fn table(cases: &[Case], parts: &[Part]) {
    println!("| scenario | part | cost | in service | violating requests | p99 | utilization | trusted |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for &part in parts {
        for case in cases {
            eprintln!("{}, {}", case.name, part.name());
            let compared = compare(case, part);
            println!("| {} | {} | {} |", case.name, part.name(), cells(&compared));
        }
    }
}

fn cells(compared: &Compared) -> String {
    let Compared { cost, in_service, violating, p99, utilization } = compared;
    let percent = |pair: &Pair| format!("{:+.2} %", 100.0 * pair.relative());
    let share = |share: f64| format!("{:.2} %", 100.0 * share);
    let verdict = if compared.is_trusted() { "yes" } else { "**not to be trusted**" };
    [
        percent(cost),
        percent(in_service),
        format!("{} for {}", share(violating.fluid), share(violating.requests)),
        format!("{:.3} s for {:.3} s", p99.fluid, p99.requests),
        format!("{} for {}", share(utilization.fluid), share(utilization.requests)),
        verdict.to_string(),
    ]
    .join(" | ")
}
