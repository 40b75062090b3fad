//! The typeface: what a text measures, how it is shortened, and which glyphs are missing.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

use ab_glyph::{Font, FontRef, FontVec};
use resvg::usvg::fontdb;

use crate::error::PlotError;
use crate::outlines::Glyph;

const REGULAR: &[u8] = include_bytes!("../fonts/Inter-Regular.ttf");
const SEMI_BOLD: &[u8] = include_bytes!("../fonts/Inter-SemiBold.ttf");
const REGULAR_WEB: &[u8] = include_bytes!("../fonts/Inter-Regular.woff2");
const SEMI_BOLD_WEB: &[u8] = include_bytes!("../fonts/Inter-SemiBold.woff2");

/// How heavy a text is.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// A font of the user, asked for glyphs that the embedded one lacks.
struct UserFont {
    font: FontVec,
    family: String,
    bytes: Vec<u8>,
}

/// The embedded typeface, and the user's font beside it.
pub(crate) struct Typeface {
    regular: FontRef<'static>,
    bold: FontRef<'static>,
    user: Option<UserFont>,
    missing: RefCell<BTreeSet<char>>,
}

impl Typeface {
    /// Loads the embedded faces, and the font file of the user when there is one.
    pub(crate) fn load(user: Option<&Path>) -> Result<Typeface, PlotError> {
        let embedded = |bytes| FontRef::try_from_slice(bytes).map_err(|error| PlotError::Draw(error.to_string()));
        Ok(Typeface {
            regular: embedded(REGULAR)?,
            bold: embedded(SEMI_BOLD)?,
            user: user.map(load_user_font).transpose()?,
            missing: RefCell::default(),
        })
    }

    /// The list of families for the SVG.
    pub(crate) fn families(&self) -> String {
        let user = self.user.as_ref().map(|user| format!("'{}', ", user.family)).unwrap_or_default();
        format!("Inter, {user}Helvetica, Arial, sans-serif")
    }

    /// The width of a text in pixels. Kerning is left out: it only makes text narrower.
    pub(crate) fn width(&self, text: &str, size: f64, weight: Weight) -> f64 {
        text.chars().map(|c| self.advance(c, weight)).sum::<f64>() * size
    }

    /// The advance of a glyph in ems.
    fn advance(&self, c: char, weight: Weight) -> f64 {
        let face = match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        };
        let per_em = |advance: f32, units: Option<f32>| f64::from(advance) / f64::from(units.unwrap_or(1000.0));
        if face.glyph_id(c).0 != 0 {
            return per_em(face.h_advance_unscaled(face.glyph_id(c)), face.units_per_em());
        }
        if let Some(UserFont { font, .. }) = &self.user
            && font.glyph_id(c).0 != 0
        {
            return per_em(font.h_advance_unscaled(font.glyph_id(c)), font.units_per_em());
        }
        self.missing.borrow_mut().insert(c);
        1.0 // a full-width glyph of some other font
    }

    /// True when a glyph can be drawn.
    pub(crate) fn has(&self, c: char) -> bool {
        self.regular.glyph_id(c).0 != 0 || self.user.as_ref().is_some_and(|user| user.font.glyph_id(c).0 != 0)
    }

    /// True when only the user's font can draw a glyph.
    pub(crate) fn is_borrowed(&self, c: char) -> bool {
        self.regular.glyph_id(c).0 == 0 && self.has(c)
    }

    /// The outlines of a glyph of the user's font; none for one that is blank.
    pub(crate) fn borrowed(&self, c: char) -> Option<Glyph> {
        let font = &self.user.as_ref()?.font;
        let curves = font.outline(font.glyph_id(c))?.curves;
        Some(Glyph { curves, units_per_em: f64::from(font.units_per_em().unwrap_or(1000.0)) })
    }

    /// The text, shortened with an ellipsis to `width` pixels where it is wider.
    pub(crate) fn fit(&self, text: &str, size: f64, weight: Weight, width: f64) -> String {
        let text = clean(text);
        if self.width(&text, size, weight) <= width {
            return text;
        }
        let mut room = width - self.advance('…', weight) * size;
        let mut kept = String::new();
        for c in text.chars() {
            room -= self.advance(c, weight) * size;
            if room < 0.0 {
                break;
            }
            kept.push(c);
        }
        kept.truncate(kept.trim_end().len());
        kept.push('…');
        kept
    }

    /// A warning when glyphs were missing.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let missing = self.missing.borrow();
        if missing.is_empty() {
            return Vec::new();
        }
        let shown: String = missing.iter().take(12).collect();
        let more = if missing.len() > 12 { " and more" } else { "" };
        vec![format!("the typeface has no glyphs for “{shown}”{more}: PNG shows ? instead; give a font that has them")]
    }

    /// All faces, for the renderer of PNG.
    pub(crate) fn database(&self) -> fontdb::Database {
        let mut database = fontdb::Database::new();
        database.load_font_data(REGULAR.to_vec());
        database.load_font_data(SEMI_BOLD.to_vec());
        if let Some(user) = &self.user {
            database.load_font_data(user.bytes.clone());
        }
        database.set_sans_serif_family("Inter");
        database
    }
}

