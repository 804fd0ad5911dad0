//! What `handle.rs` promises to threads that share handles.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::thread;

use simpleipc::{Options, Receiver};

use super::*;
use crate::channel::End;
use crate::loan::Loans;

/// A directory of its own for each test.
struct Directory(PathBuf);

impl Directory {
    fn new(test: &str) -> Directory {
        let path = PathBuf::from(format!(
            "/dev/shm/sipc-handles-{test}-{}",
            std::process::id()
        ));
        std::fs::create_dir_all(&path).unwrap();
        Directory(path)
    }

    fn open(&self) -> usize {
        let options = Options {
            directory: Some(self.0.clone()),
            ..Options::default()
        };
        let end = End::Receiver(Receiver::open("jobs", &options).unwrap());
        let loans = Loans::default();
        register(Channel { loans, end }).unwrap().addr()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn handle(number: usize) -> *mut sipc_channel {
    ptr::without_provenance_mut(number)
}

/// Enters and leaves; whether that took a record only, or the status that came instead.
fn pass(number: usize) -> std::result::Result<bool, Status> {
    enter(handle(number))
        .map(|entered| entered.by.is_some())
        .map_err(|error| error.status())
}

fn pass_elsewhere(number: usize) -> std::result::Result<bool, Status> {
    thread::scope(|scope| scope.spawn(|| pass(number)).join().unwrap())
}

#[test]
fn a_handle_is_biased_to_the_first_thread_that_uses_it() {
    let directory = Directory::new("bias");
    let number = directory.open();
    assert_eq!(pass_elsewhere(number), Ok(false));
    assert_eq!(pass(number), Ok(false), "biased to a thread that has ended");
    close(handle(number)).unwrap();

    let number = directory.open();
    assert_eq!(pass(number), Ok(false));
    assert_eq!(pass(number), Ok(barrier::is_there()));
    let inside = enter(handle(number)).unwrap();
    assert_eq!(pass(number), Err(Status::Busy));
    assert_eq!(pass_elsewhere(number), Err(Status::Busy));
    assert_eq!(pass_elsewhere(number), Err(Status::Busy));
    drop(inside);
    assert_eq!(pass_elsewhere(number), Ok(false));
    for _ in 0..100 {
        assert_eq!(pass(number), Ok(false), "the bias was revoked for good");
    }
    close(handle(number)).unwrap();
    assert_eq!(pass(number), Err(Status::Closed));
}

#[test]
fn a_thread_may_be_inside_several_handles() {
    let directory = Directory::new("several");
    let numbers = [directory.open(), directory.open()];
    for number in numbers {
        assert_eq!(pass(number), Ok(false));
    }
    let both = numbers.map(|number| enter(handle(number)).unwrap());
    for number in numbers {
        assert_eq!(pass(number), Err(Status::Busy));
        assert_eq!(pass_elsewhere(number), Err(Status::Busy));
    }
    close(handle(numbers[1])).unwrap();
    assert!(!both[0].is_closing() && both[1].is_closing());
    drop(both);
    assert_eq!(
        pass(numbers[0]),
        Ok(false),
        "revoked by the look from elsewhere"
    );
    assert_eq!(pass(numbers[1]), Err(Status::Closed));
    close(handle(numbers[0])).unwrap();
}

#[test]
fn a_close_from_elsewhere_is_finished_by_the_thread_inside() {
    let directory = Directory::new("elsewhere");
    let number = directory.open();
    assert_eq!(pass(number), Ok(false));
    let inside = enter(handle(number)).unwrap();
    let place = inside.place;
    let close_elsewhere =
        || thread::scope(|scope| scope.spawn(|| close(handle(number)).is_ok()).join());
    assert!(close_elsewhere().unwrap());
    assert!(inside.is_closing());
    assert!(!place.opened.load(Ordering::Relaxed).is_null());
    drop(inside);
    assert!(!close_elsewhere().unwrap());
}

/// Two threads take the bias from each other all the time. What they count inside takes no locked
/// instruction, which would hide that the barrier is missing; and each comes with stores that wait
/// for the other's cache lines, behind which the store to its record waits, too.
#[test]
fn a_revocation_and_an_entry_at_the_same_time_let_only_one_in() {
    const ATTEMPTS: usize = 300_000;
    let directory = Directory::new("revoke");
    let number = directory.open();
    let count = AtomicUsize::new(0);
    #[repr(align(64))]
    struct Line(AtomicUsize);
    let lines = [const { Line(AtomicUsize::new(0)) }; 32];
    let enter_often = || {
        let mut passed = 0;
        for attempt in 0..ATTEMPTS {
            for line in &lines {
                line.0.store(attempt, Ordering::Relaxed);
            }
            let Ok(entered) = enter(handle(number)) else {
                continue;
            };
            let before = count.load(Ordering::Relaxed);
            if entered.by.is_none() {
                // As if nobody had used it before, so that the bias comes again.
                entered.place.state.fetch_and(!SHARED, Ordering::Relaxed);
            }
            for _ in 0..passed % 16 {
                std::hint::spin_loop();
            }
            count.store(before + 1, Ordering::Relaxed);
            passed += 1;
        }
        passed
    };
    let passed: usize = thread::scope(|scope| {
        let both = [0, 1].map(|_| scope.spawn(enter_often));
        both.map(|one| one.join().unwrap()).iter().sum()
    });
    assert_eq!(count.into_inner(), passed, "two were inside");
    close(handle(number)).unwrap();
}

/// Threads that enter handles, some of them closed long ago and their places used again, while
/// others interrupt and close them.
#[test]
fn never_two_threads_are_inside_and_every_close_is_finished() {
    const HANDLES: usize = 600;
    static OCCUPIED: [AtomicBool; HANDLES_MAX] = [const { AtomicBool::new(false) }; HANDLES_MAX];
    let directory = Directory::new("stress");
    let current = AtomicUsize::new(directory.open());
    let is_over = AtomicBool::new(false);
    let use_them = |in_a_row: usize| {
        let mut passed = 0;
        while !is_over.load(Ordering::Relaxed) {
            let number = current.load(Ordering::Relaxed);
            for turn in 0..in_a_row {
                match enter(handle(number)) {
                    Ok(entered) => {
                        let occupied = &OCCUPIED[index_of(handle(number))];
                        assert!(!occupied.swap(true, Ordering::Relaxed), "two are inside");
                        assert!(!entered.place.opened.load(Ordering::Relaxed).is_null());
                        if turn % 16 == 0 {
                            thread::yield_now();
                        }
                        occupied.store(false, Ordering::Relaxed);
                        passed += 1;
                    }
                    Err(error) => match error.status() {
                        Status::Busy | Status::Closed => {}
                        status => panic!("{status:?} from entering"),
                    },
                }
            }
        }
        passed
    };
    let disturb = || {
        while !is_over.load(Ordering::Relaxed) {
            let number = current.load(Ordering::Relaxed);
            match interrupt(handle(number)).map_err(|error| error.status()) {
                Ok(()) | Err(Status::Closed) => thread::yield_now(),
                Err(status) => panic!("{status:?} from interrupting"),
            }
        }
    };
    let close_and_open = || {
        for _ in 0..HANDLES {
            let number = current.load(Ordering::Relaxed);
            for _ in 0..number % 7 {
                thread::yield_now();
            }
            current.store(directory.open(), Ordering::Relaxed);
            close(handle(number)).unwrap();
            assert_eq!(pass(number), Err(Status::Closed));
        }
        is_over.store(true, Ordering::Relaxed);
    };
    thread::scope(|scope| {
        let users = [1, 3, 1000, 5000].map(|in_a_row| scope.spawn(move || use_them(in_a_row)));
        scope.spawn(disturb);
        scope.spawn(close_and_open);
        let passed: usize = users.map(|user| user.join().unwrap()).iter().sum();
        assert!(passed > 0);
    });
    close(handle(current.into_inner())).unwrap();
    let members = simpleipc::audit("jobs", Some(&directory.0)).unwrap();
    assert!(members.is_none(), "a handle was not let go of");
}
