//! Services: calls and replies, in one process.

mod place;

use place::TestPlace;
use simpleipc::{
    CallError, Client, Dtype, Failure, Handlers, Options, Server, Status, Tensor, Value,
};
use std::thread::scope;
use std::time::{Duration, Instant};

const PATIENCE: Option<Duration> = Some(Duration::from_secs(20));
const NOW: Option<Duration> = Some(Duration::ZERO);

// snippet-begin
/// A program that offers a method, until its server is interrupted.
fn calculator(server: &mut Server) -> simpleipc::Result<()> {
    let add = server.method("add");
    add.args([("a", "int"), ("b", "int")])
        .returns("int")
        .idempotent();
    let mut handlers = Handlers::new();
    handlers.on("add", |request| match request.args()? {
        Value::List(args) => match args[..] {
            [Value::Int(a), Value::Int(b)] => Ok((a + b).into()),
            _ => Err(Failure::new(Failure::BAD_ARGUMENTS, "add takes two ints")),
        },
        _ => Err(Failure::new(Failure::BAD_ARGUMENTS, "add takes two ints")),
    });
    server.run(&mut handlers)
}

/// A program that calls it.
fn caller(options: &Options) -> Result<i64, CallError> {
    let mut client = Client::open("calculator", options)?;
    let sum = client.call("add", (1, 2), Some(Duration::from_secs(5)))?;
    match sum.value()? {
        Value::Int(sum) => Ok(sum),
        other => Err(Failure::new(1, format!("add answered {other:?}")).into()),
    }
}
// snippet-end

#[test]
fn the_programs_of_the_documentation_work() {
    let place = TestPlace::new();
    let options = place.options();
    let mut server = Server::open("calculator", &options).expect("a server");
    let end = server.interrupter();
    scope(|threads| {
        let serving = threads.spawn(|| calculator(&mut server));
        let sum = caller(&options);
        end.interrupt();
        serving.join().expect("no panic").expect("served");
        assert_eq!(sum, Ok(3));
    });
}

fn sum(args: &Value<'_>) -> Result<i64, Failure> {
    let Value::List(list) = args else {
        return Err(Failure::new(Failure::BAD_ARGUMENTS, "not a list"));
    };
    let number = |value: &Value<'_>| match value {
        Value::Int(number) => Ok(*number),
        other => {
            let failure = Failure::new(7, "not an int");
            Err(failure.with_data(other.clone().into_owned()))
        }
    };
    list.iter().map(number).sum()
}

/// A server that answers until its interrupter ends it.
fn serve(server: &mut Server) {
    let mut handlers = Handlers::new();
    handlers
        .on("sum", |request| Ok(sum(&request.args()?)?.into()))
        .on("echo", |request| Ok(request.args()?.into_owned()))
        .on("panic", |_| panic!("on purpose"))
        .on("count", |request| {
            let Value::Int(to) = request.args()? else {
                return Err(Failure::new(1, "count takes an int"));
            };
            for number in 0..to {
                request.push(number)?;
            }
            Ok(to.into())
        });
    server.run(&mut handlers).expect("served");
}

/// Has `client` run beside a server.
fn beside(options: &Options, client: impl FnOnce(&mut Client)) {
    let mut server = Server::open("calc", options).expect("a server");
    let end = server.interrupter();
    scope(|threads| {
        let serving = threads.spawn(move || {
            serve(&mut server);
        });
        let mut handle = Client::open("calc", options).expect("a client");
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| client(&mut handle)));
        end.interrupt();
        serving.join().expect("the server");
        if let Err(panic) = done {
            std::panic::resume_unwind(panic);
        }
    });
}

#[test]
fn a_call_has_the_result_of_its_method() {
    let place = TestPlace::new();
    beside(&place.options(), |client| {
        for n in 0..1000 {
            let reply = client.call("sum", (n, 2, -1), PATIENCE).expect("a sum");
            assert_eq!(reply.value().expect("a value"), Value::Int(n + 1));
            assert!(!reply.has_more());
        }
    });
}

