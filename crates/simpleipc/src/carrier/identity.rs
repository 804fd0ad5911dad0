//! Who a peer says it is: the names of its program and of the language that is written in, in its
//! endpoint block. They are for people; nothing is decided by them.

use crate::layout::endpoint::{LANGUAGE_WORDS, PROGRAM_WORDS};
use crate::os;
use crate::ring::control::Endpoint;
use crate::sync::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What a program that does not say is written in: it uses this library without another one
/// between them.
const LANGUAGE: &str = "rust";

/// As it is written into each block of this process. One that has not said who it is, is asked
/// when it opens its first handle.
static IDENTITY: Mutex<Option<Identity>> = Mutex::new(None);

#[derive(Clone, Copy)]
struct Identity {
    program: [u64; PROGRAM_WORDS],
    language: [u64; LANGUAGE_WORDS],
}

impl Identity {
    fn new(program: &str, language: &str) -> Self {
        let program = match program {
            "" => &os::program_name(),
            program => program,
        };
        Self {
            program: words(program),
            language: words(language),
        }
    }
}

/// What blocks that are taken from now on say.
pub fn identify(program: &str, language: &str) {
    let mut identity = IDENTITY.lock().unwrap_or_else(PoisonError::into_inner);
    *identity = Some(Identity::new(program, language));
}

/// Writes who this process is into a block of its own that nobody reads yet.
pub fn sign(block: &Endpoint) {
    let mut identity = IDENTITY.lock().unwrap_or_else(PoisonError::into_inner);
    let identity = *identity.get_or_insert_with(|| Identity::new("", LANGUAGE));
    write(&block.program(), &identity.program);
    write(&block.language(), &identity.language);
}

/// Stores what is not there already: the next owner is often the same program.
fn write(to: &[&AtomicU64], words: &[u64]) {
    for (to, word) in to.iter().zip(words) {
        if to.load(Ordering::Relaxed) != *word {
            to.store(*word, Ordering::Relaxed);
        }
    }
}

/// The program and the language of a block. Whatever is there, it is text that can be printed.
pub fn read(block: &Endpoint) -> (String, String) {
    (text(&block.program()), text(&block.language()))
}

fn text(words: &[&AtomicU64]) -> String {
    let words = words.iter().map(|word| word.load(Ordering::Relaxed));
    let bytes: Vec<u8> = words.flat_map(u64::to_ne_bytes).collect();
    let end = bytes.iter().position(|byte| *byte == 0);
    let text = String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]);
    text.replace(char::is_control, "\u{fffd}")
}

/// The first bytes of a text as words, up to a whole character, with zeros after it. What follows
/// a NUL would not be read.
fn words<const N: usize>(text: &str) -> [u64; N] {
    let end = (0..=text.len().min(N * 8)).rev();
    let end = end.into_iter().find(|end| text.is_char_boundary(*end));
    let bytes = &text.as_bytes()[..end.unwrap_or(0)];
    std::array::from_fn(|index| {
        let byte = |at: usize| bytes.get(index * 8 + at).copied().unwrap_or(0);
        u64::from_ne_bytes(std::array::from_fn(byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(name: &str) -> String {
        let words: [u64; LANGUAGE_WORDS] = words(name);
        let words = words.map(AtomicU64::new);
        text(&words.each_ref())
    }

    #[test]
    fn a_name_is_cut_at_a_whole_character_and_is_always_text() {
        assert_eq!(there_and_back(""), "");
        assert_eq!(there_and_back("sixteen bytes ok"), "sixteen bytes ok");
        assert_eq!(
            there_and_back("sixteen bytes ok and more"),
            "sixteen bytes ok"
        );
        assert_eq!(there_and_back("fifteen bytes, \u{e4}"), "fifteen bytes, ");
        assert_eq!(there_and_back("\x1b[2J\n"), "\u{fffd}[2J\u{fffd}");
        let damaged = [u64::MAX, 0x0041].map(AtomicU64::new);
        assert!(text(&damaged.each_ref()).ends_with("\u{fffd}A"));
    }
}
