//! Queues, seen from outside: each message to exactly one receiver, none lost.

mod place;

use place::TestPlace;
use simpleipc::{Options, Receiver, Sender, Status, Value, wait_any};
use std::collections::BTreeSet;
use std::time::Duration;

const SOON: Option<Duration> = Some(Duration::from_secs(10));
const NOW: Option<Duration> = Some(Duration::ZERO);

fn int(message: &simpleipc::Message) -> i64 {
    match message.value() {
        Ok(Value::Int(i)) => i,
        other => panic!("expected an int, got {other:?}"),
    }
}

// snippet-begin
/// One program has work to do; others, of which any number may run, do it.
fn jobs(options: &Options) -> simpleipc::Result<()> {
    let mut sender = Sender::open("jobs", options)?;
    sender.send("polish the silver")?;
    drop(sender); // the job waits, also when its sender has gone

    let mut receiver = Receiver::open("jobs", options)?;
    let job = receiver.receive()?;
    if job.is_redelivered() {
        println!("whoever had it before has died, perhaps in the middle of it");
    }
    assert_eq!(job.value()?, Value::Str("polish the silver".into()));
    drop(job); // done: now it is nobody's any more
    Ok(())
}
// snippet-end

#[test]
fn the_page_of_queues_is_right() {
    let place = TestPlace::new();
    jobs(&place.options()).expect("as the page says");
}

#[test]
fn messages_wait_for_a_receiver_after_their_sender_has_gone() {
    let place = TestPlace::new();
    let mut sender = Sender::open("q", &place.options()).expect("open");
    sender.send("small").expect("send");
    sender.send(&vec![5u8; 100_000][..]).expect("send");
    drop(sender);
    let report = simpleipc::audit("q", Some(place.path()))
        .expect("audit")
        .expect("exists");
    assert_eq!((report.waiting, report.peers.len()), (2, 0));
    assert_eq!(report.leaks, Vec::<String>::new());
    let mut receiver = Receiver::open("q", &place.options()).expect("open");
    let first = receiver.receive_timeout(NOW).expect("first");
    assert_eq!(first.value().expect("value"), Value::Str("small".into()));
    let second = receiver.receive_timeout(NOW).expect("second");
    assert_eq!(
        second.value().expect("value"),
        Value::Bytes(vec![5u8; 100_000].into())
    );
    assert!(!second.is_redelivered());
    assert_eq!(
        receiver.receive_timeout(NOW).expect_err("empty").status(),
        Status::Timeout
    );
}

#[test]
fn each_message_goes_to_exactly_one_of_several_receivers() {
    let place = TestPlace::new();
    const EACH: i64 = 3000;
    let senders: Vec<_> = (0..3)
        .map(|id| {
            let mut sender = Sender::open("q", &place.options()).expect("open");
            std::thread::spawn(move || {
                for i in 0..EACH {
                    sender
                        .put(&Value::Int(id * EACH + i), 0, SOON)
                        .expect("send");
                }
            })
        })
        .collect();
    let receivers: Vec<_> = (0..4)
        .map(|_| {
            let mut receiver = Receiver::open("q", &place.options()).expect("open");
            std::thread::spawn(move || {
                let mut got = Vec::new();
                while let Ok(message) = receiver.receive_timeout(Some(Duration::from_secs(2))) {
                    assert!(!message.is_redelivered());
                    got.push(int(&message));
                }
                got
            })
        })
        .collect();
    senders
        .into_iter()
        .for_each(|thread| thread.join().expect("sender"));
    let got: Vec<Vec<i64>> = receivers
        .into_iter()
        .map(|thread| thread.join().expect("receiver"))
        .collect();
    for one in &got {
        for sender in 0..3 {
            let mine: Vec<_> = one.iter().filter(|i| **i / EACH == sender).collect();
            assert!(mine.is_sorted(), "the order of a sender is kept");
        }
    }
    let all: Vec<i64> = got.concat();
    assert_eq!(all.len() as i64, 3 * EACH);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len() as i64, 3 * EACH);
}