#[test]
fn any_value_goes_there_and_comes_back() {
    let place = TestPlace::new();
    beside(&place.options(), |client| {
        let pixels: Vec<u8> = (0..=255).cycle().take(640 * 480 * 3).collect();
        let frame = Tensor::dense(Dtype::U8, &[480, 640, 3], "rgb8", &pixels[..]).expect("it fits");
        let small = Tensor::dense(Dtype::F32, &[2], "", &[0u8; 8][..]).expect("it fits");
        let values: Vec<Value<'_>> = vec![
            ().into(),
            true.into(),
            "text".into(),
            "x".repeat(100).into(),
            Value::from(&[1u8, 2, 3]),
            frame.clone().into(),
            small.clone().into(),
            (1, "two", small).into(),
            vec![("frame", Value::from(frame)), ("n", Value::from(3))].into(),
        ];
        for value in values {
            let reply = client
                .call("echo", value.clone(), PATIENCE)
                .expect("an echo");
            assert_eq!(reply.value().expect("a value"), value);
        }
        let name = "m".repeat(255);
        let unknown = client.call(&name, (), PATIENCE).expect_err("unknown");
        assert!(unknown.to_string().contains(&name), "{unknown}");
        let long = client
            .call(&"m".repeat(256), (), PATIENCE)
            .expect_err("too long");
        assert_eq!(long.status(), Status::BadArgument);
    });
}

#[test]
fn an_error_of_the_program_is_another_thing_than_one_of_the_way_there() {
    let place = TestPlace::new();
    beside(&place.options(), |client| {
        let error = client
            .call("sum", (1, "two"), PATIENCE)
            .expect_err("no sum");
        let failure = error.failure().expect("the program's own");
        assert_eq!((failure.code, &*failure.message), (7, "not an int"));
        assert_eq!(failure.data(), &Value::from("two"));
        let unknown = client
            .call("other", (), PATIENCE)
            .expect_err("no such method");
        let code = unknown.failure().map(|failure| failure.code);
        assert_eq!(code, Some(Failure::NO_SUCH_METHOD));
        let panic = client.call("panic", (), PATIENCE).expect_err("a panic");
        assert!(panic.to_string().contains("on purpose"), "{panic}");
        let reply = client.call("sum", (1, 2), PATIENCE).expect("it goes on");
        assert_eq!(reply.value().expect("a value"), Value::Int(3));
    });
}

#[test]
fn a_call_waits_for_a_server_until_its_time_is_up() {
    let place = TestPlace::new();
    let options = place.options();
    let mut client = Client::open("calc", &options).expect("a client");
    let began = Instant::now();
    let timeout = Some(Duration::from_millis(80));
    let error = client.call("sum", (1, 2), timeout).expect_err("no server");
    assert_eq!(error.status(), Status::Timeout);
    assert!(error.to_string().contains("no server"), "{error}");
    assert!(began.elapsed() >= Duration::from_millis(80));
    let mut call = client.start("sum", (3, 4)).expect("started");
    assert_eq!(
        call.result(NOW).expect_err("no server").status(),
        Status::Timeout
    );
    let mut server = Server::open("calc", &options).expect("a server");
    let request = server
        .receive(PATIENCE)
        .expect("the second call; the first is over");
    assert_eq!(request.args().expect("args"), (3, 4).into());
    request.reply(7).expect("replied");
    let reply = call.result(PATIENCE).expect("a result");
    assert_eq!(reply.value().expect("a value"), Value::Int(7));
    assert_eq!(
        server.receive(NOW).err().map(|e| e.status()),
        Some(Status::Timeout)
    );
}

