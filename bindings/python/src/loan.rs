//! A buffer inside the channel that Python fills and publishes.

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use capi::generated::{SIPC_KIND_BYTES, sipc_value};

use crate::channel::{Channel, Dropped};
use crate::memory::Owner;

/// Lent until it is published or dropped. Afterwards its memory is someone else's, but stays
/// readable, since the channel is open while this lives.
pub(crate) struct Loan {
    channel: Arc<Channel>,
    /// As sipc_loan has returned it, which is how it must be put.
    value: sipc_value,
    /// What the value's label points to.
    _format: String,
    is_published: AtomicBool,
}

// SAFETY: the pointers are only compared and handed on; nobody reads or writes through them here.
unsafe impl Send for Loan {}
// SAFETY: as above.
unsafe impl Sync for Loan {}

impl Loan {
    /// Takes over what sipc_loan has lent; the label points into `format`.
    pub(crate) fn new(channel: Arc<Channel>, value: sipc_value, format: String) -> Arc<Loan> {
        channel.count_loan();
        let is_published = AtomicBool::new(false);
        Arc::new(Loan {
            channel,
            value,
            _format: format,
            is_published,
        })
    }

    /// Whether this is the loan at this address, and still one.
    pub(crate) fn is_at(&self, data: *const c_void) -> bool {
        self.is_writable() && std::ptr::eq(self.value.data, data)
    }

    /// Whether `value` is all of the loan and not a part of it, or seen in another way, or with a
    /// format of its own. A memoryview of a tensor of bytes cannot be told from bytes.
    pub(crate) fn is_whole(&self, value: &sipc_value) -> bool {
        let same_shape = self.value.dtype == value.dtype
            && self.value.ndim == value.ndim
            && self.value.shape == value.shape;
        let same_kind = self.value.kind == value.kind && same_shape;
        value.label_len == 0
            && self.value.len == value.len
            && (same_kind || value.kind == SIPC_KIND_BYTES)
    }

    /// What to put.
    pub(crate) fn value(&self) -> sipc_value {
        self.value
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
            self.channel
                .give_back(Dropped::Loan(self.value.data.addr()));
        }
        self.channel.discount_loan();
    }
}
