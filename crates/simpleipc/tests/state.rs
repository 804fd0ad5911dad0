//! States, seen from outside: what setters and watchers are promised.

mod place;

use place::TestPlace;
use simpleipc::{
    Dtype, Options, Publisher, Setter, Status, Subscriber, Value, Watcher, audit, clean,
};
use std::time::Duration;

const SOON: Option<Duration> = Some(Duration::from_secs(10));
const NOW: Option<Duration> = Some(Duration::ZERO);

/// Values stay until they are cleaned away.
struct StatePlace(TestPlace);

impl StatePlace {
    fn new() -> Self {
        Self(TestPlace::new())
    }
}

impl std::ops::Deref for StatePlace {
    type Target = TestPlace;

    fn deref(&self) -> &TestPlace {
        &self.0
    }
}

impl Drop for StatePlace {
    fn drop(&mut self) {
        let cleaned = clean(Some(self.path()), Duration::ZERO);
        assert!(cleaned.is_ok() || std::thread::panicking());
    }
}

// snippet-begin
/// One program says how fast it is; another, which may start much later, reads it.
fn cruise(options: &Options) -> simpleipc::Result<()> {
    let mut setter = Setter::open("speed", options)?;
    setter.set(30)?;

    let mut watcher = Watcher::open("speed", options)?;
    let speed = watcher.get()?;
    assert_eq!(speed.value()?, Value::Int(30));
    // Faster, unless somebody else has set it meanwhile.
    let is_set = setter.set_if(Some(speed.sequence()), 35)?;
    assert!(is_set);
    // The next one that comes; here it is there already.
    assert_eq!(watcher.receive()?.value()?, Value::Int(35));
    Ok(())
}
// snippet-end

#[test]
fn the_page_of_states_is_right() {
    let place = StatePlace::new();
    cruise(&place.options()).expect("as the page says");
}

#[test]
fn a_latecomer_has_the_value_at_once_and_later_ones_when_they_come() {
    let place = StatePlace::new();
    let mut setter = Setter::open("s", &place.options()).expect("open");
    for i in 0..100 {
        setter.set(i).expect("set");
    }
    let mut late = Watcher::open("s", &place.options()).expect("open");
    for _ in 0..3 {
        let message = late.get_timeout(NOW).expect("get");
        assert_eq!(message.value().expect("value"), Value::Int(99));
        assert_eq!(message.sequence(), 99);
    }
    let error = late.receive_timeout(NOW).expect_err("seen already");
    assert_eq!(error.status(), Status::Timeout);
    setter.set("new").expect("set");
    setter.set("newer").expect("set");
    let message = late.receive_timeout(NOW).expect("receive");
    assert_eq!(message.value().expect("value"), Value::from("newer"));
    assert_eq!(message.missed(), 1);
}

#[test]
fn who_has_not_looked_yet_receives_the_value_that_is_there() {
    let place = StatePlace::new();
    let mut setter = Setter::open("s", &place.options()).expect("open");
    setter.set(1).expect("set");
    let mut watcher = Watcher::open("s", &place.options()).expect("open");
    let message = watcher.receive_timeout(NOW).expect("receive");
    assert_eq!(message.value().expect("value"), Value::Int(1));
    assert_eq!(message.missed(), 0);
}

#[test]
fn get_waits_for_the_first_value() {
    let place = StatePlace::new();
    let mut watcher = Watcher::open("s", &place.options()).expect("open");
    let error = watcher.get_timeout(NOW).expect_err("nothing there");
    assert_eq!(error.status(), Status::Timeout);
    let options = place.options();
    let setting = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        Setter::open("s", &options).and_then(|mut setter| setter.set(7))
    });
    let message = watcher.get_timeout(SOON).expect("get");
    assert_eq!(message.value().expect("value"), Value::Int(7));
    setting.join().expect("join").expect("set");
}

