//! Chunks that messages lie in, before anything says that they stay.

use crate::carrier::attachment::Attachment;
use crate::carrier::message::{ChunkHold, KeptBy};
use crate::carrier::segments::{Mapped, Segments};
use crate::error::Result;
use crate::layout::chunk::Reference;
use std::sync::Arc;

/// A chunk that has been found and mapped, but not referred to.
pub(super) struct Unheld {
    pub(super) mapped: Arc<Mapped>,
    attachment: Arc<Attachment>,
    chunk: u32,
    len: u64,
}

impl Unheld {
    /// The caller has seen to it that the chunk stays.
    pub(super) fn held(self, kept_by: KeptBy) -> ChunkHold {
        let Self {
            mapped,
            attachment,
            chunk,
            len,
        } = self;
        ChunkHold {
            attachment,
            mapped,
            chunk,
            len,
            kept_by,
        }
    }
}

/// Finds the chunk of a reference, mapping its segment if it is new.
pub(super) fn resolve(
    attachment: &Arc<Attachment>,
    segments: &mut Segments,
    reference: Reference,
) -> Result<Option<Unheld>> {
    if segments.pool().find(reference).is_none() {
        segments.refresh(&attachment.place, &attachment.control, false)?;
    }
    let Some(segment) = segments.pool().find(reference) else {
        return Ok(None);
    };
    let Some(mapped) = segments.keep(segment.index) else {
        return Ok(None);
    };
    Ok(Some(Unheld {
        mapped,
        attachment: Arc::clone(attachment),
        chunk: reference.chunk,
        len: reference.len,
    }))
}
