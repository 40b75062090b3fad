//! What can go wrong when a chart is drawn.

use std::path::PathBuf;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// There is nothing on the time axis.
    #[error("“{name}” has no intervals to draw: its timeline is empty")]
    EmptyTimeline {
        /// The scenario.
        name: String,
    },
    /// A chart of several things was asked for without any.
    #[error("nothing to draw: the chart needs at least one {of}")]
    Nothing {
        /// What it needs.
        of: &'static str,
    },
    /// More scenarios than the chart can show legibly.
    #[error("{count} scenarios do not fit one comparison chart: it shows at most {most}")]
    TooMany {
        /// How many there were.
        count: usize,
        /// How many fit.
        most: usize,
    },
    /// The font file of the user cannot be read.
    #[error("cannot read the font file {}", path.display())]
    FontFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The font file of the user is not a font.
    #[error("{} is not a font this program can use: it needs TrueType or OpenType (.ttf, .otf, .ttc)", path.display())]
    NotAFont {
        /// The file.
        path: PathBuf,
    },
    /// Drawing failed.
    #[error("cannot draw the chart: {0}")]
    Draw(String),
    /// The picture cannot be made into pixels.
    #[error("cannot make a PNG: {0}")]
    Png(String),
}
