//! Every pattern once, in one program; each line could be in a program of its own.

use std::time::Duration;

use simpleipc::{Client, Dtype, Lock, Notifier, Options, Publisher, Receiver, Sender, Server};
use simpleipc::{Setter, Status, Subscriber, Value, Waiter, Watcher};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::default();
    let soon = Some(Duration::from_secs(20));

    // A queue: each message goes to one receiver.
    Sender::open("tour.queue", &options)?.send("hello")?;
    let mut receiver = Receiver::open("tour.queue", &options)?;
    println!("queue: {:?}", receiver.receive()?.value()?);
    match receiver.receive_timeout(Some(Duration::ZERO)) {
        Err(error) if error.status() == Status::Timeout => println!("queue: nothing more"),
        other => println!("{other:?}"),
    }

    // A topic: every subscriber gets every message. The frame is filled where it is read.
    let mut subscriber = Subscriber::open("tour.topic", &options)?;
    let mut publisher = Publisher::open("tour.topic", &options)?;
    publisher.publish(42)?;
    println!("topic: {:?}", subscriber.receive()?.value()?);
    let mut frame = publisher.loan_tensor(Dtype::U8, &[4, 6, 3], "rgb8", soon)?;
    frame.fill(7);
    publisher.put_loan(&mut frame, simpleipc::now_ns(), soon)?;
    let message = subscriber.receive_timeout(soon)?;
    if let Value::Tensor(frame) = message.value()? {
        let (shape, first) = (&frame.shape[..], frame.data[0]);
        println!("topic: {shape:?} {} {first}", frame.format);
    }

    // A state: the latest value, for whoever comes whenever.
    let mut setter = Setter::open("tour.state", &options)?;
    setter.set(30)?;
    let mut watcher = Watcher::open("tour.state", &options)?;
    let speed = watcher.get()?;
    println!("state: {:?}", speed.value()?);
    let is_set = setter.set_if(Some(speed.sequence()), 31)?;
    println!("state: {:?} {is_set}", watcher.receive()?.value()?);

    // A signal: something has happened.
    let mut waiter = Waiter::open("tour.signal", &options)?;
    Notifier::open("tour.signal", &options)?.notify()?;
    println!("signal: {}", waiter.wait(soon)?);

    // A lock: one owner at a time, and free when it dies.
    let mut lock = Lock::open("tour.lock", &options)?;
    let held = lock.lock(soon)?;
    println!("lock: died with it: {:?}", held.abandoned());
    drop(held);

    // A service; `server.run` with handlers is the usual way to answer.
    let mut server = Server::open("tour.service", &options)?;
    let mut client = Client::open("tour.service", &options)?;
    let mut call = client.start("add", (1, 2))?;
    let request = server.receive(soon)?;
    println!("service: {} {:?}", request.method(), request.args()?);
    request.reply(3)?;
    println!("service: {:?}", call.result(soon)?.value()?);
    Ok(())
}
