//! A permit: the word that says which endpoint holds it, or who died holding it.
//!
//! Both are in one word, so that a permit is taken and given back, and comes from the dead to the
//! living, in one step each: there is nothing in between that a death could leave.

/// A decoded permit word: `abandoned << 32 | owner`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// Endpoint + 1 of the one who holds it; 0 = nobody.
    pub owner: u32,
    /// The process that died holding it, which nobody has been told yet; 0 = none.
    pub abandoned: u32,
}

impl Permit {
    /// Nobody has it, and nothing has happened.
    pub const FREE: u64 = 0;

    pub const fn to_word(self) -> u64 {
        self.owner as u64 | (self.abandoned as u64) << 32
    }

    pub const fn from_word(word: u64) -> Self {
        Self {
            owner: word as u32,
            abandoned: (word >> 32) as u32,
        }
    }

    /// Nobody has it, and the next owner is to be told who died.
    pub const fn is_to_be_told(self) -> bool {
        self.owner == 0 && self.abandoned != 0
    }

    /// The endpoint that holds it, of so many. An owner that there cannot be is nobody.
    pub const fn holder(self, endpoints: u32) -> Option<u32> {
        match self.owner.checked_sub(1) {
            Some(endpoint) if endpoint < endpoints => Some(endpoint),
            _ => None,
        }
    }
}
