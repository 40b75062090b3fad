//! The formats, one per file. Another one: a file here, a line in `ALL`.

mod azure;
mod cloudwatch;
mod cms;
mod combined;
mod csv;
mod dlim;
mod elb;
mod json_lines;
mod limbo;
mod load_generators;
mod log_format;
mod numbers;
mod prometheus;
mod prometheus_csv;

use super::format::Importer;

/// The more particular before the more general: content goes to the first that recognises it.
pub(super) const ALL: &[&dyn Importer] = &[
    &combined::Combined,
    &log_format::LogFormat,
    &elb::Alb,
    &elb::Clb,
    &cloudwatch::CloudWatch,
    &cms::Cms,
    &prometheus::Prometheus,
    &prometheus::Promtool,
    &load_generators::K6Json,
    &json_lines::JsonLines,
    &load_generators::K6Csv,
    &load_generators::Locust,
    &load_generators::Hey,
    &load_generators::Wrk,
    &azure::Functions2019,
    &azure::Functions2021,
    &azure::Llm,
    &limbo::Limbo,
    &dlim::Dlim,
    &numbers::Numbers,
    &prometheus_csv::PrometheusCsv,
    &cloudwatch::CloudWatchCsv,
    &csv::Csv,
];

/// Statuses by which a system says that it is overloaded: too many requests, unavailable, timed out at a gateway.
fn is_refusal(status: u16) -> bool {
    matches!(status, 429 | 503 | 504)
}
