//! Plugins, seen from their host. The plugins are this program again, started for one test.

mod place;

use place::TestPlace;
use simpleipc::{
    CallError, Client, Event, Failure, Handlers, Happening, Host, Options, Plugin, Server, Status,
    Subscriber, Value, plugin_service,
};
use std::path::Path;
use std::time::{Duration, Instant};

const SOON: Option<Duration> = Some(Duration::from_secs(20));

/// What a plugin does. Without the environment of one it is no plugin, and this is no test.
#[test]
fn as_a_plugin() {
    let Ok(service) = plugin_service() else {
        return;
    };
    println!("hello from {service}");
    eprintln!("and a complaint");
    if service.ends_with(".quitter") {
        std::process::exit(3);
    }
    let mut handlers = Handlers::new();
    handlers
        .on("add", |request| match request.args()? {
            Value::List(list) => match list[..] {
                [Value::Int(a), Value::Int(b)] => Ok((a + b).into()),
                _ => Err(Failure::new(7, "add takes two ints")),
            },
            _ => Err(Failure::new(7, "add takes two ints")),
        })
        .on("pid", |_| Ok(i64::from(std::process::id()).into()))
        .on("crash", |_| std::process::abort())
        .on("finish", |_| std::process::exit(0))
        .on("hang", |_| {
            std::thread::sleep(Duration::from_secs(3600));
            Ok(Value::Null)
        });
    let mut server = Server::open(&service, &Options::default()).expect("serve");
    server.run(&mut handlers).expect("served");
}

/// This program as a plugin of that name.
fn plugin(name: &str) -> Plugin {
    let program = std::env::current_exe().expect("a path");
    Plugin::new(name, program).args(["--exact", "as_a_plugin", "--nocapture"])
}

/// Waits for an event that is wanted, and returns the ones on the way to it, too.
fn until(host: &mut Host, wanted: impl Fn(&Event) -> bool) -> Vec<Event> {
    let mut events = Vec::new();
    loop {
        let event = host.event(SOON).unwrap_or_else(|error| {
            panic!("{error} after {events:?}");
        });
        let is_wanted = wanted(&event);
        events.push(event);
        if is_wanted {
            return events;
        }
    }
}

fn is_ready(event: &Event) -> bool {
    matches!(event.happening, Happening::Ready(_))
}

fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // A zombie has ended; only its parent has not asked yet.
    !stat.is_empty() && !stat.contains(") Z")
}

// snippet-begin
/// Starts a plugin, calls it, and waits until it has crashed and lives again.
fn host(options: &Options, plugin: Plugin) -> simpleipc::Result<()> {
    let mut host = Host::open("host", options)?;
    host.start(plugin.restarts(3, Duration::from_secs(60)))?;

    let mut calc = host.client("calc")?;
    let sum = calc.call("add", (2, 3), Some(Duration::from_secs(20)))?;
    assert_eq!(sum.value()?, Value::Int(5));

    let error = calc.call("crash", (), Some(Duration::from_secs(20)));
    println!("the call is lost: {}", error.expect_err("it dies"));
    loop {
        let event = host.event(Some(Duration::from_secs(20)))?;
        println!("{}: {:?}", event.plugin, event.happening);
        if matches!(event.happening, Happening::Restarting(_)) {
            return Ok(());
        }
    }
}
// snippet-end

#[test]
fn the_page_of_plugins_is_right() {
    let place = TestPlace::new();
    host(&place.options(), plugin("calc")).expect("as the page says");
}

#[test]
fn a_plugin_is_started_serves_and_ends_with_its_host() {
    let place = TestPlace::new();
    let mut host = Host::open("host", &place.options()).expect("open");
    host.start(plugin("calc")).expect("start");
    let error = host.start(plugin("calc")).expect_err("twice");
    assert_eq!(error.status(), Status::BadArgument);
    let events = until(&mut host, is_ready);
    assert_eq!(events[0].happening, Happening::Started);
    let Happening::Ready(methods) = &events.last().expect("one").happening else {
        unreachable!("just found");
    };
    assert!(methods.contains(&"add".to_owned()), "{methods:?}");
    let mut client = host.client("calc").expect("client");
    let reply = client.call("add", (2, 3), SOON).expect("call");
    assert_eq!(reply.value().expect("value"), Value::Int(5));
    let Err(CallError::Failed(failure)) = client.call("add", "x", SOON) else {
        panic!("an error was due");
    };
    assert_eq!(failure.code, 7);
    let pid = host.plugins().next().expect("one").1;
    assert!(is_alive(pid));
    drop((reply, client, host));
    assert!(!is_alive(pid), "it has outlived its host");
}

