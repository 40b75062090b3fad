//! The universal scalability law. Without its second term it is exact for workers who all ask one serial core at the same
//! time and meet again (Gunther's synchronous bound of the machine repairman): alpha = S / (S + Z). The second term, delay
//! between workers that grows with their number, has no counterpart in the plant.

use crate::bench::{Bench, figure};
use crate::error::ValidationError;
use crate::reference::family;
use crate::row::{Row, Rule, Section};

pub(crate) fn rows(bench: &Bench<'_>) -> Result<Vec<Row>, ValidationError> {
    let mut rows = Vec::new();
    for record in family("usl")? {
        let (alpha, beta, alone) = (record.number("alpha")?, record.number("beta")?, record.number("lambda1")?);
        if alpha == 0.0 {
            continue;
        }
        let compare =
            |name: String| Row::compare(Section::Queueing, "universal scalability law", name, "throughput, 1/s");
        if beta > 0.0 {
            let row = compare(format!("alpha {alpha}, beta {beta}"));
            rows.push(
                row.not_run(Rule::EXACT, "requests of one instance do not delay each other beyond sharing its cores"),
            );
            continue;
        }
        bench.watch.begins(&format!("universal scalability law, alpha {alpha}"));
        // In microseconds: the serial part, and the rest of a worker's cycle.
        let (serial, rest) = (1e6 * alpha / alone, 1e6 * (1.0 - alpha) / alone);
        for point in record.parts("X") {
            let workers = point.number("N")?;
            let seconds = 1000.0 * (rest + workers * serial) / 1e6;
            let text = format!(
                "horizon = \"{seconds}s\"\ntrace.clients = {{ batch = {workers}, pause = \"{rest}us\" }}\nservice.cpu = \"{serial}us\"\n\
                 instance.cores = 1\nfixed.instances = 1\n"
            );
            let rate = bench
                .measure(&bench.scenario(&text)?, 1, false, |outcome| figure(outcome, "requests_served") / seconds)?;
            rows.push(
                compare(format!("alpha {alpha}, {workers} workers"))
                    .reference(point.number("X")?)
                    .value(Rule::EXACT, rate[0]),
            );
        }
    }
    Ok(rows)
}
