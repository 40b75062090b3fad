//! The plant against queueing theory: the short form of `windtunnel validate`, whose cases, exact values and rules are those
//! of the full one (`validation/src/theory`).

use windtunnel_sim::outcome::Outcome;
use windtunnel_validation::bench::{Bench, Effort, Unwatched};
use windtunnel_validation::{Row, Verdict, theory};

mod support;

use support::{figure, run, scenario};

fn bench(eight: u32) -> Bench<'static> {
    Bench { effort: Effort::Short, first_seed: 1, eight, watch: &Unwatched }
}

fn described(row: &Row) -> String {
    format!("{}, {}, {}: {:?} for {:?}", row.group, row.case, row.compared, row.simulated, row.reference)
}

#[test]
fn the_plant_agrees_with_theory() {
    let rows = theory::rows(&bench(8)).unwrap();
    assert!(rows.len() > 60, "the short form has {} rows", rows.len());
    let failing: Vec<String> = rows.iter().filter(|row| row.fails()).map(described).collect();
    assert!(failing.is_empty(), "{failing:#?}");
    for group in ["M/M/8", "M/D/8", "M/H2/8", "M/G/1", "M/M/8/K", "M/M/8+D", "M/M/8+M", "MMPP(2)/M/8", "M(t)/G/∞"] {
        let judged = rows.iter().filter(|row| row.group == group && row.verdict == Verdict::Agrees).count();
        assert!(judged > 0, "{group} has no row with a verdict");
    }
}

/// A harness that cannot fail proves nothing: seven cores labelled as eight must be seen, and not in one place only.
#[test]
fn a_core_less_is_noticed_in_many_rows() {
    let rows = theory::stations(&bench(7)).unwrap();
    let failing: Vec<String> = rows.iter().filter(|row| row.fails()).map(described).collect();
    println!("{} of {} rows fail", failing.len(), rows.len());
    assert!(failing.len() >= 10, "only {failing:#?}");
    // What has no instance of eight cores is not disturbed.
    assert!(rows.iter().filter(|row| row.group == "M/G/1").all(|row| !row.fails()));
}

#[test]
fn balancers_keep_their_order() {
    let mean = |algorithm: &str| {
        let text = format!(
            "horizon = \"200s\"\ntrace = {{ shape = \"constant\", rate = \"288rps\" }}\n\
             service.cpu = {{ exponential = {{ mean = \"100ms\" }} }}\ninstance.cores = 8\nfixed.instances = 4\n\
             balancer.algorithm = \"{algorithm}\"\n"
        );
        let scenario = scenario(&text);
        (1..=8).map(|seed| latency(&run(&scenario, seed))).sum::<f64>() / 8.0
    };
    let order = [mean("random"), mean("round-robin"), mean("power-of-two"), mean("least-outstanding")];
    assert!(order.windows(2).all(|pair| pair[0] > pair[1]), "{order:?}");
}

fn latency(outcome: &Outcome) -> f64 {
    figure(outcome, "latency_mean_seconds")
}
