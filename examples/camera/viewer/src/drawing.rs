//! Rectangles and text drawn over a frame.

use crate::frame::{HEIGHT, Rect, WIDTH};
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

type Colour = [u8; 3];

const WHITE: Colour = [255, 255, 255];
const AMBER: Colour = [255, 190, 40];
const PLATE: Colour = [16, 18, 22];
const PLATE_OPACITY: f32 = 0.82;
const PADDING: i64 = 8;
const TEXT_HEIGHT: RasterHeight = RasterHeight::Size24;
const MARGIN: i64 = 20;

/// A frame of its own that can be drawn on.
pub struct Canvas {
    pixels: Vec<u8>,
}

impl Canvas {
    /// Copies a frame of `frame::BYTES` bytes.
    pub fn copy_of(frame: &[u8]) -> Canvas {
        Canvas {
            pixels: frame.to_vec(),
        }
    }

    /// The frame's bytes.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Marks what the detector found.
    pub fn mark_found(&mut self, place: Rect, label: &str) {
        self.outline(place, 4, AMBER);
        let height = TEXT_HEIGHT.val() as i64 + PADDING;
        self.text_on_plate(place.x, (place.y - height - 4).max(0), label, AMBER);
    }

    /// Marks where the camera knows the face to be.
    pub fn mark_expected(&mut self, place: Rect) {
        self.outline(place, 2, WHITE);
    }

    /// Writes a line at the bottom of the picture.
    pub fn caption(&mut self, text: &str) {
        let y = HEIGHT as i64 - MARGIN - TEXT_HEIGHT.val() as i64 - PADDING;
        self.text_on_plate(MARGIN, y, text, WHITE);
    }

    fn outline(&mut self, place: Rect, thickness: i64, colour: Colour) {
        let Rect {
            x,
            y,
            width,
            height,
        } = place;
        self.fill(
            Rect {
                x,
                y,
                width,
                height: thickness,
            },
            colour,
            1.0,
        );
        self.fill(
            Rect {
                x,
                y: y + height - thickness,
                width,
                height: thickness,
            },
            colour,
            1.0,
        );
        self.fill(
            Rect {
                x,
                y,
                width: thickness,
                height,
            },
            colour,
            1.0,
        );
        self.fill(
            Rect {
                x: x + width - thickness,
                y,
                width: thickness,
                height,
            },
            colour,
            1.0,
        );
    }

    fn text_on_plate(&mut self, x: i64, y: i64, text: &str, colour: Colour) {
        let advance = get_raster_width(FontWeight::Regular, TEXT_HEIGHT) as i64;
        let width = advance * text.len() as i64 + 2 * PADDING;
        let height = TEXT_HEIGHT.val() as i64 + PADDING;
        self.fill(
            Rect {
                x,
                y,
                width,
                height,
            },
            PLATE,
            PLATE_OPACITY,
        );
        for (character, column) in text.chars().zip(0..) {
            let Some(glyph) = get_raster(character, FontWeight::Regular, TEXT_HEIGHT) else {
                continue;
            };
            let left = x + PADDING + advance * column;
            for (line, glyph_y) in glyph.rows().zip(y + PADDING / 2..) {
                for (&ink, glyph_x) in line.iter().zip(left..) {
                    self.blend(glyph_x, glyph_y, colour, f32::from(ink) / 255.0);
                }
            }
        }
    }

    fn fill(&mut self, area: Rect, colour: Colour, opacity: f32) {
        for y in area.y..area.y + area.height {
            for x in area.x..area.x + area.width {
                self.blend(x, y, colour, opacity);
            }
        }
    }

    /// Mixes a colour into one pixel; places outside the picture are left out.
    fn blend(&mut self, x: i64, y: i64, colour: Colour, opacity: f32) {
        if !(0..WIDTH as i64).contains(&x) || !(0..HEIGHT as i64).contains(&y) {
            return;
        }
        let at = (y as usize * WIDTH + x as usize) * 3;
        for (old, new) in self.pixels[at..at + 3].iter_mut().zip(colour) {
            *old = (f32::from(*old) * (1.0 - opacity) + f32::from(new) * opacity) as u8;
        }
    }
}
