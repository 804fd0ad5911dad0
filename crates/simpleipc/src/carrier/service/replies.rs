//! The client's end of its reply channel, and the removal of such channels.

use super::{CLIENT, REPLIES_DEPTH, SLOTS};
use crate::carrier::attachment::Role;
use crate::carrier::consumer::Consumer;
use crate::carrier::message::Message;
use crate::carrier::place::{Place, reply_places};
use crate::carrier::wait::Deadline;
use crate::carrier::{Interrupter, Opening, files};
use crate::error::{Error, Result, Status};
use crate::layout::endpoint::STATE_FREE;
use crate::os;
use crate::ring::control::Control;
use crate::sync::{Ordering, fence};

use crate::carrier::files::{ControlFile, endpoint_byte};

/// Where a client gets its replies.
pub struct Replies {
    consumer: Consumer,
    client: u64,
}

impl Replies {
    /// Makes a channel for the replies of the service of this place.
    pub fn open(service: &Place, pool_bytes_max: u64) -> Result<Self> {
        let client = u64::from_le_bytes(os::random_bytes()).max(1);
        let opening = Opening {
            depth: REPLIES_DEPTH,
            pool_bytes_max,
            ..Opening::default()
        };
        let consumer = Consumer::open(service.replies(client), Role::Receive, &opening)?;
        if consumer.attachment().endpoint != CLIENT {
            return Err(Error::new(
                Status::Internal,
                "somebody else was the first in a client's reply channel",
            ));
        }
        Ok(Self { consumer, client })
    }

    /// What requests name the channel by.
    pub fn client(&self) -> u64 {
        self.client
    }

    /// See [`Consumer::take`].
    pub fn take(&mut self, deadline: Deadline) -> Result<Message> {
        self.consumer.take(deadline)
    }

    /// For waits that are not a `take`.
    pub fn consumer(&mut self) -> &mut Consumer {
        &mut self.consumer
    }

    pub fn interrupter(&self) -> Interrupter {
        self.consumer.interrupter()
    }

    /// From now on servers see that this call waits.
    pub fn begin(&self, call: u64) {
        self.mark(call, call);
    }

    /// The call waits no more: it has its reply, or nobody wants one.
    pub fn end(&self, call: u64) {
        self.mark(call, 0);
    }

    fn mark(&self, call: u64, word: u64) {
        if self.consumer.attachment().is_forked() {
            return;
        }
        let slot = (call % SLOTS as u64) as u32;
        // Relaxed: a server that works on the call has its request, which was sent later; and
        // that a call was cancelled, it may see late.
        self.consumer
            .attachment()
            .control
            .endpoint(CLIENT)
            .cursor(slot)
            .store(word, Ordering::Relaxed);
    }
}

impl Drop for Replies {
    fn drop(&mut self) {
        // Replies that the program still holds keep the endpoint, but nobody needs the files.
        let attachment = self.consumer.attachment();
        if !attachment.is_forked() && attachment.check_own().is_ok() {
            remove_replies(&attachment.place, &attachment.control);
        }
    }
}

/// Removes the files of a reply channel, whoever else has them open: they keep what they have
/// mapped, and their replies go nowhere.
pub fn remove_replies(place: &Place, control: &Control) {
    if files::remove_files(place, control).is_ok() {
        remove_data(place);
    }
}

/// After the control file: a server that has made a data file since either finds that the control
/// file has lost its name, and removes what it made, or has made it before we look here.
fn remove_data(place: &Place) {
    for nonce in place.segment_nonces().unwrap_or_default() {
        let _ = os::remove(&place.segment_path(nonce));
    }
}

/// Whether the client of a reply channel lives, or is about to.
pub(super) fn has_client(opened: &ControlFile) -> Result<bool> {
    let ControlFile { file, control, .. } = opened;
    if control.endpoints_reserved() == 0 {
        return files::has_member(file);
    }
    let block = control.endpoint(CLIENT);
    let generation = block.generation().load(Ordering::Relaxed);
    // sync endpoint-life/acquire: whose generation we see has locked its byte before.
    fence(Ordering::Acquire);
    if generation == 0 {
        // The channel is being made, by somebody who is a member already.
        return files::has_member(file);
    }
    if !file.is_locked(endpoint_byte(CLIENT))? {
        return Ok(false);
    }
    // sync endpoint-state/acquire: the role is that of this state.
    let state = block.state().load(Ordering::Acquire);
    // One that is just being filled in is free still, and its role anybody's.
    let is_coming = state == STATE_FREE;
    Ok(is_coming || block.role().load(Ordering::Relaxed) == Role::Receive as u32)
}

/// Removes a reply channel whose client has gone. Whether there was one.
pub fn remove_deserted(place: &Place) -> Result<bool> {
    let Some(opened) = files::look(place)? else {
        // Its data files can only be remains.
        remove_data(place);
        return Ok(false);
    };
    if has_client(&opened)? {
        return Ok(false);
    }
    remove_replies(place, &opened.control);
    Ok(true)
}

/// Removes the reply channels of this service whose clients have died.
pub fn sweep(service: &Place) {
    for place in reply_places(service).unwrap_or_default() {
        // What cannot be removed now is left for the next one.
        let _ = remove_deserted(&place);
    }
}
