//! What is in a message, the same for all systems and languages: little-endian words of 64 bits.
//!
//! Word 0 is the sequence, the last one a disguise of it, the ones between come from a template.
//! The sender writes every byte; the receiver adds up every word and knows what must come out.

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The sequence of the message that ends a size.
pub const END: u64 = u64::MAX;

/// The content of the messages of one size.
#[derive(Clone, Debug)]
pub struct Content {
    template: Vec<u8>,
    /// The sum of the words that are the same in all messages.
    between: u64,
}

impl Content {
    /// For messages of `size` bytes, a multiple of 8 above 0.
    pub fn new(size: usize) -> Self {
        assert!(
            size >= 8 && size.is_multiple_of(8),
            "size {size} is no multiple of 8 above 0"
        );
        let words = (size / 8) as u64;
        let template: Vec<u8> = (0..words)
            .flat_map(|i| template_word(i).to_le_bytes())
            .collect();
        let between = match words {
            0..=2 => 0,
            _ => sum_words(&template[8..size - 8]),
        };
        Self { template, between }
    }

    pub fn size(&self) -> usize {
        self.template.len()
    }

    /// The words before a sequence is put in.
    pub fn template(&self) -> &[u8] {
        &self.template
    }

    /// Writes the message with this sequence to all of `bytes`, which has the right size.
    #[inline]
    pub fn fill(&self, bytes: &mut [u8], sequence: u64) {
        bytes.copy_from_slice(&self.template);
        set_word(bytes, 0, sequence);
        let last = bytes.len() / 8 - 1;
        if last > 0 {
            set_word(bytes, last, sequence ^ GOLDEN);
        }
    }

    /// As `fill`, with `mark` as word 1; the size is at least 24.
    #[inline]
    pub fn fill_marked(&self, bytes: &mut [u8], sequence: u64, mark: u64) {
        self.fill(bytes, sequence);
        set_word(bytes, 1, mark);
    }

    /// Writes the message that ends this size after `count` others.
    pub fn fill_end(&self, bytes: &mut [u8], count: u64) {
        self.fill(bytes, END);
        if bytes.len() >= 16 {
            set_word(bytes, 1, count);
        }
    }

    /// Whether this is, byte for byte in the sum, the message with this sequence.
    #[inline]
    pub fn is_intact(&self, bytes: &[u8], sequence: u64) -> bool {
        bytes.len() == self.template.len()
            && word(bytes, 0) == sequence
            && sum_words(bytes) == self.sum(sequence)
    }

    /// As `is_intact`, for a message whose word 1 is `mark`.
    #[inline]
    pub fn is_intact_marked(&self, bytes: &[u8], sequence: u64, mark: u64) -> bool {
        bytes.len() == self.template.len()
            && word(bytes, 0) == sequence
            && sum_words(bytes) == self.sum_marked(sequence, mark)
    }

    /// Whether the words that change are those of this sequence and mark, and one in 512 of the
    /// others is that of the template. For large messages, where a look at all costs a lot.
    pub fn has_marks(&self, bytes: &[u8], sequence: u64, mark: u64) -> bool {
        let last = self.template.len() / 8 - 1;
        bytes.len() == self.template.len()
            && word(bytes, 0) == sequence
            && word(bytes, 1) == mark
            && word(bytes, last) == sequence ^ GOLDEN
            && (2..last)
                .step_by(512)
                .all(|i| word(bytes, i) == template_word(i as u64))
    }

    /// What the words of the message with this sequence add up to.
    #[inline]
    pub fn sum(&self, sequence: u64) -> u64 {
        let ends = match self.template.len() {
            8 => sequence,
            _ => sequence.wrapping_add(sequence ^ GOLDEN),
        };
        self.between.wrapping_add(ends)
    }

    /// As `sum`, for a message whose word 1 is `mark`.
    #[inline]
    pub fn sum_marked(&self, sequence: u64, mark: u64) -> u64 {
        self.sum(sequence)
            .wrapping_sub(template_word(1))
            .wrapping_add(mark)
    }
}

