//! The colours of both themes as variables of the style sheet.

use crate::theme::{Color, Theme};

/// The colours of both themes as variables of the style sheet: the charts and the page have one palette.
pub(super) fn variables() -> String {
    let block = |theme: &Theme| {
        let mut text = String::new();
        let mut set = |name: &str, Color(red, green, blue): Color| {
            text.push_str(&format!("--{name}:#{red:02x}{green:02x}{blue:02x};"));
        };
        set("background", theme.background);
        set("panel", theme.panel);
        set("ink", theme.ink);
        set("muted", theme.muted);
        set("grid", theme.grid);
        set("frame", theme.frame);
        set("served", theme.served);
        set("lost", theme.rejected);
        set("in-service", theme.in_service_edge);
        set("booting", theme.booting.toward(theme.ink, 0.35));
        set("draining", theme.draining);
        set("billed", theme.billed.toward(theme.ink, 0.3));
        set("demand", theme.demand);
        set("cpu", theme.utilization);
        set("cpu-max", theme.utilization_max);
        set("violation", theme.violation);
        set("out", theme.scale_out);
        set("in", theme.scale_in);
        for (index, color) in theme.quantiles.into_iter().enumerate() {
            set(&format!("quantile-{index}"), color);
        }
        for (index, color) in theme.categories.into_iter().enumerate() {
            set(&format!("category-{index}"), color);
        }
        text
    };
    let (light, dark) = (block(&Theme::light()), block(&Theme::dark()));
    format!(
        ":root{{{light}}}\n@media (prefers-color-scheme: dark){{:root:not([data-theme=light]){{{dark}}}}}\n\
         :root[data-theme=dark]{{{dark}}}\n@media print{{:root,:root[data-theme=dark],:root:not([data-theme=light]){{{light}}}}}"
    )
}
