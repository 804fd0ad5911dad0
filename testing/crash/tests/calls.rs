//! Calls whose servers or clients are killed or stopped: each has one end, and none takes long.
//!
//! The bounds are generous: a machine that does ten things at once is no failure. What was
//! measured is printed; run with `--nocapture` to see it.

use crash::caller::{DONE, SERVICE};
use crash::place::Place;
use crash::process::Process;
use simpleipc::{Call, CallError, Client, Server, Status, Value};
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed};
use std::time::{Duration, Instant};

const PATIENCE: Option<Duration> = Some(Duration::from_secs(30));
const NOW: Option<Duration> = Some(Duration::ZERO);
/// Ten times what is promised.
const AT_ONCE: Duration = Duration::from_secs(1);

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_crash"))
}

fn start(place: &Place, words: &[&str]) -> Process {
    let mut process = Process::start(program(), place.path(), words);
    process.wait_until_ready();
    process
}

fn open(place: &Place) -> Client {
    Client::open(SERVICE, &place.options()).expect("a client")
}

/// Waits until a server says so.
fn expect(server: &mut Process, line: &str) {
    assert_eq!(server.line().as_deref(), Some(line));
}

/// Nothing belongs to nobody, and nothing is left when all have gone.
fn nothing_is_left(place: &Place) {
    drop(Server::open(SERVICE, &place.options()).expect("a server"));
    let _ = std::fs::remove_file(place.path().join(DONE));
    assert_eq!(place.left_after_cleaning(), Vec::<String>::new());
}

/// The call ends because the server `pid` died, at once.
fn ends(call: &mut Call, pid: u32, died: Instant) -> Duration {
    let error = call.result(PATIENCE).expect_err("its server is dead");
    let took = died.elapsed();
    assert_eq!(error.status(), Status::ServerDied, "{error}");
    assert!(error.to_string().contains(&pid.to_string()), "{error}");
    assert!(took < AT_ONCE, "{took:?}");
    took
}

