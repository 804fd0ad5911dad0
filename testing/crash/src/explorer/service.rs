//! A service, those who survive on it, and what must be true after somebody has died there.

use super::fate;
use super::stage::{NOW, SERVICE, STUCK, Stage};
use super::topic::SIZES;
use crate::place::Place;
use simpleipc::{Call, Class, Client, Options, Request, Server, Status, Value};
use std::time::{Duration, Instant};

/// Long enough to look around.
const MOMENT: Option<Duration> = Some(Duration::from_millis(5));
/// Calls after which a lane has been used all around.
const ENOUGH: usize = 40;
/// Requests that one client may be ahead; few, so that there is something to wait for.
const DEPTH: u32 = 16;

pub struct Service {
    pub place: Place,
    pub options: Options,
    client: Option<Client>,
    server: Option<Server>,
    /// Calls of the survivor that have not ended.
    calls: Vec<Call>,
    /// Requests that the survivor has in hand.
    held: Vec<Request>,
}

type Checked = Result<(), String>;

fn text(error: simpleipc::Error) -> String {
    error.to_string()
}

impl Service {
    /// A service that nobody uses yet.
    pub fn deserted() -> Self {
        let place = Place::new();
        let options = Options {
            depth: DEPTH,
            ..place.options()
        };
        Self {
            place,
            options,
            client: None,
            server: None,
            calls: Vec::new(),
            held: Vec::new(),
        }
    }

    /// The survivors join: a client and a server.
    pub fn join(&mut self) -> Checked {
        self.join_client()?;
        self.join_server()
    }

    pub fn join_client(&mut self) -> Checked {
        self.client = Some(Client::open(SERVICE, &self.options).map_err(text)?);
        Ok(())
    }

    pub fn join_server(&mut self) -> Checked {
        self.server = Some(Server::open(SERVICE, &self.options).map_err(text)?);
        Ok(())
    }

    /// The survivor calls, and does not wait.
    pub fn call(&mut self, bytes: usize) -> Checked {
        let client = self.client.as_mut().ok_or("no client")?;
        let call = client.start("work", vec![7u8; bytes]).map_err(text)?;
        self.calls.push(call);
        Ok(())
    }

    /// The surviving client does not wait for its calls any more.
    pub fn cancel(&mut self) -> Checked {
        self.calls.clear();
        Ok(())
    }

    /// The surviving server takes a request, and keeps it.
    pub fn hold(&mut self) -> Checked {
        let server = self.server.as_mut().ok_or("no server")?;
        self.held.push(server.receive(Some(STUCK)).map_err(text)?);
        Ok(())
    }

    /// The surviving server answers what it has in hand, and what waits.
    pub fn answer(&mut self, bytes: usize) -> Checked {
        for request in self.held.drain(..) {
            request.reply(vec![9u8; bytes]).map_err(text)?;
        }
        self.serve(bytes, NOW)
    }

    fn serve(&mut self, bytes: usize, patience: Option<Duration>) -> Checked {
        let server = self.server.as_mut().ok_or("no server")?;
        loop {
            match server.receive(patience) {
                Ok(request) => request.reply(vec![9u8; bytes]).map_err(text)?,
                Err(error) if error.status() == Status::Timeout => return Ok(()),
                Err(error) => return Err(format!("the surviving server: {error}")),
            }
        }
    }

    /// Every call of the survivor has an end soon: a result, an error, or that its server died.
    fn end_calls(&mut self) -> Checked {
        let began = Instant::now();
        for mut call in std::mem::take(&mut self.calls) {
            loop {
                self.serve(20, NOW)?;
                match call.result(MOMENT) {
                    Ok(_) => break,
                    Err(error) => match error.status() {
                        Status::ServerDied | Status::Failed => break,
                        // The server could not send its result, and said why.
                        status if status.class() == Class::System => break,
                        Status::Timeout if began.elapsed() < STUCK => {}
                        _ => return Err(format!("a call of the survivor: {error}")),
                    },
                }
            }
        }
        Ok(())
    }

    /// Everybody who survives goes on, whatever the dead were about, and nothing is left.
    pub fn judge(mut self) -> Checked {
        if self.client.is_none() {
            self.join_client()?;
        }
        if self.server.is_none() {
            self.join_server()?;
        }
        self.answer(20)?;
        self.end_calls()?;
        for number in 0..ENOUGH {
            let bytes = SIZES[number % SIZES.len()];
            self.call(bytes)?;
            self.serve(bytes, NOW)?;
            let call = self.calls.last_mut().ok_or("no call")?;
            let reply = call.result(Some(STUCK));
            let reply = reply.map_err(|error| format!("a call between survivors: {error}"))?;
            if reply.value().map_err(text)? != Value::from(&vec![9u8; bytes]) {
                return Err("a result that is not the one that was sent".to_owned());
            }
            self.calls.clear();
        }
        // Whoever joins repairs what is still to be repaired, and sweeps.
        let newcomer = Server::open(SERVICE, &self.options).map_err(text)?;
        let veteran = self.server.replace(newcomer);
        self.serve(20, NOW)?;
        let directory = self.options.directory.as_deref();
        for report in simpleipc::audit_all(directory).map_err(text)? {
            let is_dead = |peer: &simpleipc::PeerReport| !peer.alive && report.name == SERVICE;
            if !report.leaks.is_empty() || report.peers.iter().any(is_dead) {
                return Err(format!("leaks: {report:?}"));
            }
        }
        drop((veteran, self.client, self.server));
        let left = self.place.files();
        if !left.is_empty() {
            return Err(format!("left behind: {left:?}"));
        }
        Ok(())
    }
}

impl Stage {
    pub fn client(&self) -> Client {
        let client = self.insist(|| Client::open(SERVICE, &self.options));
        client.expect("a client joins")
    }

    pub fn server(&self) -> Server {
        let server = self.insist(|| Server::open(SERVICE, &self.options));
        server.expect("a server joins")
    }

    /// Starts a call.
    pub fn call(&self, client: &mut Client, bytes: usize) -> Call {
        let args = vec![5u8; bytes];
        self.insist(|| client.start("work", &args))
            .expect("started")
    }

    /// The next request, if there is one.
    pub fn request(&self, server: &mut Server) -> Option<Request> {
        match self.insist(|| server.receive(NOW)) {
            Err(error) if error.status() == Status::Timeout => None,
            request => Some(request.expect("a request or none")),
        }
    }

    /// Answers a request; its client may have gone.
    pub fn answer(&self, request: Request, bytes: usize) {
        let (result, refusals) = (vec![9u8; bytes], fate::refusals());
        match request.reply(&result) {
            // The client has been told why.
            Err(error) if fate::refusals() > refusals => self.check_sentence(&error),
            outcome => outcome.expect("answered"),
        }
    }
}