#[test]
fn a_full_queue_says_so_and_takes_messages_again_when_there_is_room() {
    let place = TestPlace::new();
    let shallow = Options {
        depth: 16,
        ..place.options()
    };
    let mut sender = Sender::open("q", &shallow).expect("open");
    for i in 0..16 {
        sender.put(&Value::Int(i), 0, NOW).expect("room");
    }
    let full = sender.put(&Value::Int(16), 0, Some(Duration::from_millis(20)));
    assert_eq!(full.expect_err("full").status(), Status::Full);
    let mut receiver = Receiver::open("q", &place.options()).expect("open");
    for i in 0..40 {
        assert_eq!(int(&receiver.receive_timeout(NOW).expect("take")), i);
        sender.put(&Value::Int(16 + i), 0, NOW).expect("room again");
    }
    drop(sender);
    for i in 40..56 {
        assert_eq!(int(&receiver.receive_timeout(NOW).expect("take")), i);
    }
}

#[test]
fn a_slow_receiver_does_not_hold_up_the_others_or_the_sender() {
    let place = TestPlace::new();
    let shallow = Options {
        depth: 16,
        ..place.options()
    };
    let mut sender = Sender::open("q", &shallow).expect("open");
    let mut slow = Receiver::open("q", &place.options()).expect("open");
    let mut quick = Receiver::open("q", &place.options()).expect("open");
    sender.send(-1i64).expect("send");
    let in_hand = slow.receive_timeout(NOW).expect("take");
    for i in 0..200 {
        sender
            .put(&Value::Int(i), 0, NOW)
            .expect("the slow job is out of the way");
        assert_eq!(int(&quick.receive_timeout(NOW).expect("take")), i);
    }
    assert_eq!(int(&in_hand), -1);
}

#[test]
fn the_message_of_a_receiver_that_leaves_without_taking_its_turn_is_not_lost() {
    let place = TestPlace::new();
    let mut sender = Sender::open("q", &place.options()).expect("open");
    let mut first = Receiver::open("q", &place.options()).expect("open");
    sender.send(7i64).expect("send");
    // The wait has the message in hand; the take never comes.
    assert_eq!(wait_any(&mut [&mut first], 0, SOON).expect("ready"), 0);
    drop(first);
    let mut second = Receiver::open("q", &place.options()).expect("open");
    let report = simpleipc::audit("q", Some(place.path()))
        .expect("audit")
        .expect("exists");
    let got = second.receive_timeout(SOON);
    assert_eq!(
        int(&got.unwrap_or_else(|error| panic!("{error}; {report:?}"))),
        7
    );
}

#[test]
fn waiting_on_several_channels_finds_the_one_with_a_message() {
    let place = TestPlace::new();
    let mut a = Receiver::open("a", &place.options()).expect("open");
    let mut b = Receiver::open("b", &place.options()).expect("open");
    let options = place.options();
    let sending = std::thread::spawn(move || {
        let mut sender = Sender::open("b", &options).expect("open");
        std::thread::sleep(Duration::from_millis(50));
        sender.send(1i64).expect("send");
    });
    assert_eq!(wait_any(&mut [&mut a, &mut b], 0, SOON).expect("ready"), 1);
    assert_eq!(int(&b.receive_timeout(NOW).expect("take")), 1);
    let none = wait_any(&mut [&mut a, &mut b], 0, Some(Duration::from_millis(20)));
    assert_eq!(none.expect_err("empty").status(), Status::Timeout);
    sending.join().expect("sender");
}

#[test]
fn an_interrupt_ends_a_wait_from_another_thread() {
    let place = TestPlace::new();
    let mut receiver = Receiver::open("q", &place.options()).expect("open");
    let interrupter = receiver.interrupter();
    let waiting = std::thread::spawn(move || receiver.receive().map(|_| ()));
    std::thread::sleep(Duration::from_millis(50));
    interrupter.interrupt();
    drop(interrupter);
    let error = waiting.join().expect("thread").expect_err("interrupted");
    assert_eq!(error.status(), Status::Interrupted);
}
