//! Messages that prove themselves: who, which number, and a checksum over all of it.

use simpleipc::{Message, Value};

/// What a message says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub sender: u64,
    pub number: u64,
}

/// The smallest message: sender, number, checksum.
pub const BYTES_MIN: usize = 20;

/// Message `number` of `sender`, `bytes` long.
pub fn write(entry: Entry, bytes: usize) -> Vec<u8> {
    let mut message = vec![0; bytes.max(BYTES_MIN)];
    fill(entry, &mut message);
    message
}

/// Fills a buffer of at least [`BYTES_MIN`] with message `number` of `sender`.
pub fn fill(entry: Entry, message: &mut [u8]) {
    message[4..12].copy_from_slice(&entry.sender.to_le_bytes());
    message[12..20].copy_from_slice(&entry.number.to_le_bytes());
    let seed = entry.number as u8;
    for (index, byte) in message[20..].iter_mut().enumerate() {
        *byte = seed.wrapping_add(index as u8);
    }
    let sum = crc32fast::hash(&message[4..]);
    message[..4].copy_from_slice(&sum.to_le_bytes());
}

/// As [`fill`], and for shorter ones something that its number tells: their length must be the
/// number modulo [`BYTES_MIN`].
pub fn fill_any(entry: Entry, message: &mut [u8]) {
    if message.len() >= BYTES_MIN {
        return fill(entry, message);
    }
    for (index, byte) in message.iter_mut().enumerate() {
        *byte = (entry.number as u8).wrapping_add(index as u8);
    }
}

/// Whether these bytes are what [`fill_any`] wrote for this message.
pub fn is_any(entry: Entry, bytes: &[u8]) -> bool {
    if bytes.len() >= BYTES_MIN {
        return read_bytes(bytes) == Ok(entry);
    }
    let mut due = vec![0; (entry.number % BYTES_MIN as u64) as usize];
    fill_any(entry, &mut due);
    bytes == due
}

/// Reads a message; an error says what is wrong with it.
pub fn read(message: &Message) -> Result<Entry, String> {
    match message.value().map_err(|error| error.to_string())? {
        Value::Bytes(bytes) => read_bytes(&bytes),
        other => Err(format!("not a message of ours: {:?}", other.kind())),
    }
}

pub fn read_bytes(bytes: &[u8]) -> Result<Entry, String> {
    if bytes.len() < BYTES_MIN {
        return Err(format!("only {} bytes", bytes.len()));
    }
    let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("8 bytes"));
    let sum = u32::from_le_bytes(bytes[..4].try_into().expect("4 bytes"));
    let entry = Entry {
        sender: word(4),
        number: word(12),
    };
    if sum == crc32fast::hash(&bytes[4..]) {
        Ok(entry)
    } else {
        Err(format!("torn: {entry:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_message_of_another_length_or_number_is_noticed() {
        let entry = |number| Entry { sender: 3, number };
        for number in 0..40 {
            let mut message = vec![0; number as usize % BYTES_MIN];
            fill_any(entry(number), &mut message);
            assert!(is_any(entry(number), &message));
            assert!(!is_any(entry(number + 1), &message));
            message.push(0);
            assert!(!is_any(entry(number), &message));
        }
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let entry = Entry {
            sender: 3,
            number: 9,
        };
        for bytes in [20, 104, 5000] {
            let mut message = write(entry, bytes);
            assert_eq!(read_bytes(&message), Ok(entry));
            message[bytes - 1] ^= 1;
            assert!(read_bytes(&message).is_err());
        }
    }
}