#[test]
fn what_a_plugin_prints_is_told_line_by_line() {
    let place = TestPlace::new();
    let mut host = Host::open("host", &place.options()).expect("open");
    host.start(plugin("quitter").restarts(0, Duration::from_secs(1)))
        .expect("start");
    let events = until(&mut host, |event| event.happening == Happening::GivenUp);
    let told = |happening: Happening| events.iter().any(|event| event.happening == happening);
    assert!(told(Happening::Output(
        "hello from host.quitter".to_owned()
    )));
    assert!(told(Happening::Complaint("and a complaint".to_owned())));
    assert!(told(Happening::Ended(3)), "{events:?}");
    drop(host);
}

#[test]
fn a_crash_is_an_event_and_the_plugin_lives_again_but_not_for_ever() {
    let place = TestPlace::new();
    let mut host = Host::open("host", &place.options()).expect("open");
    let crashing = plugin("calc").restarts(2, Duration::from_secs(60));
    host.start(crashing).expect("start");
    let mut client = host.client("calc").expect("client");
    for life in 0..3 {
        until(&mut host, is_ready);
        let error = client.call("crash", (), SOON).expect_err("it dies");
        assert_eq!(error.status(), Status::ServerDied, "life {life}");
        let events = until(&mut host, |event| {
            matches!(event.happening, Happening::Killed(_))
        });
        let last = events.last().expect("one");
        assert_eq!(last.happening, Happening::Killed(6), "life {life}");
    }
    until(&mut host, |event| event.happening == Happening::GivenUp);
    assert_eq!(host.plugins().next(), Some(("calc", 0)));
    drop((client, host));
}

#[test]
fn a_plugin_that_hangs_is_killed_and_lives_again() {
    let place = TestPlace::new();
    let mut host = Host::open("host", &place.options()).expect("open");
    let hanging = plugin("calc").hang_after(Duration::from_secs(3));
    host.start(hanging).expect("start");
    until(&mut host, is_ready);
    let mut client = host.client("calc").expect("client");
    let call = client.start("hang", ()).expect("start");
    until(&mut host, |event| event.happening == Happening::Hung);
    until(&mut host, is_ready);
    let reply = client.call("add", (1, 1), SOON).expect("call");
    assert_eq!(reply.value().expect("value"), Value::Int(2));
    drop((reply, call, client, host));
}

#[test]
fn a_plugin_that_has_finished_is_not_started_again() {
    let place = TestPlace::new();
    let mut host = Host::open("host", &place.options()).expect("open");
    host.start(plugin("calc")).expect("start");
    until(&mut host, is_ready);
    let mut client = host.client("calc").expect("client");
    let _ = client.call("finish", (), SOON);
    until(&mut host, |event| event.happening == Happening::Ended(0));
    let error = host
        .event(Some(Duration::from_millis(200)))
        .expect_err("no more");
    assert_eq!(error.status(), Status::Timeout);
    // Its name is free again.
    host.start(plugin("calc")).expect("start");
    until(&mut host, is_ready);
    assert!(host.stop("calc"));
    assert!(!host.stop("calc"));
    drop((client, host));
}

#[test]
fn the_name_of_a_plugin_is_free_when_its_end_is_told() {
    let place = TestPlace::new();
    let mut host = Host::open("host", &place.options()).expect("open");
    for round in 0..20 {
        for (program, last) in [("true", Happening::Ended(0)), ("false", Happening::GivenUp)] {
            let plugin = Plugin::new("brief", program).restarts(0, Duration::from_secs(1));
            host.start(plugin)
                .unwrap_or_else(|error| panic!("round {round}: {error}"));
            until(&mut host, |event| event.happening == last);
        }
    }
}