#[test]
fn many_calls_are_in_flight_and_answered_in_any_order() {
    let place = TestPlace::new();
    let options = place.options();
    let mut client = Client::open("calc", &options).expect("a client");
    let mut server = Server::open("calc", &options).expect("a server");
    for _ in 0..3 {
        let mut calls: Vec<_> = (0..64)
            .map(|n| (n, client.start("sum", (n, 1)).expect("started")))
            .collect();
        let full = client.start("sum", (0, 0)).err().expect("too many");
        assert_eq!(full.status(), Status::Full);
        let mut requests: Vec<_> = (0..64)
            .map(|_| server.receive(PATIENCE).expect("a request"))
            .collect();
        for request in requests.drain(..).rev() {
            let sum = sum(&request.args().expect("args")).expect("a sum");
            request.reply(sum).expect("replied");
        }
        for (n, call) in &mut calls {
            let reply = call.result(PATIENCE).expect("a result");
            assert_eq!(reply.value().expect("a value"), Value::Int(*n + 1));
        }
    }
}

#[test]
fn each_call_goes_to_exactly_one_of_several_servers() {
    let place = TestPlace::new();
    let options = place.options();
    let mut servers: Vec<_> = (0..3)
        .map(|_| Server::open("calc", &options).expect("a server"))
        .collect();
    let mut client = Client::open("calc", &options).expect("a client");
    let mut calls: Vec<_> = (0..30)
        .map(|n| client.start("sum", (n, 0)).expect("started"))
        .collect();
    for n in 0..30 {
        let request = servers[n % 3].receive(PATIENCE).expect("a request");
        let sum = sum(&request.args().expect("args")).expect("a sum");
        request.reply(sum).expect("replied");
    }
    for server in &mut servers {
        let none = server.receive(NOW).err().map(|error| error.status());
        assert_eq!(none, Some(Status::Timeout));
    }
    for (n, call) in calls.iter_mut().enumerate() {
        let reply = call.result(PATIENCE).expect("a result");
        assert_eq!(reply.value().expect("a value"), Value::Int(n as i64));
    }
}

#[test]
fn a_stream_has_all_its_replies_and_then_a_result() {
    let place = TestPlace::new();
    beside(&place.options(), |client| {
        let mut call = client.start("count", 2000).expect("started");
        for number in 0..2000 {
            let reply = call.next(PATIENCE).expect("a reply").expect("one more");
            assert_eq!(reply.value().expect("a value"), Value::Int(number));
        }
        assert!(call.next(PATIENCE).expect("an end").is_none());
        let result = call.result(PATIENCE).expect("a result");
        assert_eq!(result.value().expect("a value"), Value::Int(2000));
        let reply = client.call("count", 10, PATIENCE).expect("only the result");
        assert_eq!(reply.value().expect("a value"), Value::Int(10));
    });
}

#[test]
fn a_client_that_does_not_take_its_stream_holds_nobody_up() {
    let place = TestPlace::new();
    let options = place.options();
    let mut client = Client::open("calc", &options).expect("a client");
    let mut server = Server::open("calc", &options).expect("a server");
    let mut call = client.start("flood", ()).expect("started");
    let request = server.receive(PATIENCE).expect("a request");
    let mut sent = 0;
    let error = loop {
        match request.push(sent) {
            Ok(()) => sent += 1,
            Err(error) => break error,
        }
        assert!(sent < 10_000, "it never ends");
    };
    assert_eq!(error.status(), Status::Full);
    request.reply(sent).expect("its end has room");
    for number in 0..sent {
        let reply = call.next(PATIENCE).expect("a reply").expect("one more");
        assert_eq!(reply.value().expect("a value"), Value::Int(number));
    }
    let result = call.result(PATIENCE).expect("a result");
    assert_eq!(result.value().expect("a value"), Value::Int(sent));
}