fn answered_by(call: &mut Call) -> u32 {
    let reply = call.result(PATIENCE).expect("a result");
    match reply.value().expect("a value") {
        Value::Int(pid) => pid as u32,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_whose_server_dies_ends_at_once() {
    for survivors in [0, 1, 3] {
        let place = Place::new();
        let mut client = open(&place);
        let mut server = start(&place, &["server"]);
        let mut call = client.start("hold", ()).expect("started");
        expect(&mut server, "got hold");
        let others: Vec<Process> = (0..survivors)
            .map(|_| start(&place, &["server", "survivor=1"]))
            .collect();
        let pid = server.id();
        let died = Instant::now();
        server.kill();
        let took = ends(&mut call, pid, died);
        println!("server killed, {survivors} others: SERVER_DIED after {took:?}");
        let patience = match survivors {
            0 => Some(Duration::from_millis(50)),
            _ => PATIENCE,
        };
        let next = client.call("work", (), patience).map(|_| ());
        let due = match survivors {
            0 => Err(Status::Timeout),
            _ => Ok(()),
        };
        assert_eq!(next.map_err(|error| error.status()), due);
        drop((call, client, others));
        nothing_is_left(&place);
    }
}

#[test]
fn a_call_whose_server_dies_ends_at_once_also_when_the_others_are_busy() {
    let place = Place::new();
    let mut client = open(&place);
    let mut servers: Vec<Process> = (0..3).map(|_| start(&place, &["server"])).collect();
    let mut calls: Vec<Call> = (0..3)
        .map(|_| client.start("hold", ()).expect("started"))
        .collect();
    for server in &mut servers {
        expect(server, "got hold");
    }
    for _ in 0..3 {
        let server = servers.pop().expect("one more");
        let pid = server.id();
        let died = Instant::now();
        server.kill();
        let at = loop {
            let ended = (0..calls.len()).find(|at| {
                let error = calls[*at].result(NOW).expect_err("nobody answers");
                error.status() == Status::ServerDied && error.to_string().contains(&pid.to_string())
            });
            match ended {
                Some(at) => break at,
                None => assert!(died.elapsed() < AT_ONCE, "nothing ended"),
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        println!(
            "server killed, others busy: SERVER_DIED after {:?}",
            died.elapsed()
        );
        calls.remove(at);
    }
    drop((calls, client));
    nothing_is_left(&place);
}

#[test]
fn an_idempotent_call_whose_server_dies_is_answered_by_another() {
    for declared in [false, true] {
        for survivors in [1, 3] {
            let place = Place::new();
            let mut client = open(&place);
            let mut server = start(&place, &["server"]);
            let mut call = match declared {
                true => client.start("hold", ()).expect("started"),
                false => client.start_idempotent("hold", ()).expect("started"),
            };
            expect(&mut server, "got hold");
            let says: &[&str] = match declared {
                true => &["server", "survivor=1", "declared=1"],
                false => &["server", "survivor=1"],
            };
            let others: Vec<Process> = (0..survivors).map(|_| start(&place, says)).collect();
            let died = Instant::now();
            let dead = server.id();
            server.kill();
            let by = answered_by(&mut call);
            let took = died.elapsed();
            assert!(by != dead && others.iter().any(|other| other.id() == by));
            assert!(took < AT_ONCE, "{took:?}");
            println!("server killed, {survivors} others, idempotent: a result after {took:?}");
            drop((call, client, others));
            nothing_is_left(&place);
        }
    }
}

#[test]
fn an_idempotent_call_whose_server_dies_waits_for_the_next_server() {
    for method in ["hold", "several"] {
        let place = Place::new();
        let mut client = open(&place);
        let mut server = start(&place, &["server"]);
        let mut call = client.start_idempotent(method, ()).expect("started");
        expect(&mut server, &format!("got {method}"));
        server.kill();
        let early = call.result(Some(Duration::from_millis(300)));
        assert_eq!(early.expect_err("no server").status(), Status::Timeout);
        let next = start(&place, &["server", "survivor=1"]);
        assert_eq!(answered_by(&mut call), next.id());
        drop((call, client, next));
        nothing_is_left(&place);
    }
}

#[test]
fn calls_that_a_dead_server_had_accepted_end_at_once() {
    for survivors in [0, 2] {
        let place = Place::new();
        let mut client = open(&place);
        let mut server = start(&place, &["server"]);
        let mut calls: Vec<Call> = (0..8)
            .map(|_| client.start("several", ()).expect("started"))
            .collect();
        let mut stream = client.start("half", ()).expect("started");
        let mut again = client.start_idempotent("several", ()).expect("started");
        for _ in 0..10 {
            server.line().expect("it got one more");
        }
        let others: Vec<Process> = (0..survivors)
            .map(|_| start(&place, &["server", "survivor=1"]))
            .collect();
        let pid = server.id();
        let died = Instant::now();
        server.kill();
        let first = stream
            .next(PATIENCE)
            .expect("no error")
            .expect("a first part");
        assert_eq!(first.value().expect("a value"), Value::from("first"));
        let mut latest = ends(&mut stream, pid, died);
        for call in &mut calls {
            latest = latest.max(ends(call, pid, died));
        }
        println!("server with 10 calls killed, {survivors} others: all over after {latest:?}");
        if survivors > 0 {
            assert_ne!(answered_by(&mut again), pid);
        }
        drop((calls, stream, again, first, client, others));
        nothing_is_left(&place);
    }
}

#[test]
fn a_client_that_dies_costs_its_servers_nothing() {
    let place = Place::new();
    let mut server = Server::open(SERVICE, &place.options()).expect("a server");
    let mut other = open(&place);
    for stopped in [false, true] {
        let client = start(&place, &["holder"]);
        let request = server.receive(PATIENCE).expect("a request");
        assert!(!request.is_cancelled());
        if stopped {
            client.signal(libc::SIGSTOP);
            std::thread::sleep(Duration::from_millis(30));
            assert!(!request.is_cancelled(), "a stopped client is not dead");
        }
        client.kill();
        let died = Instant::now();
        while !request.is_cancelled() {
            assert!(
                died.elapsed() < AT_ONCE,
                "it never sees that the client died"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        let error = request.push(&[1u8; 5000]).expect_err("nobody waits");
        assert_eq!(error.status(), Status::Cancelled);
        request.reply(&[1u8; 5000]).expect("nothing happens");
        let mut call = other.start("work", ()).expect("started");
        server
            .receive(PATIENCE)
            .expect("a request")
            .reply(1)
            .expect("replied");
        assert_eq!(answered_by(&mut call), 1);
        // Of an idle server it takes a second.
        let began = Instant::now();
        while place.files().len() > 2 {
            let idle = server.receive(Some(Duration::from_millis(1100)));
            assert_eq!(
                idle.err().map(|error| error.status()),
                Some(Status::Timeout)
            );
            assert!(began.elapsed() < 5 * AT_ONCE, "left: {:?}", place.files());
        }
    }
    assert_eq!(place.leaks(), Vec::<String>::new());
    drop((server, other));
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn a_stopped_client_holds_its_server_up_for_a_moment_and_gets_its_end() {
    let place = Place::new();
    let mut server = Server::open(SERVICE, &place.options()).expect("a server");
    let mut client = start(&place, &["holder"]);
    let request = server.receive(PATIENCE).expect("a request");
    client.signal(libc::SIGSTOP);
    let began = Instant::now();
    let mut pushed = 0;
    let error = loop {
        match request.push(pushed) {
            Ok(()) => pushed += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.status(), Status::Full);
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    request.reply(&*"x".repeat(1000)).expect("its end has room");
    drop(request);
    client.signal(libc::SIGCONT);
    let said = client.line().expect("it goes on");
    assert!(said.starts_with(&format!("{pushed} parts and")), "{said}");
    assert_eq!(client.end(), None);
    drop(server);
    assert_eq!(place.files(), Vec::<String>::new());
}

/// A client that takes its request back dies in the middle of that.
#[test]
fn crash_at_request_withdrawn() {
    for bytes in ["bytes=20", "bytes=5000"] {
        let place = Place::new();
        let mut server = Server::open(SERVICE, &place.options()).expect("a server");
        let words = ["caller", "die=request-withdrawn", bytes];
        let mut client = Process::start(program(), place.path(), &words);
        client.wait_until_ready();
        assert_eq!(
            client.end(),
            Some(libc::SIGKILL),
            "it never came to the point"
        );
        let none = server.receive(Some(Duration::from_millis(100)));
        assert_eq!(
            none.err().map(|error| error.status()),
            Some(Status::Timeout)
        );
        let mut other = open(&place);
        let mut call = other.start("work", ()).expect("started");
        server
            .receive(PATIENCE)
            .expect("a request")
            .reply(1)
            .expect("replied");
        assert_eq!(answered_by(&mut call), 1);
        assert_eq!(place.leaks(), Vec::<String>::new());
        drop((call, other, server));
        assert_eq!(place.files(), Vec::<String>::new());
    }
}

#[test]
fn data_files_of_a_client_that_has_gone_are_swept() {
    let place = Place::new();
    let name = format!(".{SERVICE}.0123456789abcdef.0123456789ab.data");
    std::fs::write(place.path().join(name), "remains").expect("written");
    let other = ".another.0123456789abcdef.0123456789ab.data";
    std::fs::write(place.path().join(other), "of another service").expect("written");
    let server = Server::open(SERVICE, &place.options()).expect("a server");
    assert_eq!(place.files().len(), 2, "{:?}", place.files());
    drop(server);
    assert_eq!(place.files(), [other]);
}

/// Random numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1);
        (self.0 >> 33) % sides
    }
}

const CLIENTS: i64 = 8;
const CALLS_EACH: i64 = 1250;
/// Calls that one client has in flight at once.
const AT_A_TIME: i64 = 5;

/// How many calls had a result, and how many an error.
fn call_many(place: &Place, me: i64, ended: &AtomicI64) -> (i64, i64) {
    let mut client = open(place);
    let mut counts = (0, 0);
    for first in (0..CALLS_EACH).step_by(AT_A_TIME as usize) {
        let numbers = first..first + AT_A_TIME;
        let mut calls: Vec<(i64, Call)> = numbers
            .map(|n| {
                let number = me * CALLS_EACH + n;
                let call = match n % 2 {
                    0 => client.start("note", number),
                    _ => client.start_idempotent("note", number),
                };
                (n, call.expect("started"))
            })
            .collect();
        for (n, call) in &mut calls {
            match call.result(PATIENCE) {
                Ok(_) => counts.0 += 1,
                Err(CallError::Lost(error)) if error.status() == Status::ServerDied => {
                    assert!(*n % 2 == 0, "an idempotent call ended with {error}");
                    counts.1 += 1;
                }
                Err(error) => panic!("a call ended with {error}"),
            }
            let twice = call.result(NOW).expect_err("it has one end");
            assert_eq!(twice.status(), Status::BadArgument);
            ended.fetch_add(1, Relaxed);
        }
    }
    counts
}

#[test]
fn of_ten_thousand_calls_to_servers_that_are_killed_each_has_one_end() {
    let place = Place::new();
    let over = AtomicBool::new(false);
    let ended = AtomicI64::new(0);
    let total = CLIENTS * CALLS_EACH;
    let (results, kills) = std::thread::scope(|threads| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|me| {
                threads.spawn({
                    let (place, ended) = (&place, &ended);
                    move || call_many(place, me, ended)
                })
            })
            .collect();
        let killer = threads.spawn(|| {
            let mut dice = Dice(7);
            let mut servers: Vec<Process> = (0..3).map(|_| start(&place, &["server"])).collect();
            let mut kills = 0;
            while !over.load(Relaxed) {
                std::thread::sleep(Duration::from_millis(dice.roll(10)));
                let at = dice.roll(3) as usize;
                servers.swap_remove(at).kill();
                kills += 1;
                servers.push(start(&place, &["server"]));
            }
            kills
        });
        let mut sum = (0, 0);
        let mut panicked = None;
        for client in clients {
            match client.join() {
                Ok((ok, died)) => sum = (sum.0 + ok, sum.1 + died),
                Err(panic) => panicked = Some(panic),
            }
        }
        over.store(true, Relaxed);
        let kills = killer.join().expect("the killer");
        if let Some(panic) = panicked {
            std::panic::resume_unwind(panic);
        }
        (sum, kills)
    });
    println!(
        "{kills} servers killed: {} results, {} SERVER_DIED",
        results.0, results.1
    );
    assert_eq!(results.0 + results.1, total);
    assert_eq!(ended.load(Relaxed), total);
    assert!(kills > 20, "only {kills} servers were killed");
    // What may not be done twice was not, and what has a result was done.
    let bytes = std::fs::read(place.path().join(DONE)).expect("the servers' notes");
    let mut times: HashMap<i64, u32> = HashMap::new();
    for number in bytes.chunks_exact(8) {
        let number = i64::from_le_bytes(number.try_into().expect("8 bytes"));
        *times.entry(number).or_default() += 1;
    }
    for number in 0..total {
        let times = times.get(&number).copied().unwrap_or(0);
        let once = number % CALLS_EACH % 2 == 0;
        assert!(!once || times <= 1, "call {number} was done {times} times");
        assert!(once || times >= 1, "call {number} was never done");
    }
    nothing_is_left(&place);
}