#[test]
fn a_value_stays_when_all_have_gone_until_it_is_cleaned_away() {
    let place = StatePlace::new();
    let image: Vec<u8> = (0..100_000).map(|i| (i % 251) as u8).collect();
    let mut setter = Setter::open("s", &place.options()).expect("open");
    setter.set(Value::from(&image[..])).expect("set");
    drop(setter);
    let report = audit("s", Some(place.path()))
        .expect("audit")
        .expect("there");
    assert_eq!((report.waiting, report.peers.len()), (1, 0));
    assert_eq!(report.leaks, Vec::<String>::new());
    let mut watcher = Watcher::open("s", &place.options()).expect("open");
    let message = watcher.get_timeout(NOW).expect("get");
    assert_eq!(message.value().expect("value"), Value::from(&image[..]));
    drop((message, watcher));
    let removed = clean(Some(place.path()), Duration::from_secs(3600)).expect("clean");
    assert_eq!(removed, 0, "the value is young");
    assert_eq!(clean(Some(place.path()), Duration::ZERO).expect("clean"), 1);
    let mut watcher = Watcher::open("s", &place.options()).expect("open");
    let error = watcher.get_timeout(NOW).expect_err("nothing there");
    assert_eq!(error.status(), Status::Timeout);
}

#[test]
fn a_value_in_hand_stays_as_it_is_while_others_replace_it() {
    let place = StatePlace::new();
    let mut setter = Setter::open("s", &place.options()).expect("open");
    let mut watcher = Watcher::open("s", &place.options()).expect("open");
    setter.set(Value::from(&[1u8; 5000][..])).expect("set");
    let held = watcher.get_timeout(NOW).expect("get");
    for i in 2..200u8 {
        setter.set(Value::from(&[i; 5000][..])).expect("set");
    }
    assert_eq!(held.value().expect("value"), Value::from(&[1u8; 5000][..]));
    drop(held);
    let report = audit("s", Some(place.path()))
        .expect("audit")
        .expect("there");
    // Two at most: the value, and one in the hands of nobody that waits to be used again.
    assert!(report.chunks_in_use <= 2, "{report:?}");
}

#[test]
fn a_value_in_hand_twice_stays_until_both_are_dropped() {
    let place = StatePlace::new();
    let options = Options {
        pool_bytes_max: 1 << 20,
        ..place.options()
    };
    let mut setter = Setter::open("frame", &options).expect("open");
    let mut watcher = Watcher::open("frame", &options).expect("open");
    let value = |number: u8| vec![number; 5000];
    let is_whole = |message: &simpleipc::Message, number: u8| {
        message.value().expect("value") == Value::from(value(number))
    };
    setter.set(&value(1)[..]).expect("set");
    let received = watcher.receive_timeout(NOW).expect("the value");
    let again = watcher.get_timeout(NOW).expect("the same");
    let once_more = watcher.get_timeout(NOW).expect("the same");
    drop(again);
    // More than the memory holds: all of it that is nobody's is used again.
    for number in 2..=250 {
        setter.set(&value(number)[..]).expect("set");
    }
    assert!(is_whole(&received, 1), "it has changed");
    drop(received);
    for number in 2..=250 {
        setter.set(&value(number)[..]).expect("set");
    }
    assert!(is_whole(&once_more, 1), "it has changed");
    drop(once_more);
    let last = watcher.get_timeout(NOW).expect("the last value");
    assert!(is_whole(&last, 250), "it is another one");
    drop((last, watcher, setter));
    let report = audit("frame", Some(place.path())).expect("audit");
    let report = report.expect("its value stays");
    assert_eq!((report.chunks_in_use, report.leaks), (1, vec![]));
}

#[test]
fn a_tensor_is_set_in_place() {
    let place = StatePlace::new();
    let mut setter = Setter::open("s", &place.options()).expect("open");
    let mut loan = setter
        .loan_tensor(Dtype::F32, &[2, 3], "", NOW)
        .expect("loan");
    for (i, bytes) in loan.chunks_exact_mut(4).enumerate() {
        bytes.copy_from_slice(&(i as f32).to_le_bytes());
    }
    setter.put_loan(&mut loan, 0, NOW).expect("set");
    let mut watcher = Watcher::open("s", &place.options()).expect("open");
    let message = watcher.get_timeout(NOW).expect("get");
    let Ok(Value::Tensor(tensor)) = message.value() else {
        panic!("no tensor: {message:?}");
    };
    assert_eq!(&tensor.shape[..], [2, 3]);
}

