//! A picture to draw on: shapes and words, in pixels from the top left.

use ab_glyph::{Font as _, FontRef, OutlineCurve};
use tiny_skia::{
    Color, FillRule, LineCap, Paint, PathBuilder, Pixmap, Rect, Stroke, StrokeDash, Transform,
};

/// DejaVu Sans, cut down to the characters that charts write; the licence lies beside it.
const REGULAR: &[u8] = include_bytes!("font/DejaVuSans.ttf");
const BOLD: &[u8] = include_bytes!("font/DejaVuSans-Bold.ttf");

/// How words look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Type {
    /// The size in pixels.
    pub(super) size: f32,
    /// Whether the strokes are strong.
    pub(super) weight: Weight,
    /// Where the words stand.
    pub(super) align: Align,
    /// Their colour.
    pub(super) color: Color,
}

/// How strong strokes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// On which side of their place words stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Center,
    Right,
}

/// A line from one point to another.
pub(super) type Segment = ((f32, f32), (f32, f32));

pub(super) struct Canvas {
    pixels: Pixmap,
    regular: FontRef<'static>,
    bold: FontRef<'static>,
}

impl Canvas {
    /// A picture of one colour; none only for a size of nothing.
    pub(super) fn new(width: u16, height: u16, ground: Color) -> Option<Self> {
        let mut pixels = Pixmap::new(u32::from(width), u32::from(height))?;
        pixels.fill(ground);
        let regular = FontRef::try_from_slice(REGULAR).ok()?;
        let bold = FontRef::try_from_slice(BOLD).ok()?;
        Some(Self { pixels, regular, bold })
    }

    /// The picture as a PNG file.
    pub(super) fn png(&self) -> Option<Vec<u8>> {
        // Flat colours pack best unfiltered: a fraction of what tiny-skia's own writer makes of them.
        // Everything stands on an opaque ground, so its premultiplied colours are plain ones.
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.pixels.width(), self.pixels.height());
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Default);
        encoder.set_filter(png::FilterType::NoFilter);
        let mut writer = encoder.write_header().ok()?;
        writer.write_image_data(self.pixels.data()).ok()?;
        writer.finish().ok()?;
        Some(file)
    }

    pub(super) fn rect(
        &mut self,
        (left, top): (f32, f32),
        (right, bottom): (f32, f32),
        color: Color,
    ) {
        if let Some(rect) = Rect::from_ltrb(left, top, right.max(left), bottom.max(top)) {
            self.pixels.fill_rect(rect, &paint(color), Transform::identity(), None);
        }
    }

    pub(super) fn line(&mut self, (from, to): Segment, width: f32, color: Color) {
        self.stroke(&[from, to], &Stroke { width, ..Stroke::default() }, color);
    }

    pub(super) fn dashed(&mut self, (from, to): Segment, width: f32, color: Color) {
        let dash = StrokeDash::new(vec![14.0, 10.0], 0.0);
        self.stroke(&[from, to], &Stroke { width, dash, ..Stroke::default() }, color);
    }

    /// One line through many points.
    pub(super) fn curve(&mut self, points: &[(f32, f32)], width: f32, color: Color) {
        let stroke = Stroke { width, line_cap: LineCap::Round, ..Stroke::default() };
        self.stroke(points, &stroke, color);
    }

    fn stroke(&mut self, points: &[(f32, f32)], stroke: &Stroke, color: Color) {
        let mut path = PathBuilder::new();
        let mut points = points.iter();
        let Some(first) = points.next() else { return };
        path.move_to(first.0, first.1);
        for point in points {
            path.line_to(point.0, point.1);
        }
        if let Some(path) = path.finish() {
            self.pixels.stroke_path(&path, &paint(color), stroke, Transform::identity(), None);
        }
    }

    /// A shape with an edge of another colour, so that it stands out on any ground.
    pub(super) fn shape(&mut self, corners: &[(f32, f32)], color: Color, edge: Option<Color>) {
        let mut path = PathBuilder::new();
        let mut corners = corners.iter();
        let Some(first) = corners.next() else { return };
        path.move_to(first.0, first.1);
        for corner in corners {
            path.line_to(corner.0, corner.1);
        }
        path.close();
        let Some(path) = path.finish() else { return };
        let identity = Transform::identity();
        self.pixels.fill_path(&path, &paint(color), FillRule::Winding, identity, None);
        if let Some(edge) = edge {
            let stroke = Stroke { width: 3.0, ..Stroke::default() };
            self.pixels.stroke_path(&path, &paint(edge), &stroke, identity, None);
        }
    }

    /// How wide words are.
    pub(super) fn width(&self, words: &str, size: f32, weight: Weight) -> f32 {
        let font = self.font(weight);
        let scale = size / font.units_per_em().unwrap_or(1_000.0);
        words.chars().map(|c| font.h_advance_unscaled(font.glyph_id(c)) * scale).sum()
    }

    /// Words whose baseline is at `y`.
    pub(super) fn words(&mut self, words: &str, (x, y): (f32, f32), look: Type) {
        let Type { size, weight, align, color } = look;
        let shift = match align {
            Align::Left => 0.0,
            Align::Center => self.width(words, size, weight) / 2.0,
            Align::Right => self.width(words, size, weight),
        };
        let font = self.font(weight).clone();
        let scale = size / font.units_per_em().unwrap_or(1_000.0);
        let mut path = PathBuilder::new();
        let mut pen = x - shift;
        for c in words.chars() {
            let glyph = font.glyph_id(c);
            if let Some(outline) = font.outline(glyph) {
                contour(&mut path, &outline.curves, (pen, y), scale);
            }
            pen += font.h_advance_unscaled(glyph) * scale;
        }
        if let Some(path) = path.finish() {
            let identity = Transform::identity();
            self.pixels.fill_path(&path, &paint(color), FillRule::Winding, identity, None);
        }
    }

    const fn font(&self, weight: Weight) -> &FontRef<'static> {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }
}

fn paint(color: Color) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(color);
    paint
}

/// Adds the curves of one glyph, whose y axis points up, to a path.
fn contour(path: &mut PathBuilder, curves: &[OutlineCurve], (x, y): (f32, f32), scale: f32) {
    let place = |point: &ab_glyph::Point| (x + point.x * scale, y - point.y * scale);
    let mut pen = None;
    for curve in curves {
        let (from, to) = match curve {
            OutlineCurve::Line(from, to)
            | OutlineCurve::Quad(from, _, to)
            | OutlineCurve::Cubic(from, _, _, to) => (from, to),
        };
        if pen != Some(*from) {
            let (x, y) = place(from);
            path.move_to(x, y);
        }
        let (end_x, end_y) = place(to);
        match curve {
            OutlineCurve::Line(..) => path.line_to(end_x, end_y),
            OutlineCurve::Quad(_, bend, _) => {
                let (bend_x, bend_y) = place(bend);
                path.quad_to(bend_x, bend_y, end_x, end_y);
            }
            OutlineCurve::Cubic(_, one, other, _) => {
                let ((one_x, one_y), (other_x, other_y)) = (place(one), place(other));
                path.cubic_to(one_x, one_y, other_x, other_y, end_x, end_y);
            }
        }
        pen = Some(*to);
    }
}
