//! The words of a lock: whose turn it is, and what somebody has written there who should not.

mod place;

use place::TestPlace;
use simpleipc::bytes::{endpoint, header, permit::Permit};
use simpleipc::{Lock, Semaphore, Status, audit, clean};
use std::fs::File;
use std::mem::forget;
use std::os::unix::fs::FileExt;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

const SOON: Option<Duration> = Some(Duration::from_secs(20));

/// The control file of the lock `l`.
struct Words(File);

impl Words {
    fn of(place: &TestPlace) -> Self {
        let path = place.path().join("l.sipc");
        let file = File::options().read(true).write(true).open(path);
        Self(file.expect("the file of a lock in use"))
    }

    fn load(&self, at: usize) -> u64 {
        let mut bytes = [0; 8];
        self.0.read_exact_at(&mut bytes, at as u64).expect("a word");
        u64::from_ne_bytes(bytes)
    }

    fn store(&self, at: usize, word: u64) {
        let bytes = word.to_ne_bytes();
        self.0.write_all_at(&bytes, at as u64).expect("a word");
    }

    fn permit(&self) -> Permit {
        Permit::from_word(self.load(header::OFF_PERMITS))
    }

    fn set_permit(&self, owner: u32, abandoned: u32) {
        let permit = Permit { owner, abandoned };
        self.store(header::OFF_PERMITS, permit.to_word());
    }

    /// Bit e: endpoint e stands in line.
    fn line(&self) -> u64 {
        self.load(header::OFF_ACTIVE)
    }

    fn wait_for_line(&self, expected: u64) {
        let began = Instant::now();
        while self.line() != expected {
            assert!(began.elapsed() < SOON.expect("some time"));
            thread::yield_now();
        }
    }
}

#[test]
fn who_unlocks_does_not_have_the_lock_again_before_those_who_wait() {
    let place = TestPlace::new();
    let mut first = Lock::open("l", &place.options()).expect("open");
    let words = Words::of(&place);
    let (tell, told) = channel();
    thread::scope(|scope| {
        let held = first.lock(SOON).expect("lock");
        let mut letters = Vec::new();
        for number in 0..3 {
            let mut waiter = Lock::open("l", &place.options()).expect("open");
            let (tell, (go, come)) = (tell.clone(), channel::<()>());
            letters.push(go);
            scope.spawn(move || {
                let held = waiter.lock(SOON).expect("its turn");
                tell.send(number).expect("it is listened to");
                come.recv().expect("it may go on");
                drop(held);
            });
            // Each begins to wait after the one before.
            words.wait_for_line((1 << (number + 2)) - 2);
        }
        drop(held);
        for (number, go) in letters.iter().enumerate() {
            // Free or not, it is not ours.
            assert!(first.try_lock().expect("try").is_none());
            assert_eq!(told.recv().expect("the next one"), number);
            go.send(()).expect("it waits for that");
        }
        drop(first.lock(SOON).expect("they have all gone"));
    });
    assert_eq!(words.line(), 0);
}

#[test]
fn an_owner_that_cannot_be_is_nobody() {
    let place = TestPlace::new();
    let mut lock = Lock::open("l", &place.options()).expect("open");
    let words = Words::of(&place);
    for owner in [257, u32::MAX] {
        words.set_permit(owner, 0);
        let report = audit("l", Some(place.path())).expect("audit");
        assert_eq!(report.expect("it exists").leaks.len(), 1);
        let held = lock.try_lock().expect("try").expect("nobody has it");
        assert_eq!(held.abandoned(), None);
    }
    // Endpoints that there could be, and that nobody is.
    for owner in [2, 200] {
        words.set_permit(owner, 0);
        let report = audit("l", Some(place.path())).expect("audit");
        assert_eq!(report.expect("it exists").leaks.len(), 1);
        let held = lock.try_lock().expect("try").expect("nobody has it");
        assert!(held.abandoned().is_some());
    }
    // This very endpoint, which knows better.
    words.set_permit(1, 0);
    assert!(lock.try_lock().expect("try").is_none());
    drop(lock);
    let mut lock = Lock::open("l", &place.options()).expect("open");
    assert!(lock.try_lock().expect("try").is_some());
}

#[test]
fn a_line_of_nobody_holds_nobody_up() {
    let place = TestPlace::new();
    let mut lock = Lock::open("l", &place.options()).expect("open");
    let words = Words::of(&place);
    for quarter in 0..4 {
        words.store(header::OFF_ACTIVE + 8 * quarter, u64::MAX);
    }
    let held = lock.lock(SOON).expect("nobody is there");
    drop(held);
    // The other three whose blocks there are; nobody asks for those that there are not.
    assert_eq!(words.line() & 0b1111, 0, "nobody is in the line now");
}