#[test]
fn one_of_many_who_compare_and_set_wins_each_time() {
    let place = StatePlace::new();
    let mut setter = Setter::open("s", &place.options()).expect("open");
    assert!(setter.set_if(None, 0).expect("first"));
    assert!(!setter.set_if(None, 5).expect("there is a value"));
    assert!(!setter.set_if(Some(7), 5).expect("another value"));
    const EACH: i64 = 500;
    let counting: Vec<_> = (0..4)
        .map(|_| {
            let options = place.options();
            std::thread::spawn(move || {
                let mut setter = Setter::open("s", &options).expect("open");
                let mut watcher = Watcher::open("s", &options).expect("open");
                for _ in 0..EACH {
                    loop {
                        let message = watcher.get_timeout(SOON).expect("get");
                        let Ok(Value::Int(count)) = message.value() else {
                            panic!("no int: {message:?}");
                        };
                        let expected = Some(message.sequence());
                        if setter.set_if(expected, count + 1).expect("set") {
                            break;
                        }
                    }
                }
            })
        })
        .collect();
    for thread in counting {
        thread.join().expect("join");
    }
    let mut watcher = Watcher::open("s", &place.options()).expect("open");
    let message = watcher.get_timeout(NOW).expect("get");
    assert_eq!(message.value().expect("value"), Value::Int(4 * EACH));
}

#[test]
fn no_watcher_sees_half_of_a_value_or_an_older_one_than_before() {
    let place = StatePlace::new();
    let options = place.options();
    let setting = std::thread::spawn(move || {
        let mut setter = Setter::open("s", &options).expect("open");
        for i in 1..=20_000u64 {
            // Small values and large ones in turn.
            let len = [64, 3000, 8, 900][i as usize % 4];
            let bytes: Vec<u8> = std::iter::repeat_n(i.to_le_bytes(), len / 8)
                .flatten()
                .collect();
            setter.set(Value::from(&bytes[..])).expect("set");
        }
    });
    let mut watcher = Watcher::open("s", &place.options()).expect("open");
    let (mut last, mut looks) = (0, 0u64);
    while last < 20_000 {
        let message = watcher.get_timeout(SOON).expect("get");
        let Ok(Value::Bytes(bytes)) = message.value() else {
            panic!("no bytes: {message:?}");
        };
        let numbers: Vec<u64> = bytes
            .chunks_exact(8)
            .map(|eight| u64::from_le_bytes(eight.try_into().expect("eight")))
            .collect();
        assert!(numbers.iter().all(|number| *number == numbers[0]), "torn");
        assert!(numbers[0] >= last, "{} after {last}", numbers[0]);
        last = numbers[0];
        looks += 1;
    }
    assert!(looks > 1);
    setting.join().expect("join");
}

#[test]
fn other_verbs_and_options_without_a_meaning_are_refused() {
    let place = StatePlace::new();
    let _setter = Setter::open("s", &place.options()).expect("open");
    let error = Publisher::open("s", &place.options())
        .err()
        .expect("refused");
    assert_eq!(error.status(), Status::WrongPattern);
    assert!(error.to_string().contains("is a state"), "{error}");
    let error = Subscriber::open("s", &place.options())
        .err()
        .expect("refused");
    assert_eq!(error.status(), Status::WrongPattern);
    for options in [
        Options {
            lossless: true,
            ..place.options()
        },
        Options {
            history: 3,
            ..place.options()
        },
        Options {
            tap: true,
            ..place.options()
        },
    ] {
        let error = Watcher::open("s", &options).err().expect("refused");
        assert_eq!(error.status(), Status::BadArgument);
    }
}
