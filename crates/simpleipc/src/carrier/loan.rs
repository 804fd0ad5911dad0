//! A loan: a chunk that a producer fills in place.

use super::attachment::Attachment;
use super::segments::Mapped;
use std::sync::Arc;

/// A buffer inside the channel, 64-byte aligned, that only its holder can see. Dropping it gives
/// it back; if its process dies, the others take it back.
pub struct Loan {
    attachment: Arc<Attachment>,
    mapped: Arc<Mapped>,
    pub(super) chunk: u32,
    pub(super) generation: u16,
    len: usize,
    /// The message has it now.
    pub(super) published: bool,
    /// Counts the loans of the handle.
    _counted: Option<Arc<()>>,
}

impl Loan {
    pub(super) fn new(
        attachment: Arc<Attachment>,
        mapped: Arc<Mapped>,
        (chunk, generation): (u32, u16),
        len: usize,
    ) -> Self {
        Self {
            attachment,
            mapped,
            chunk,
            generation,
            len,
            published: false,
            _counted: None,
        }
    }

    pub(super) fn counted(mut self, counter: &Arc<()>) -> Self {
        self._counted = Some(Arc::clone(counter));
        self
    }

    pub(super) fn view(&self) -> &crate::ring::pool::Segment {
        &self.mapped.view
    }

    pub(super) fn is_of(&self, attachment: &Arc<Attachment>) -> bool {
        Arc::ptr_eq(&self.attachment, attachment)
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// The buffer; empty once it is published, when the memory is the readers' or somebody else's.
    pub fn bytes(&self) -> &[u8] {
        if self.published {
            return &[];
        }
        // SAFETY: as for `bytes_mut`.
        unsafe { std::slice::from_raw_parts(self.mapped.view.bytes(self.chunk), self.len) }
    }

    /// The buffer; empty once it is published.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        if self.published {
            return &mut [];
        }
        // SAFETY: the chunk has at least `len` bytes and stays mapped while `mapped` lives. It is
        // LOANED to our endpoint and has no references, so no process that keeps the protocol
        // touches it, and `&mut self` keeps this process's other threads away.
        unsafe { std::slice::from_raw_parts_mut(self.mapped.view.bytes(self.chunk), self.len) }
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if !self.published && !self.attachment.is_forked() {
            self.mapped.view.unloan(self.chunk, self.generation);
            self.attachment.ring(self.attachment.control.space_bell());
        }
    }
}