fn load_user_font(path: &Path) -> Result<UserFont, PlotError> {
    let bytes = std::fs::read(path).map_err(|source| PlotError::FontFile { path: path.to_path_buf(), source })?;
    let not_a_font = || PlotError::NotAFont { path: path.to_path_buf() };
    let font = FontVec::try_from_vec_and_index(bytes.clone(), 0).map_err(|_| not_a_font())?;
    let mut database = fontdb::Database::new();
    database.load_font_data(bytes.clone());
    let face = database.faces().next().ok_or_else(not_a_font)?;
    let family = face.families.first().map(|(name, _)| name.clone()).ok_or_else(not_a_font)?;
    // It stands between quotes inside an attribute.
    let family = family.chars().filter(|&c| c.is_alphanumeric() || " -_".contains(c)).collect();
    Ok(UserFont { font, family, bytes })
}

/// The text without what XML forbids or what would reorder the line: control characters and bidirectional marks.
pub(crate) fn clean(text: &str) -> String {
    let cleaned: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|&c| {
            !c.is_control()
                && !matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
        })
        .collect();
    cleaned.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The style sheet that carries the faces inside an SVG.
pub(crate) fn style_sheet() -> String {
    let face = |weight: u32, bytes| {
        format!(
            "@font-face{{font-family:Inter;font-weight:{weight};src:url(data:font/woff2;base64,{}) format('woff2')}}",
            base64(bytes)
        )
    };
    format!("<style>{}{}</style>\n", face(400, REGULAR_WEB), face(700, SEMI_BOLD_WEB))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |group, &byte| group << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[(group >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_matches_the_rfc() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn long_text_is_shortened_to_its_room() {
        let face = Typeface::load(None).expect("the embedded typeface loads");
        let text = "a name that goes on and on".repeat(9);
        let fitted = face.fit(&text, 13.0, Weight::Regular, 120.0);
        assert!(fitted.ends_with('…') && face.width(&fitted, 13.0, Weight::Regular) <= 120.0, "{fitted}");
        assert_eq!(face.fit("short", 13.0, Weight::Bold, 120.0), "short");
    }

    #[test]
    fn missing_glyphs_are_reported() {
        let face = Typeface::load(None).expect("the embedded typeface loads");
        face.width("ab→±…", 10.0, Weight::Bold);
        assert!(face.warnings().is_empty());
        face.width("弹性", 10.0, Weight::Regular);
        assert!(face.warnings()[0].contains('弹'));
    }

    #[test]
    fn control_characters_do_not_pass() {
        assert_eq!(clean("a\u{0}b\n\tc\u{202E}d  e"), "ab cd e");
    }

    #[test]
    fn a_font_that_is_none_is_refused() {
        assert!(matches!(Typeface::load(Some(Path::new("/"))), Err(PlotError::FontFile { .. })));
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), b"no font").expect("the file is written");
        assert!(matches!(Typeface::load(Some(file.path())), Err(PlotError::NotAFont { .. })));
    }
}
