//! A buffer inside the channel that Python fills and publishes.

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use capi::generated::{SIPC_BUSY, sipc_value};

use crate::channel::Channel;
use crate::memory::Owner;

/// Lent until it is published or dropped. Afterwards its memory is someone else's, but stays
/// readable, since the channel is open while this lives.
pub(crate) struct Loan {
    channel: Arc<Channel>,
    data: *mut c_void,
    /// What a tensor was lent for, as rgb8; it is published with it.
    format: String,
    is_published: AtomicBool,
}

// SAFETY: the pointer is only compared and given back; nobody reads or writes through it here.
unsafe impl Send for Loan {}
// SAFETY: as above.
unsafe impl Sync for Loan {}

impl Loan {
    /// Takes over what sipc_loan has lent.
    pub(crate) fn new(channel: Arc<Channel>, lent: &sipc_value, format: String) -> Arc<Loan> {
        channel.count_loan();
        let is_published = AtomicBool::new(false);
        Arc::new(Loan {
            channel,
            data: lent.data.cast_mut(),
            format,
            is_published,
        })
    }

    /// Whether this is the loan at this address, and still one.
    pub(crate) fn is_at(&self, data: *const c_void) -> bool {
        self.is_writable() && std::ptr::eq(self.data, data)
    }

    pub(crate) fn format(&self) -> &str {
        &self.format
    }

    /// The memory belongs to the receivers from now on.
    pub(crate) fn set_published(&self) {
        // Relaxed: the GIL orders it.
        self.is_published.store(true, Ordering::Relaxed);
    }
}

impl Owner for Loan {
    fn is_writable(&self) -> bool {
        !self.is_published.load(Ordering::Relaxed)
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if self.is_writable() {
            let status = capi::sipc_unloan(self.channel.raw(), self.data);
            if status == SIPC_BUSY {
                self.channel.unloan_later(self.data);
            }
        }
        self.channel.discount_loan();
    }
}
