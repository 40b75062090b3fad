//! What can be chosen about a chart.

use std::path::PathBuf;

use crate::theme::Theme;

/// The narrowest picture that keeps its text apart.
const NARROWEST: u32 = 400;
/// The widest: beyond, a larger scale of the PNG serves better.
const WIDEST: u32 = 4000;

/// What can be chosen about a chart.
#[derive(Clone, Debug)]
pub struct ChartOptions {
    /// The width in pixels, kept between 400 and 4000; the height follows from the content.
    pub width: u32,
    /// The colours.
    pub theme: Theme,
    /// A font file for the glyphs that the embedded typeface lacks, such as Chinese.
    pub font: Option<PathBuf>,
    /// Whether the SVG carries its typeface (50 KB), so that it looks alike everywhere.
    pub embed_typeface: bool,
}

impl Default for ChartOptions {
    fn default() -> Self {
        ChartOptions { width: 1200, theme: Theme::light(), font: None, embed_typeface: true }
    }
}

impl ChartOptions {
    pub(crate) fn width(&self) -> f64 {
        f64::from(self.width.clamp(NARROWEST, WIDEST))
    }
}
