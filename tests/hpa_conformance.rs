//! Every decision of the real kube-controller-manager in the vectors, decided again.

use std::fs::File;
use std::path::Path;

use windtunnel_sim::backtest::compare::current_metrics;
use windtunnel_sim::backtest::{Agreement, Difference, Records, run};

const VECTORS: &str = "tests/vectors/hpa/public.jsonl.gz";

#[test]
fn all_recorded_decisions_agree() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(VECTORS);
    let file = File::open(path).expect("the vectors are in the repository");
    let mut agreement = Agreement::default();
    let mut statuses = Agreement::default();
    for record in Records::new(file).expect("opens") {
        let (line, record) = record.expect("a record");
        let mut status = (0, 0, None);
        let comparison = run(line, &record, None, |decided| {
            let expected = decided.step.exp.as_ref().and_then(|exp| exp.cur.as_ref());
            let Some(expected) = expected else { return };
            let current = current_metrics(decided.outcome);
            status.0 += 1;
            if current.as_ref() == Some(expected) {
                status.1 += 1;
            } else if status.2.is_none() {
                status.2 = Some(Difference {
                    id: record.id.clone(),
                    step: decided.index,
                    fields: vec![("cur", format!("{expected:?}"), format!("{current:?}"))],
                });
            }
        })
        .expect("a valid policy");
        agreement.add(&record.category, comparison.compared, comparison.agreeing, comparison.first);
        statuses.add(&record.category, status.0, status.1, status.2);
    }
    println!("decisions\n{agreement}\nstatuses\n{statuses}");
    assert_eq!(agreement.scenarios(), 307);
    assert_eq!(agreement.steps(), (15_727, 15_727), "{agreement}");
    assert!(statuses.first_difference().is_none(), "{statuses}");
}
