//! The reply channels that a server has open: of the clients that called of late.

use super::Notice;
use super::answers::{Answers, Ticket};
use super::replies::remove_deserted;
use crate::carrier::attachment::Attachment;
use crate::carrier::place::Place;
use crate::error::{Class, Result};
use crate::os;
use std::sync::Arc;

/// Reply channels open at once, besides those of calls that are being worked on. Each costs a
/// descriptor and a mapping; as many as a service has clients at most.
const OPEN_MAX: usize = crate::limits::PRODUCERS_MAX;

/// The clients of one server, the last one that called first.
pub struct Clients {
    service: Place,
    server: Notice,
    stamped: bool,
    open: Vec<(u64, Arc<Answers>)>,
}

impl Clients {
    pub fn new(server: &Attachment, stamped: bool) -> Self {
        Self {
            service: server.place.clone(),
            server: Notice {
                endpoint: server.endpoint,
                generation: server.generation,
                pid: os::process_id(),
            },
            stamped,
            open: Vec::new(),
        }
    }

    /// The ticket of a call; `None` when nobody waits for it any more.
    pub fn ticket(&mut self, client: u64, call: u64) -> Result<Option<Ticket>> {
        let Some(answers) = self.find(client)? else {
            return Ok(None);
        };
        let is_waiting = answers.is_waiting(call);
        let ticket = Ticket::new(answers, call, self.server, self.stamped);
        Ok(is_waiting.then_some(ticket))
    }

    fn find(&mut self, client: u64) -> Result<Option<Arc<Answers>>> {
        if let Some(at) = self.open.iter().position(|(known, _)| *known == client) {
            self.open[..=at].rotate_right(1);
            return Ok(Some(Arc::clone(&self.open[0].1)));
        }
        self.forget_dead();
        self.open.truncate(OPEN_MAX - 1);
        let answers = loop {
            match Answers::open(&self.service, client) {
                // Out of descriptors or address space: those who called long ago go first.
                Err(error) if error.status().class() == Class::System && self.open.len() > 1 => {
                    self.open.pop();
                }
                answers => break answers?,
            }
        };
        let Some(answers) = answers.map(Arc::new) else {
            let _ = remove_deserted(&self.service.replies(client));
            return Ok(None);
        };
        self.open.insert(0, (client, Arc::clone(&answers)));
        Ok(Some(answers))
    }

    /// Lets go of clients that have died, and of what they have left.
    pub fn forget_dead(&mut self) {
        self.open.retain(|(_, answers)| {
            let lives = answers.has_client();
            if !lives {
                let _ = remove_deserted(answers.place());
            }
            lives
        });
    }
}
