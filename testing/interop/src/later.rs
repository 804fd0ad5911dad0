//! What comes from a later version: kinds and types of values, and statuses, that nobody knows
//! today. Whoever takes one is told so, and gets the next message.
//!
//! Of a value that the producer puts, one byte is changed where it lies, as spec/layout.md and
//! spec/values.md draw it, before it is taken. The statuses are those of a library of its own.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::driver::Stop;
use crate::pair::Pair;
use crate::scenarios::plain;

/// The status of a message that cannot be read.
const CORRUPT: u32 = 30;

/// Languages that have the library in them; the others load one.
const INSIDE: &[&str] = &["rust", "python"];

/// A value that there will be.
struct Later {
    name: &'static str,
    /// Around eight bytes that are found again.
    value: (&'static str, &'static str),
    /// How far before those bytes the one lies that is changed, from what, and to what.
    byte: (usize, u8, u8),
    /// What the sentence names.
    words: &'static str,
}

const LATER: &[Later] = &[
    Later {
        name: "a kind of value",
        value: ("s", ""),
        byte: (6, 5, 200),
        words: "kind 200",
    },
    Later {
        name: "an element type",
        value: ("tu8:8::", ""),
        byte: (64, 2, 99),
        words: "element type 99",
    },
    Later {
        name: "a flag of tensors",
        value: ("tu8:8::", ""),
        byte: (62, 0, 0x80),
        words: "flags 0x80",
    },
    Later {
        name: "a kind of value in a list",
        value: ("[o612f62:", "]"),
        byte: (6, b'e', b'x'),
        words: "opaqux",
    },
];

/// On a topic, in a queue and as a state.
pub fn values(pair: &mut Pair) -> Result<(), Stop> {
    for (put, take) in [
        ("publish", "subscribe"),
        ("send", "receive"),
        ("set", "watch"),
    ] {
        let channel = format!("later-{put}");
        pair.consumer.must(&format!("open c {take} {channel}"))?;
        pair.producer.must(&format!("open p {put} {channel}"))?;
        pair.sequence = None;
        pair.pass("before it", "put p i1", plain("i1"))?;
        for (index, later) in LATER.iter().enumerate() {
            let case = format!("{} of a later version, {take}", later.name);
            let mark = format!("later{index:03}");
            put_changed(pair, &channel, later, &mark)?;
            let takes: &[&str] = match put {
                "set" => &["take c 10000", "get c 0"],
                _ => &["take c 10000"],
            };
            for take in takes {
                let answer = pair.consumer.ask(take)?;
                pair.check_refused(&case, &answer, CORRUPT, later.words);
            }
            pair.sequence = pair.sequence.map(|sequence| sequence + 1);
            pair.pass("the next one", "put p X300:1", plain("X300:1"))?;
        }
        pair.close()?;
    }
    Ok(())
}

/// Of each class one that is not used yet, and one of no class.
pub fn statuses(pair: &mut Pair) -> Result<(), Stop> {
    let Some(starter) = pair.later else {
        return Ok(());
    };
    if INSIDE.contains(&starter.language) {
        return Ok(());
    }
    let mut later = starter.start("consumer with a later library")?;
    let hello = format!("ok {} later", starter.language);
    let answer = later.ask("hello")?;
    pair.tally.check("the later library", &hello, &answer);
    later.must("open c receive later-statuses")?;
    pair.producer.must("open p send later-statuses")?;
    for status in [9, 19, 29, 39, 59, 71] {
        let case = format!("the status {status} of a later version");
        pair.producer.must(&format!("put p i{}", 900 + status))?;
        let answer = later.ask("take c 10000")?;
        pair.check_refused(&case, &answer, status, "a matter of a later version");
        pair.producer.must("put p i1")?;
        let answer = later.ask("take c 10000")?;
        pair.sequence = None;
        pair.check_taken("the next one", &answer, plain("i1"));
    }
    pair.producer.must("close p")?;
    later.must("close c")?;
    later.quit()
}

fn put_changed(pair: &mut Pair, channel: &str, later: &Later, mark: &str) -> Result<(), Stop> {
    let (before, after) = later.value;
    let digits = mark.bytes().map(|byte| format!("{byte:02x}"));
    let digits: String = digits.collect();
    pair.producer
        .must(&format!("put p {before}{digits}{after}"))?;
    change(&pair.third.directory, channel, mark, later.byte)
        .map_err(|why| Stop(format!("{} cannot be made of {mark}: {why}", later.name)))
}

/// Changes the byte so far before the mark, which is once in the files of the channel.
fn change(
    directory: &Path,
    channel: &str,
    mark: &str,
    (distance, old, new): (usize, u8, u8),
) -> Result<(), String> {
    let mut found: Option<(PathBuf, usize)> = None;
    for entry in fs::read_dir(directory).map_err(text)?.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(channel) {
            continue;
        }
        let bytes = fs::read(entry.path()).map_err(text)?;
        let places = bytes.windows(mark.len()).enumerate();
        for (at, _) in places.filter(|(_, bytes)| *bytes == mark.as_bytes()) {
            let at = at.checked_sub(distance).filter(|&at| bytes[at] == old);
            let at = at.ok_or_else(|| format!("there is no {old} before it"))?;
            if found.replace((entry.path(), at)).is_some() {
                return Err("it is there twice".to_owned());
            }
        }
    }
    let (path, at) = found.ok_or("it is not there")?;
    let file = OpenOptions::new().write(true).open(path).map_err(text)?;
    file.write_all_at(&[new], at as u64).map_err(text)
}

fn text(error: std::io::Error) -> String {
    error.to_string()
}
