//! A frame as the camera draws it: 720 rows of 1280 RGB pixels, a stamp in the last row.

/// Pixels per row.
pub const WIDTH: usize = 1280;
/// Rows.
pub const HEIGHT: usize = 720;
const ROW_BYTES: usize = WIDTH * 3;
/// All bytes of a frame.
pub const BYTES: usize = HEIGHT * ROW_BYTES;
const STAMP_AT: usize = (HEIGHT - 1) * ROW_BYTES;

/// A rectangle of pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    pub x: i64,
    pub y: i64,
    pub width: i64,
    pub height: i64,
}

impl Rect {
    /// The common area of two rectangles divided by the area they cover together: 1 when equal.
    pub fn overlap(&self, other: &Rect) -> f64 {
        let side = |a: i64, a_length: i64, b: i64, b_length: i64| {
            ((a + a_length).min(b + b_length) - a.max(b)).max(0)
        };
        let common = side(self.x, self.width, other.x, other.width)
            * side(self.y, self.height, other.y, other.height);
        let together = self.width * self.height + other.width * other.height - common;
        common as f64 / together.max(1) as f64
    }
}

/// What the camera wrote over the first 24 bytes of the last row.
pub struct Stamp {
    pub number: u64,
    /// Where the camera knows the face to be, if it does.
    pub face: Option<Rect>,
    checksum: u64,
}

impl Stamp {
    /// Reads the stamp of a frame of `BYTES` bytes.
    pub fn of(frame: &[u8]) -> Stamp {
        let side = |at: usize| i64::from(u16::from_le_bytes([frame[at], frame[at + 1]]));
        let [x, y, width, height] = [16, 18, 20, 22].map(|offset| side(STAMP_AT + offset));
        Stamp {
            number: word(&frame[STAMP_AT..]),
            checksum: word(&frame[STAMP_AT + 8..]),
            face: (width > 0).then_some(Rect {
                x,
                y,
                width,
                height,
            }),
        }
    }

    /// True when every byte of the frame is the one the camera drew.
    pub fn is_true_of(&self, frame: &[u8]) -> bool {
        let mut sum = 0u64;
        for (row, weight) in frame.chunks_exact(ROW_BYTES).zip(1u64..) {
            let row_sum = row.chunks_exact(8).map(word).fold(0, u64::wrapping_add);
            sum = sum.wrapping_add(row_sum.wrapping_mul(weight));
        }
        // The camera counted the checksum itself as 0.
        sum.wrapping_sub(self.checksum.wrapping_mul(HEIGHT as u64)) == self.checksum
    }
}

fn word(bytes: &[u8]) -> u64 {
    bytes
        .first_chunk()
        .map_or(0, |word| u64::from_le_bytes(*word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x: i64, y: i64, width: i64, height: i64) -> Rect {
        Rect {
            x,
            y,
            width,
            height,
        }
    }

    fn stamped_frame() -> Vec<u8> {
        let mut frame: Vec<u8> = (0..BYTES).map(|index| (index * 7 % 251) as u8).collect();
        let face = [100u16, 50, 30, 40].map(u16::to_le_bytes).concat();
        frame[STAMP_AT..STAMP_AT + 8].copy_from_slice(&5u64.to_le_bytes());
        frame[STAMP_AT + 8..STAMP_AT + 16].fill(0);
        frame[STAMP_AT + 16..STAMP_AT + 24].copy_from_slice(&face);
        let rows = frame.chunks_exact(ROW_BYTES).zip(1u64..);
        let sum = rows.fold(0u64, |sum, (row, weight)| {
            let words = row.chunks_exact(8).map(word);
            sum.wrapping_add(words.fold(0, u64::wrapping_add).wrapping_mul(weight))
        });
        frame[STAMP_AT + 8..STAMP_AT + 16].copy_from_slice(&sum.to_le_bytes());
        frame
    }

    #[test]
    fn a_whole_frame_matches_its_stamp_and_a_torn_one_does_not() {
        let mut frame = stamped_frame();
        let stamp = Stamp::of(&frame);
        assert_eq!((stamp.number, stamp.face), (5, Some(rect(100, 50, 30, 40))));
        assert!(stamp.is_true_of(&frame));
        frame.swap(10 * ROW_BYTES, 11 * ROW_BYTES);
        assert!(!Stamp::of(&frame).is_true_of(&frame));
    }

    #[test]
    fn overlap_is_common_area_over_covered_area() {
        let square = rect(0, 0, 10, 10);
        assert_eq!(square.overlap(&square), 1.0);
        assert_eq!(square.overlap(&rect(10, 0, 10, 10)), 0.0);
        assert_eq!(square.overlap(&rect(5, 0, 10, 10)), 50.0 / 150.0);
    }
}