#[test]
fn a_server_sees_that_a_call_was_cancelled() {
    let place = TestPlace::new();
    let options = place.options();
    let mut client = Client::open("calc", &options).expect("a client");
    let mut server = Server::open("calc", &options).expect("a server");
    let mut call = client.start("slow", ()).expect("started");
    let mut unseen = client.start("unseen", ()).expect("started");
    let request = server.receive(PATIENCE).expect("a request");
    assert!(!request.is_cancelled());
    call.cancel();
    unseen.cancel();
    assert!(request.is_cancelled());
    let pushed = request.push(1).expect_err("nobody waits");
    assert_eq!(pushed.status(), Status::Cancelled);
    request.reply(1).expect("nothing");
    let ended = call.result(PATIENCE).expect_err("cancelled");
    assert_eq!(ended.status(), Status::Cancelled);
    let none = server.receive(NOW).err().map(|error| error.status());
    assert_eq!(
        none,
        Some(Status::Timeout),
        "a cancelled call arrives nowhere"
    );
    drop(unseen);
    // A slot that is used again does not bring the old call back.
    let mut calls: Vec<_> = (0..64)
        .map(|_| client.start("next", ()).expect("s"))
        .collect();
    drop(server.receive(PATIENCE).expect("a request"));
    let dropped = calls[0].result(PATIENCE).expect_err("dropped");
    let code = dropped.failure().map(|failure| failure.code);
    assert_eq!(code, Some(Failure::BROKEN));
    drop(calls);
    let none = server.receive(NOW).err().map(|error| error.status());
    assert_eq!(
        none,
        Some(Status::Timeout),
        "a call that was dropped arrives nowhere"
    );
}

#[test]
fn a_one_way_call_waits_for_a_server_when_its_client_has_gone() {
    let place = TestPlace::new();
    let options = place.options();
    let mut client = Client::open("log", &options).expect("a client");
    let long = "y".repeat(5000);
    client.send("line", "short").expect("sent");
    client.send("line", &*long).expect("sent");
    drop(client);
    let mut server = Server::open("log", &options).expect("a server");
    for text in ["short", &long] {
        let request = server.receive(PATIENCE).expect("a request");
        assert!(request.is_one_way() && !request.is_cancelled());
        assert_eq!(request.args().expect("args"), text.into());
        request.reply(()).expect("nothing");
    }
    let none = server.receive(NOW).err().map(|error| error.status());
    assert_eq!(none, Some(Status::Timeout));
}

#[test]
fn a_service_can_be_asked_what_it_offers() {
    let place = TestPlace::new();
    let options = place.options();
    let mut server = Server::open("calc", &options).expect("a server");
    let add = server.method("add");
    add.args([("a", "int"), ("b", "int")])
        .returns("int")
        .idempotent();
    server.method("now").about("the time");
    let end = server.interrupter();
    let mut client = Client::open("calc", &options).expect("a client");
    scope(|threads| {
        threads.spawn(|| serve(&mut server));
        let reply = client.methods(PATIENCE).expect("a list");
        let text = format!("{:?}", reply.value().expect("a value"));
        end.interrupt();
        let Ok(Value::List(methods)) = reply.value() else {
            panic!("{text}");
        };
        assert_eq!(methods.len(), 6, "{text}");
        let pair = |name: &str| Value::from((name.to_string(), "int"));
        let add = Value::from(vec![
            ("name", Value::from("add")),
            ("args", Value::List(vec![pair("a"), pair("b")])),
            ("returns", Value::from("int")),
            ("idempotent", Value::from(true)),
        ]);
        assert_eq!(methods[0], add);
    });
}

#[test]
fn a_removed_service_is_noticed() {
    let place = TestPlace::new();
    let options = place.options();
    let mut client = Client::open("calc", &options).expect("a client");
    std::fs::remove_file(place.path().join("calc.sipc")).expect("removed");
    for _ in 0..2 {
        let error = client.call("sum", (), PATIENCE).expect_err("no service");
        assert_eq!(error.status(), Status::Unlinked);
    }
}

#[test]
fn the_verbs_of_other_patterns_are_refused() {
    let place = TestPlace::new();
    let options = place.options();
    let _server = Server::open("calc", &options).expect("a server");
    let error = simpleipc::Sender::open("calc", &options)
        .err()
        .expect("refused");
    assert_eq!(error.status(), Status::WrongPattern);
    assert!(error.message().contains("call and serve"), "{error}");
    let name = ".calc.0123456789abcdef";
    let error = simpleipc::Receiver::open(name, &options)
        .err()
        .expect("refused");
    assert_eq!(error.status(), Status::BadName);
    let lost = CallError::from(error);
    assert!(lost.failure().is_none());
}
