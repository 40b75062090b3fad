//! A second look at what failed.
//!
//! With some 400 rows, of which many meet the same requests (one seed, one stream), four standard errors of 32 values are exceeded by
//! chance in one page of eight or so (Student's t: one row in 2,700). A row that breaks its rule is therefore measured again, under
//! seeds that nothing was measured under before, and four times as many. That verdict stands. It is the stricter one: what is truly off by
//! four standard errors is off by eight of the second measurement.

use std::ops::Range;

use crate::bench::Bench;
use crate::error::ValidationError;
use crate::row::{Row, Rule};

/// Rows of a measurement under the bench's seeds; those that fail by the standard error are measured again.
pub(crate) fn confirmed(
    bench: &Bench<'_>,
    measure: impl Fn(Range<u64>) -> Result<Vec<Row>, ValidationError>,
) -> Result<Vec<Row>, ValidationError> {
    let mut rows = measure(bench.seeds())?;
    if !rows.iter().any(doubtful) {
        return Ok(rows);
    }
    let fresh = bench.fresh_seeds();
    for (row, again) in rows.iter_mut().zip(measure(fresh.clone())?) {
        if doubtful(row) {
            let first = row.deviation.map_or_else(String::new, |z| format!("z = {z:+.2} under the first seeds; "));
            *row = Row { note: format!("{first}measured again under {} fresh ones", fresh.end - fresh.start), ..again };
        }
    }
    Ok(rows)
}

fn doubtful(row: &Row) -> bool {
    row.fails() && matches!(row.rule, Rule::Standard { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Effort, Unwatched};
    use crate::row::{Section, Verdict};

    fn judged(bench: &Bench<'_>, first: &[f64], second: &[f64]) -> Row {
        let measure = |seeds: Range<u64>| {
            let samples = if seeds.start == bench.first_seed { first } else { second };
            Ok(vec![Row::compare(Section::Queueing, "", "", "").reference(10.0).judge(Rule::STANDARD, samples)])
        };
        confirmed(bench, measure).unwrap().remove(0)
    }

    #[test]
    fn the_second_verdict_stands_whatever_it_is() {
        let bench = Bench { effort: Effort::Short, first_seed: 1, eight: 8, watch: &Unwatched };
        let (near, far) = (&[9.9, 10.0, 10.1, 10.0][..], &[10.5, 10.51, 10.49, 10.5][..]);
        assert_eq!(judged(&bench, near, far).verdict, Verdict::Agrees, "nothing was in doubt");
        assert_eq!(judged(&bench, far, far).verdict, Verdict::Fails);
        let chance = judged(&bench, far, near);
        assert_eq!(chance.verdict, Verdict::Agrees);
        assert!(chance.note.contains("under the first seeds"), "{}", chance.note);
    }

    #[test]
    fn fresh_seeds_are_others() {
        let bench = Bench { effort: Effort::Full, first_seed: 1, eight: 8, watch: &Unwatched };
        assert_eq!((bench.seeds(), bench.fresh_seeds().count()), (1..33, 128));
        assert!(bench.fresh_seeds().start >= bench.seeds().end);
    }
}