#[test]
fn a_lock_that_was_written_over_is_said_to_be() {
    let place = TestPlace::new();
    let mut lock = Lock::open("l", &place.options()).expect("open");
    let words = Words::of(&place);
    forget(lock.lock(SOON).expect("lock"));
    words.set_permit(200, 7);
    let error = lock.unlock().expect_err("it is another's");
    assert_eq!(error.status(), Status::Corrupt, "{error}");
    assert_eq!(words.permit().owner, 200, "and is left to that one");
    drop(lock);
    assert_eq!(clean(Some(place.path()), Duration::ZERO), Ok(1));
}

#[test]
fn who_was_taken_for_dead_gives_nothing_back_that_is_anothers() {
    let place = TestPlace::new();
    let mut evicted = Lock::open("l", &place.options()).expect("open");
    let mut other = Lock::open("l", &place.options()).expect("open");
    let words = Words::of(&place);
    forget(evicted.lock(SOON).expect("lock"));
    // As if its block had been repaired and had a new owner, who has locked.
    let generation = header::OFF_ENDPOINTS as usize + endpoint::OFF_GENERATION - 4;
    let state = u64::from(endpoint::STATE_ACTIVE);
    words.store(generation, 77 << 32 | state);
    let error = evicted.unlock().expect_err("lost");
    assert_eq!(error.status(), Status::Evicted, "{error}");
    let error = evicted.lock(SOON).err().expect("lost");
    assert_eq!(error.status(), Status::Evicted, "{error}");
    assert_eq!(words.permit().owner, 1);
    assert!(other.try_lock().expect("try").is_none());
    drop((evicted, other));
    assert_eq!(clean(Some(place.path()), Duration::ZERO), Ok(1));
}

#[test]
fn a_permit_more_than_the_line_needs_is_for_whoever_comes() {
    let place = TestPlace::new();
    let open = || Semaphore::open("l", 2, &place.options()).expect("open");
    let (mut first, mut second, mut third) = (open(), open(), open());
    let mut waiter = open();
    let words = Words::of(&place);
    thread::scope(|scope| {
        let held = [first.acquire(SOON), second.acquire(SOON)].map(|held| held.expect("free"));
        let waiting = scope.spawn(move || waiter.acquire(SOON).map(forget).map(|()| waiter));
        words.wait_for_line(1 << 3);
        drop(held);
        // One of the two is the waiter's, whether it has come for it or not.
        assert!(third.try_acquire().expect("try").is_some());
        waiting.join().expect("it ends").expect("its turn");
    });
}

/// A small generator: the same numbers in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// A word of the lock gets a value that it might have, or any.
fn scribble(words: &Words, dice: &mut Dice) {
    let any = [
        0,
        1,
        2,
        5,
        77 << 32 | 3,
        1 << 40,
        u64::MAX,
        dice.roll(u64::MAX),
    ];
    let word = any[dice.roll(8) as usize];
    let block = header::OFF_ENDPOINTS + dice.roll(5) * endpoint::BLOCK_BYTES;
    let at = match dice.roll(6) {
        0 | 1 => header::OFF_PERMITS + dice.roll(4) as usize * 8,
        2 => header::OFF_ACTIVE + dice.roll(4) as usize * 8,
        3 => block as usize + endpoint::OFF_WAITING_SINCE_NS,
        4 => block as usize + endpoint::OFF_LEASE,
        _ => block as usize + endpoint::OFF_STATE,
    };
    words.store(at, word);
}

#[test]
fn whatever_is_written_into_a_lock_its_users_go_on_or_are_told() {
    let place = TestPlace::new();
    let open = || Semaphore::open("l", 3, &place.options());
    let mut dice = Dice(4711);
    let mut handles = vec![open().expect("open"), open().expect("open")];
    let words = Words::of(&place);
    for _ in 0..3000 {
        scribble(&words, &mut dice);
        let which = dice.roll(handles.len() as u64) as usize;
        let timeout = Duration::from_micros(dice.roll(3) * 700);
        let began = Instant::now();
        let outcome = match dice.roll(4) {
            0 => handles[which].release(),
            1 => open().map(|newcomer| handles[which] = newcomer),
            _ => handles[which].acquire(Some(timeout)).map(forget),
        };
        assert!(began.elapsed() < SOON.expect("some time"), "{outcome:?}");
        let told = outcome.map_err(|error| error.message().len() > 10);
        assert_ne!(told, Err(false), "no sentence");
    }
    audit("l", Some(place.path())).expect("an audit looks at all of it");
    drop(handles);
    let left = std::fs::remove_file(place.path().join("l.sipc"));
    assert!(left.is_ok() || !place.path().join("l.sipc").exists());
}
