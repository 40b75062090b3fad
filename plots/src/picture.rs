//! What comes out: an SVG document that can be made into a PNG.

use std::io;
use std::sync::Arc;

use resvg::{tiny_skia, usvg};

use crate::error::PlotError;
use crate::geometry::Rect;
use crate::typeface::Typeface;

/// Rows of pixels that are drawn at a time: a whole picture in memory would be the most that a run needs.
const BAND: u32 = 256;

/// The largest side of a PNG in pixels.
const LARGEST_SIDE: f32 = 16_384.0;

/// The kinds of file a picture can be written to.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// Scalable, small, for documents.
    Svg,
    /// Pixels, for slides and chats.
    Png,
}

impl Format {
    /// The file name's extension.
    pub const fn extension(self) -> &'static str {
        match self {
            Format::Svg => "svg",
            Format::Png => "png",
        }
    }
}

/// A text of the picture and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// The text as drawn, shortened where there was no room.
    pub text: String,
    /// The box of its glyphs.
    pub place: Rect,
}

/// A finished chart.
pub struct Picture {
    pub(crate) svg: String,
    pub(crate) size: (u32, u32),
    pub(crate) labels: Vec<Label>,
    pub(crate) marks: Vec<Option<(f64, f64)>>,
    pub(crate) warnings: Vec<String>,
    pub(crate) typeface: Typeface,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture {{ size: {:?}, svg: {} bytes, warnings: {:?} }}", self.size, self.svg.len(), self.warnings)
    }
}

impl Picture {
    /// The SVG document.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    /// Every text of the picture and where it stands.
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// Where the points of a frontier lie, in their order; nothing for one that is not drawn. Empty for other charts.
    pub fn marks(&self) -> &[Option<(f64, f64)>] {
        &self.marks
    }

    /// What the reader of the picture should be told, such as missing glyphs.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The bytes of a file in a format; a PNG at twice the size, crisp on a projector.
    pub fn bytes(&self, format: Format) -> Result<Vec<u8>, PlotError> {
        match format {
            Format::Svg => Ok(self.svg.clone().into_bytes()),
            Format::Png => self.png(2.0),
        }
    }

    /// A PNG at `scale` pixels for one of [`Picture::size`]. Glyphs that no font has become question marks.
    pub fn png(&self, scale: f32) -> Result<Vec<u8>, PlotError> {
        let (width, height) = (self.size.0 as f32 * scale, self.size.1 as f32 * scale);
        if !(width >= 1.0 && height >= 1.0 && width <= LARGEST_SIDE && height <= LARGEST_SIDE) {
            return Err(PlotError::Png(format!(
                "{width:.0} × {height:.0} pixels: each side must be between 1 and {LARGEST_SIDE}"
            )));
        }
        let options = usvg::Options {
            font_family: "Inter".to_owned(),
            fontdb: Arc::new(self.typeface.database()),
            ..usvg::Options::default()
        };
        let tree = usvg::Tree::from_str(&self.drawable(), &options).map_err(|e| PlotError::Png(e.to_string()))?;
        encode(&tree, scale, width.round() as u32, height.round() as u32).map_err(|e| PlotError::Png(e.to_string()))
    }

    /// The document with question marks for glyphs that would be drawn as empty boxes.
    fn drawable(&self) -> String {
        self.svg.chars().map(|c| if c.is_ascii() || self.typeface.has(c) { c } else { '?' }).collect()
    }
}

/// Draws and compresses band by band. Pictures have an opaque background, so no transparency is lost.
fn encode(tree: &usvg::Tree, scale: f32, width: u32, height: u32) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut header = encoder.write_header()?;
    let mut stream = header.stream_writer()?;
    let mut rgb = Vec::with_capacity((3 * width * BAND) as usize);
    for top in (0..height).step_by(BAND as usize) {
        let rows = BAND.min(height - top);
        let Some(mut pixels) = tiny_skia::Pixmap::new(width, rows) else { break };
        let place = tiny_skia::Transform::from_scale(scale, scale).post_translate(0.0, -(top as f32));
        resvg::render(tree, place, &mut pixels.as_mut());
        rgb.clear();
        rgb.extend(pixels.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]));
        io::Write::write_all(&mut stream, &rgb)?;
    }
    stream.finish()?;
    header.finish()?;
    Ok(file)
}
