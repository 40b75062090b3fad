//! Rectangles, in pixels with the origin at the top left.

/// A rectangle, in pixels with the origin at the top left.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Rect {
    /// The left edge.
    pub left: f64,
    /// The top edge.
    pub top: f64,
    /// The right edge.
    pub right: f64,
    /// The bottom edge.
    pub bottom: f64,
}

impl Rect {
    /// A rectangle from its edges.
    pub const fn new(left: f64, top: f64, right: f64, bottom: f64) -> Rect {
        Rect { left, top, right, bottom }
    }

    /// Its width.
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Its height.
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// The height of its middle.
    pub fn middle(&self) -> f64 {
        (self.top + self.bottom) / 2.0
    }

    /// The same, larger by `margin` on every side.
    pub fn grown(&self, margin: f64) -> Rect {
        Rect::new(self.left - margin, self.top - margin, self.right + margin, self.bottom + margin)
    }

    /// True when they share some area.
    pub fn overlaps(&self, other: &Rect) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    /// The area they share.
    pub fn shared_area(&self, other: &Rect) -> f64 {
        let width = self.right.min(other.right) - self.left.max(other.left);
        let height = self.bottom.min(other.bottom) - self.top.max(other.top);
        width.max(0.0) * height.max(0.0)
    }

    /// True when `other` lies wholly inside.
    pub fn contains(&self, other: &Rect) -> bool {
        self.left <= other.left && self.top <= other.top && self.right >= other.right && self.bottom >= other.bottom
    }
}
