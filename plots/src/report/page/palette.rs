//! The colours of both themes as variables of the style sheet.

use crate::sweep::contrast;
use crate::theme::{Color, Theme};

/// The contrast that WCAG 2 asks of lines at level AA.
const LINES: f64 = 3.0;

/// A colour for lines: the theme's, moved toward the ink as far as its contrast asks for.
fn line(theme: &Theme, color: Color) -> Color {
    let steps = (0..=20).map(|step| color.toward(theme.ink, f64::from(step) / 20.0));
    let mut clear =
        steps.filter(|color| [theme.background, theme.panel].iter().all(|ground| contrast(*color, *ground) >= LINES));
    clear.next().unwrap_or(theme.ink)
}

/// What text and grounds are drawn with.
fn of_text(theme: &Theme) -> Vec<(String, Color)> {
    let named = [
        ("background", theme.background),
        ("panel", theme.panel),
        ("ink", theme.ink),
        ("muted", theme.muted),
        ("grid", theme.grid),
        ("frame", theme.frame),
        ("in-service", theme.in_service_edge),
        ("violation", theme.violation),
        ("out", theme.scale_out),
        ("in", theme.scale_in),
    ];
    named.map(|(name, color)| (name.to_owned(), color)).to_vec()
}

/// What lines are drawn with.
fn of_lines(theme: &Theme) -> Vec<(String, Color)> {
    let named = [
        ("served", theme.served),
        ("lost", theme.rejected),
        ("booting", theme.booting),
        ("draining", theme.draining),
        ("billed", theme.billed),
        ("demand", theme.demand),
        ("cpu", theme.utilization),
        ("cpu-max", theme.utilization_max),
    ];
    let mut colors: Vec<(String, Color)> = named.map(|(name, color)| (name.to_owned(), color)).to_vec();
    colors.extend(theme.quantiles.into_iter().enumerate().map(|(index, color)| (format!("quantile-{index}"), color)));
    colors.extend(theme.categories.into_iter().enumerate().map(|(index, color)| (format!("category-{index}"), color)));
    colors.into_iter().map(|(name, color)| (name, line(theme, color))).collect()
}

/// The colours of both themes as variables of the style sheet: the charts and the page have one palette.
pub(super) fn variables() -> String {
    let block = |theme: &Theme| {
        let variable =
            |(name, Color(red, green, blue)): (String, Color)| format!("--{name}:#{red:02x}{green:02x}{blue:02x};");
        of_text(theme).into_iter().chain(of_lines(theme)).map(variable).collect::<String>()
    };
    let (light, dark) = (block(&Theme::light()), block(&Theme::dark()));
    format!(
        ":root{{{light}}}\n@media (prefers-color-scheme: dark){{:root:not([data-theme=light]){{{dark}}}}}\n\
         :root[data-theme=dark]{{{dark}}}\n@media print{{:root,:root[data-theme=dark],:root:not([data-theme=light]){{{light}}}}}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2 at level AA: 4.5 for text, 3 for what a chart needs to be understood.
    #[test]
    fn text_and_lines_have_the_contrast_of_aa() {
        for theme in [Theme::light(), Theme::dark()] {
            let of_text = of_text(&theme)
                .into_iter()
                .filter(|(name, _)| ["ink", "muted", "in-service", "violation", "out", "in"].contains(&name.as_str()));
            let asked = of_text.map(|color| (color, 4.5)).chain(of_lines(&theme).into_iter().map(|color| (color, 3.0)));
            for ((name, color), least) in asked {
                for ground in [theme.background, theme.panel] {
                    assert!(contrast(color, ground) >= least, "{name}: {}", contrast(color, ground));
                }
            }
        }
    }
}
