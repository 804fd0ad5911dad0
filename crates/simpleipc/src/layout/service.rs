//! What stands in front of the value of a request and of a reply; see spec/services.md.
//!
//! Written by clients and servers into the payload of their messages; whoever reads one copies it
//! first and believes nothing.

/// Calls that one client may have in flight; the slot is the low bits of the call number.
pub const SLOTS: usize = 64;

/// Bit of a request's tag: nobody waits for a reply, so it is kept like a message of a queue. The
/// other bits are the kind of the arguments.
pub const TAG_ONE_WAY: u8 = 0x40;

/// Flag of a request: it may be done twice.
pub const REQUEST_IDEMPOTENT: u8 = 1;
/// Flag of a request: nobody waits for a reply.
pub const REQUEST_ONE_WAY: u8 = 2;

/// Bytes of a request before its method.
pub const REQUEST_BYTES: usize = 20;
/// Bytes of a reply before its value.
pub const REPLY_BYTES: usize = 16;
/// Bytes of [`Notice`].
pub const NOTICE_BYTES: usize = 12;

/// The head of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestHead {
    /// The client's reply channel; 0 in one-way requests.
    pub client: u64,
    /// `counter << 6 | slot`.
    pub call: u64,
    pub flags: u8,
    /// Bytes of the method's name, which follows the head.
    pub method_len: u8,
    /// Where the arguments begin.
    pub value_at: u16,
}

impl RequestHead {
    pub fn to_bytes(self) -> [u8; REQUEST_BYTES] {
        let mut bytes = [0; REQUEST_BYTES];
        bytes[..8].copy_from_slice(&self.client.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.call.to_le_bytes());
        bytes[16] = self.flags;
        bytes[17] = self.method_len;
        bytes[18..].copy_from_slice(&self.value_at.to_le_bytes());
        bytes
    }

    pub fn from_bytes(bytes: [u8; REQUEST_BYTES]) -> Self {
        Self {
            client: u64_at(&bytes, 0),
            call: u64_at(&bytes, 8),
            flags: bytes[16],
            method_len: bytes[17],
            value_at: u16::from_le_bytes([bytes[18], bytes[19]]),
        }
    }

    pub fn is_one_way(self) -> bool {
        self.flags & REQUEST_ONE_WAY != 0
    }
}

/// What a reply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ReplyKind {
    /// The result; the call is over.
    Last = 0,
    /// One of several; more follow.
    More = 1,
    /// The program's own error: a map of code, message and data. The call is over.
    Failed = 2,
    /// The server works on the call and takes other requests meanwhile: a [`Notice`].
    Accepted = 3,
    /// The library's error, with the status in the head and a sentence. The call is over.
    Refused = 4,
}

/// The head of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyHead {
    pub call: u64,
    pub kind: ReplyKind,
    /// Where the value begins.
    pub value_at: u16,
    /// The status of a [`ReplyKind::Refused`].
    pub status: i32,
}

impl ReplyHead {
    pub fn to_bytes(self) -> [u8; REPLY_BYTES] {
        let mut bytes = [0; REPLY_BYTES];
        bytes[..8].copy_from_slice(&self.call.to_le_bytes());
        bytes[8] = self.kind as u8;
        bytes[10..12].copy_from_slice(&self.value_at.to_le_bytes());
        bytes[12..].copy_from_slice(&self.status.to_le_bytes());
        bytes
    }

    /// `None` when the kind is unknown.
    pub fn from_bytes(bytes: [u8; REPLY_BYTES]) -> Option<Self> {
        let kind = match bytes[8] {
            0 => ReplyKind::Last,
            1 => ReplyKind::More,
            2 => ReplyKind::Failed,
            3 => ReplyKind::Accepted,
            4 => ReplyKind::Refused,
            _ => return None,
        };
        Some(Self {
            call: u64_at(&bytes, 0),
            kind,
            value_at: u16::from_le_bytes([bytes[10], bytes[11]]),
            status: i32::from_le_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]),
        })
    }
}

/// Who works on a call: an endpoint of the service, in one of its lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    pub endpoint: u32,
    pub generation: u32,
    /// In the server's own namespace; for people.
    pub pid: u32,
}

impl Notice {
    pub fn to_bytes(self) -> [u8; NOTICE_BYTES] {
        let mut bytes = [0; NOTICE_BYTES];
        bytes[..4].copy_from_slice(&self.endpoint.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.generation.to_le_bytes());
        bytes[8..].copy_from_slice(&self.pid.to_le_bytes());
        bytes
    }

    pub fn from_bytes(bytes: [u8; NOTICE_BYTES]) -> Self {
        let word = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        Self {
            endpoint: word(0),
            generation: word(4),
            pid: word(8),
        }
    }
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("8 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_as_they_were_written() {
        let request = RequestHead {
            client: 0x0102_0304_0506_0708,
            call: 0x1112_1314_1516_1718,
            flags: REQUEST_ONE_WAY,
            method_len: 3,
            value_at: 0x2122,
        };
        let bytes = request.to_bytes();
        assert_eq!((bytes[0], bytes[8], bytes[18]), (8, 0x18, 0x22));
        assert_eq!(RequestHead::from_bytes(bytes), request);
        let reply = ReplyHead {
            call: 7,
            kind: ReplyKind::Refused,
            value_at: 64,
            status: -3,
        };
        assert_eq!(ReplyHead::from_bytes(reply.to_bytes()), Some(reply));
        let mut unknown = reply.to_bytes();
        unknown[8] = 9;
        assert_eq!(ReplyHead::from_bytes(unknown), None);
        let notice = Notice {
            endpoint: 3,
            generation: 0x0403_0201,
            pid: 77,
        };
        assert_eq!(Notice::from_bytes(notice.to_bytes()), notice);
    }
}
