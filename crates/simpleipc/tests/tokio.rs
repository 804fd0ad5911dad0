//! The futures under tokio, which they know nothing of: on one thread and on several, cancelled,
//! and beside each other.

mod place;

use place::TestPlace;
use simpleipc::{
    CallError, Client, Options, Publisher, Receiver, Sender, Server, Subscriber, Value, Waiter,
};
use std::time::Duration;

const PATIENCE: Option<Duration> = Some(Duration::from_secs(20));
const MESSAGES: i64 = 10_000;

/// Sends the numbers from 0 on, with pauses in which the other side falls asleep.
fn send_numbers(options: &Options) {
    let mut sender = Sender::open("numbers", options).expect("open");
    let mut dice = 1u32;
    for number in 0..MESSAGES {
        sender.put(&Value::Int(number), 0, PATIENCE).expect("sent");
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if dice >> 25 == 0 {
            std::thread::sleep(Duration::from_micros(u64::from(dice >> 16 & 511)));
        }
    }
}

/// Takes them, and gives up each wait after a short time: nothing is lost by that.
async fn take_numbers(options: Options) {
    let mut receiver = Receiver::open("numbers", &options).expect("open");
    let (mut next, mut given_up) = (0, 0);
    while next < MESSAGES {
        let short = Duration::from_micros(50 * (given_up % 8));
        match tokio::time::timeout(short, receiver.receive_async()).await {
            Ok(message) => {
                let message = message.expect("a message");
                assert_eq!(message.value().expect("value"), Value::Int(next));
                next += 1;
            }
            Err(_) => given_up += 1,
        }
    }
}

#[tokio::test]
async fn on_one_thread_no_message_is_lost_by_waits_that_are_given_up() {
    let place = TestPlace::new();
    let options = place.options();
    let sending = std::thread::spawn(move || send_numbers(&options));
    tokio::task::LocalSet::new()
        .run_until(take_numbers(place.options()))
        .await;
    sending.join().expect("sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_several_threads_no_message_is_lost_by_waits_that_are_given_up() {
    let place = TestPlace::new();
    let options = place.options();
    let sending = tokio::task::spawn_blocking(move || send_numbers(&options));
    let taking = tokio::spawn(take_numbers(place.options()));
    taking.await.expect("taken");
    sending.await.expect("sent");
}

/// A server and its client, in tasks of one runtime.
// snippet-begin
async fn serve(mut server: Server) -> simpleipc::Result<()> {
    loop {
        let request = server.receive_async().await?;
        match request.method() {
            "end" => return request.reply(()),
            _ => request.reply(request.args()?)?,
        }
    }
}

async fn call(options: &Options) -> Result<i64, CallError> {
    let mut client = Client::open("echo", options)?;
    // Both are in flight at once.
    let (one, two) = (client.start("echo", 1)?, client.start("echo", 2)?);
    let (one, two) = tokio::try_join!(one, two)?;
    client.call_async("end", ()).await?;
    match (one.value()?, two.value()?) {
        (Value::Int(one), Value::Int(two)) => Ok(one + two),
        other => panic!("not what was sent: {other:?}"),
    }
}
// snippet-end

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_and_its_client_are_tasks_of_one_runtime() {
    let place = TestPlace::new();
    let server = Server::open("echo", &place.options()).expect("a server");
    let serving = tokio::spawn(serve(server));
    assert_eq!(call(&place.options()).await, Ok(3));
    serving.await.expect("no panic").expect("served");
}

#[tokio::test]
async fn a_server_and_its_client_are_tasks_of_one_thread() {
    let place = TestPlace::new();
    let server = Server::open("echo", &place.options()).expect("a server");
    let options = place.options();
    let (served, sum) = tokio::join!(serve(server), call(&options));
    served.expect("served");
    assert_eq!(sum, Ok(3));
}

#[tokio::test]
async fn a_task_takes_from_whichever_channel_is_first() {
    let place = TestPlace::new();
    let options = place.options();
    let mut subscriber = Subscriber::open("topic", &options).expect("open");
    let mut waiter = Waiter::open("signal", &options).expect("open");
    let (mut messages, mut notifications) = (0, 0);
    let acting = std::thread::spawn(move || {
        let mut publisher = Publisher::open("topic", &options).expect("open");
        let mut notifier = simpleipc::Notifier::open("signal", &options).expect("open");
        for number in 0..50 {
            std::thread::sleep(Duration::from_micros(300));
            publisher.publish(number).expect("published");
            notifier.notify().expect("notified");
        }
    });
    while messages < 50 || notifications < 50 {
        tokio::select! {
            message = subscriber.receive_async() => {
                assert_eq!(message.expect("a message").value(), Ok(Value::Int(messages)));
                messages += 1;
            }
            count = waiter.wait_async() => notifications += count.expect("a notification"),
        }
    }
    assert_eq!((messages, notifications), (50, 50));
    acting.join().expect("no panic");
}
