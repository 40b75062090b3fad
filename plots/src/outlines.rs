//! Glyphs of the user's font as outlines: a document that is opened elsewhere shows them without that font.

use ab_glyph::OutlineCurve;

/// The outlines of a glyph and the units of its em.
pub(crate) struct Glyph {
    pub(crate) curves: Vec<OutlineCurve>,
    pub(crate) units_per_em: f64,
}

impl Glyph {
    /// The data of an SVG path: the glyph `size` high, its origin at a point. In SVG y grows downward, in fonts upward.
    pub(crate) fn path(&self, (left, baseline): (f64, f64), size: f64) -> String {
        let scale = size / self.units_per_em;
        let place = |point: ab_glyph::Point| {
            format!("{:.1} {:.1}", left + f64::from(point.x) * scale, baseline - f64::from(point.y) * scale)
        };
        let mut data = String::new();
        let mut at = None;
        for curve in &self.curves {
            let (from, to) = ends(curve);
            if at != Some(from) {
                let close = if at.is_some() { "Z" } else { "" };
                data.push_str(&format!("{close}M{}", place(from)));
            }
            data.push_str(&match *curve {
                OutlineCurve::Line(_, to) => format!("L{}", place(to)),
                OutlineCurve::Quad(_, control, to) => format!("Q{} {}", place(control), place(to)),
                OutlineCurve::Cubic(_, one, other, to) => format!("C{} {} {}", place(one), place(other), place(to)),
            });
            at = Some(to);
        }
        if at.is_some() {
            data.push('Z');
        }
        data
    }
}

const fn ends(curve: &OutlineCurve) -> (ab_glyph::Point, ab_glyph::Point) {
    match *curve {
        OutlineCurve::Line(from, to) | OutlineCurve::Quad(from, _, to) | OutlineCurve::Cubic(from, _, _, to) => {
            (from, to)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ab_glyph::point;

    #[test]
    fn contours_are_closed_and_stand_upright() {
        let corner = |a: (f32, f32), b: (f32, f32)| OutlineCurve::Line(point(a.0, a.1), point(b.0, b.1));
        let triangle = |x: f32| {
            [corner((x, 0.0), (x + 500.0, 0.0)), corner((x + 500.0, 0.0), (x, 1000.0)), corner((x, 1000.0), (x, 0.0))]
        };
        let glyph = Glyph { curves: [triangle(0.0), triangle(500.0)].concat(), units_per_em: 1000.0 };
        assert_eq!(
            glyph.path((10.0, 50.0), 20.0),
            "M10.0 50.0L20.0 50.0L10.0 30.0L10.0 50.0ZM20.0 50.0L30.0 50.0L20.0 30.0L20.0 50.0Z"
        );
    }
}