/// Word `index` of a message.
#[inline]
pub fn word(bytes: &[u8], index: usize) -> u64 {
    let at = index * 8;
    u64::from_le_bytes(
        bytes[at..at + 8]
            .try_into()
            .expect("eight bytes are a word"),
    )
}

/// All words of a message added up, wrapping.
#[inline]
pub fn sum_words(bytes: &[u8]) -> u64 {
    let words = bytes.chunks_exact(8);
    words
        .map(|word| u64::from_le_bytes(word.try_into().expect("eight bytes are a word")))
        .fold(0, u64::wrapping_add)
}

#[inline]
fn set_word(bytes: &mut [u8], index: usize, value: u64) {
    let at = index * 8;
    bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

fn template_word(index: u64) -> u64 {
    index.wrapping_mul(GOLDEN).rotate_left(17)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(size: usize, sequence: u64) -> (Content, Vec<u8>) {
        let content = Content::new(size);
        let mut bytes = vec![0xAA; size];
        content.fill(&mut bytes, sequence);
        (content, bytes)
    }

    #[test]
    fn the_words_are_those_of_the_protocol() {
        let (_, bytes) = message(32, 5);
        assert_eq!(word(&bytes, 0), 5);
        assert_eq!(word(&bytes, 1), 0x9E37_79B9_7F4A_7C15_u64.rotate_left(17));
        assert_eq!(word(&bytes, 2), 0x3C6E_F372_FE94_F82A_u64.rotate_left(17));
        assert_eq!(word(&bytes, 3), 5 ^ 0x9E37_79B9_7F4A_7C15);
    }

    #[test]
    fn what_was_filled_is_intact() {
        for size in [8, 16, 24, 64, 104, 1024, 131_072] {
            for sequence in [0, 1, 1 << 40] {
                let (content, bytes) = message(size, sequence);
                assert!(content.is_intact(&bytes, sequence), "size {size}");
                assert!(!content.is_intact(&bytes, sequence + 1), "size {size}");
            }
        }
    }

    #[test]
    fn one_changed_bit_anywhere_is_damage() {
        let (content, bytes) = message(64, 9);
        for bit in 0..64 * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(!content.is_intact(&damaged, 9), "bit {bit}");
        }
    }

    #[test]
    fn a_message_of_another_length_is_damage() {
        let (content, bytes) = message(64, 9);
        assert!(!content.is_intact(&bytes[..56], 9));
    }

    #[test]
    fn a_mark_is_part_of_the_sum() {
        let content = Content::new(64);
        let mut bytes = vec![0; 64];
        content.fill_marked(&mut bytes, 7, 3);
        assert_eq!(word(&bytes, 1), 3);
        assert!(content.is_intact_marked(&bytes, 7, 3));
        assert!(!content.is_intact_marked(&bytes, 7, 2));
    }

    #[test]
    fn marks_are_looked_at_at_both_ends_and_between() {
        let content = Content::new(8192);
        let mut bytes = vec![0; 8192];
        content.fill_marked(&mut bytes, 7, 3);
        assert!(content.has_marks(&bytes, 7, 3));
        for wrong in [0, 8, 2 * 8, 514 * 8, 8184] {
            let mut damaged = bytes.clone();
            damaged[wrong] ^= 1;
            assert!(!content.has_marks(&damaged, 7, 3), "byte {wrong}");
        }
    }

    #[test]
    fn the_end_carries_the_count_where_there_is_room() {
        for size in [8, 16, 64] {
            let content = Content::new(size);
            let mut bytes = vec![0; size];
            content.fill_end(&mut bytes, 1234);
            assert_eq!(word(&bytes, 0), END);
            if size >= 16 {
                assert_eq!(word(&bytes, 1), 1234);
            }
        }
    }
}