#[test]
fn a_plugin_that_is_stopped_at_once_is_asked_to_end() {
    const SIGTERM: i32 = 15;
    let place = TestPlace::new();
    let mut host = Host::open("host", &place.options()).expect("open");
    for round in 0..10 {
        host.start(Plugin::new("sleeper", "sleep").args(["3600"]))
            .expect("start");
        assert!(host.stop("sleeper"));
        let mut events = Vec::new();
        while let Ok(event) = host.event(Some(Duration::ZERO)) {
            events.push(event.happening);
        }
        let expected = [Happening::Started, Happening::Killed(SIGTERM)];
        assert_eq!(events, expected, "round {round}");
    }
}

#[test]
fn a_program_that_is_not_there_is_an_event_with_a_sentence() {
    let place = TestPlace::new();
    let mut host = Host::open("host", &place.options()).expect("open");
    let nowhere = Plugin::new("ghost", "/nowhere/at/all").restarts(1, Duration::from_secs(1));
    host.start(nowhere).expect("start");
    let events = until(&mut host, |event| event.happening == Happening::GivenUp);
    let Happening::Failed(text) = &events[0].happening else {
        panic!("{events:?}");
    };
    assert!(text.contains("/nowhere/at/all"), "{text}");
    for name in ["", "a.b", &"x".repeat(300)] {
        let error = host.start(Plugin::new(name, "true")).expect_err("refused");
        assert_eq!(error.status(), Status::BadName);
    }
}

/// A host in a process of its own, for the test below.
#[test]
fn as_a_host() {
    let Some(directory) = std::env::var_os("PLUGIN_TEST_HOST") else {
        return;
    };
    let options = Options {
        directory: Some(directory.into()),
        ..Options::default()
    };
    let mut host = Host::open("host", &options).expect("open");
    host.start(plugin("calc")).expect("start");
    std::thread::sleep(Duration::from_secs(3600));
}

#[test]
fn plugins_end_with_a_host_that_is_killed() {
    let place = TestPlace::new();
    let mut child = host_process(place.path());
    let mut client = Client::open("host.calc", &place.options()).expect("client");
    let reply = client.call("pid", (), SOON).expect("call");
    let Ok(Value::Int(pid)) = reply.value() else {
        panic!("no pid: {reply:?}");
    };
    assert!(is_alive(pid as u32));
    child.kill().expect("kill -9");
    child.wait().expect("wait");
    let deadline = Instant::now() + Duration::from_secs(10);
    while is_alive(pid as u32) {
        assert!(Instant::now() < deadline, "it has outlived its host");
        std::thread::sleep(Duration::from_millis(1));
    }
    // And others may look on, or begin again.
    let events = Subscriber::open("host.events", &place.options()).expect("open");
    drop((events, reply, client));
    simpleipc::clean(Some(place.path()), Duration::ZERO).expect("clean");
}

/// Whatever the host was about to do: to fork, to bind the child to itself, to run its program.
#[test]
fn a_host_that_is_killed_while_it_starts_a_plugin_leaves_no_process() {
    for round in 0..40 {
        let place = TestPlace::new();
        let mut child = host_process(place.path());
        while std::fs::read_dir(place.path())
            .expect("a directory")
            .count()
            == 0
        {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_micros(100 * round));
        child.kill().expect("kill -9");
        child.wait().expect("wait");
        let deadline = Instant::now() + Duration::from_secs(20);
        while let Some(pid) = process_in(place.path()) {
            let is_late = Instant::now() > deadline;
            assert!(
                !is_late,
                "round {round}: process {pid} has outlived its host"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        // A process that ends loses its environment before its locks.
        let files = || {
            std::fs::read_dir(place.path())
                .expect("a directory")
                .count()
        };
        while files() > 0 && Instant::now() < deadline {
            simpleipc::clean(Some(place.path()), Duration::ZERO).expect("clean");
        }
    }
}

/// A process, other than this one, in whose environment the directory is.
fn process_in(directory: &Path) -> Option<u32> {
    let wanted = directory.as_os_str().as_encoded_bytes();
    let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .find(|&pid| {
            // One that has ended meanwhile, or a zombie, has no environment.
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            let mut variables = environment.split(|&byte| byte == 0);
            variables.any(|variable| variable.ends_with(wanted))
        })
}

fn host_process(directory: &Path) -> std::process::Child {
    let program = std::env::current_exe().expect("a path");
    std::process::Command::new(program)
        .args(["--exact", "as_a_host", "--nocapture"])
        .env("PLUGIN_TEST_HOST", directory)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("a host")
}
