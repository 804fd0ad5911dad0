//! Atomics for the models in testing/model, which run the ring itself under `--cfg loom`.
//!
//! A word is ordinary memory, so that the ring finds it in a region as it does elsewhere. While a
//! model runs, its address stands for an atomic of loom, which returns whatever the memory model
//! lets a load return. Outside of a model, and under shuttle, the memory itself is used; shuttle
//! may then switch threads before each access.
//!
//! A thread can be made to die before its n-th store: it unwinds, and what it has stored stays.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::atomic as real;
pub use std::sync::atomic::Ordering;

/// Who decides which thread runs next, and what a load returns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The machine.
    Machine,
    Loom,
    Shuttle,
}

/// A word that was met without having been entered before the threads began: its address, and
/// whether it has 64 bits.
pub type Late = (usize, bool);

/// What stands for a word under loom.
struct Loomed<T> {
    word: T,
    /// Stored to before each load, and never read. Loom reorders accesses that depend on each
    /// other, but of each atomic it knows the last access only; so with `load; load and store`
    /// in two threads it would not try the store before the other's load. With this all loads
    /// depend on each other. It synchronizes nothing, because nobody reads it.
    order: loom::sync::atomic::AtomicBool,
}

/// The loom atomics of one run, by the address of the word they stand for.
#[derive(Default)]
struct Table {
    narrow: HashMap<usize, Rc<Loomed<loom::sync::atomic::AtomicU32>>>,
    wide: HashMap<usize, Rc<Loomed<loom::sync::atomic::AtomicU64>>>,
    late: BTreeSet<Late>,
}

thread_local! {
    static ENGINE: Cell<Engine> = const { Cell::new(Engine::Machine) };
    static TABLE: RefCell<Table> = RefCell::default();
    static IS_PARALLEL: Cell<bool> = const { Cell::new(false) };
    /// Stores that the dying thread may still make, and under loom which thread that is.
    static DYING: RefCell<Option<(u64, Option<loom::thread::ThreadId>)>> =
        const { RefCell::new(None) };
}

/// A run begins on this thread of the machine; all threads of the model run on it, too.
pub fn begin(engine: Engine) {
    ENGINE.set(engine);
    TABLE.take();
    DYING.take();
    IS_PARALLEL.set(false);
}

/// The run is over, or has failed. The words that no one had entered: loom has been told of them
/// too late, and must begin again.
pub fn end() -> BTreeSet<Late> {
    ENGINE.set(Engine::Machine);
    TABLE.take().late
}

/// The words that no one had entered, so far.
pub fn late() -> BTreeSet<Late> {
    TABLE.with_borrow(|table| table.late.clone())
}

pub fn engine() -> Engine {
    ENGINE.get()
}

/// What the unwinding of a dead thread carries.
struct Dead;

/// Runs `life`, and ends it before the store after the next `stores`, as if the process had been
/// killed there. `None` if so. One thread at a time may be dying.
pub fn die_after<T>(stores: u64, life: impl FnOnce() -> T) -> Option<T> {
    let thread = (engine() == Engine::Loom).then(|| loom::thread::current().id());
    DYING.replace(Some((stores, thread)));
    let lived = catch_unwind(AssertUnwindSafe(life));
    DYING.take();
    match lived {
        Ok(value) => Some(value),
        Err(why) if why.is::<Dead>() => None,
        Err(why) => resume_unwind(why),
    }
}

/// A store is about to be made.
fn count_store() {
    let is_over = DYING.with_borrow_mut(|dying| match dying {
        None => false,
        Some((_, Some(thread))) if *thread != loom::thread::current().id() => false,
        Some((0, _)) => true,
        Some((left, _)) => {
            *left -= 1;
            false
        }
    });
    if is_over {
        resume_unwind(Box::new(Dead));
    }
}

/// The first threads begin. From here on loom would object to a word that it is told of: only who
/// has seen it being made may use it.
pub fn threads_begin() {
    IS_PARALLEL.set(true);
}

/// A word turns up that loom has not been told of.
fn meet(word: Late) {
    TABLE.with_borrow_mut(|table| table.late.insert(word));
    if IS_PARALLEL.get() {
        resume_unwind(Box::new("a word has turned up"));
    }
}

/// Shuttle may run another thread here.
fn may_switch() {
    if engine() == Engine::Shuttle {
        shuttle::thread::yield_now();
    }
}

pub fn fence(order: Ordering) {
    match engine() {
        Engine::Loom => loom::sync::atomic::fence(order),
        _ => real::fence(order),
    }
}

macro_rules! word {
    (struct $name:ident, $int:ty, $table:ident, $is_wide:literal) => {
        #[derive(Debug, Default)]
        #[repr(transparent)]
        pub struct $name(real::$name);

        impl $name {
            pub const fn new(value: $int) -> Self {
                Self(real::$name::new(value))
            }

            pub fn as_ptr(&self) -> *mut $int {
                self.0.as_ptr()
            }

            /// Tells loom of the word, whose value is what the memory holds. Whatever threads a
            /// model has are started afterwards.
            pub fn enter(&self) {
                self.loomed();
            }

            fn loomed(&self) -> Rc<Loomed<loom::sync::atomic::$name>> {
                let atomic = Rc::new(Loomed {
                    word: loom::sync::atomic::$name::new(self.0.load(Ordering::Relaxed)),
                    order: loom::sync::atomic::AtomicBool::new(false),
                });
                let at = self.as_ptr() as usize;
                TABLE.with_borrow_mut(|table| table.$table.insert(at, Rc::clone(&atomic)));
                atomic
            }

            fn modelled(&self) -> Option<Rc<Loomed<loom::sync::atomic::$name>>> {
                may_switch();
                if engine() != Engine::Loom {
                    return None;
                }
                let at = self.as_ptr() as usize;
                let known = TABLE.with_borrow(|table| table.$table.get(&at).cloned());
                Some(known.unwrap_or_else(|| {
                    meet((at, $is_wide));
                    self.loomed()
                }))
            }

            pub fn load(&self, order: Ordering) -> $int {
                match self.modelled() {
                    Some(atomic) => {
                        atomic.order.store(true, Ordering::Relaxed);
                        atomic.word.load(order)
                    }
                    None => self.0.load(order),
                }
            }

            pub fn store(&self, value: $int, order: Ordering) {
                count_store();
                match self.modelled() {
                    Some(atomic) => atomic.word.store(value, order),
                    None => self.0.store(value, order),
                }
            }

            pub fn compare_exchange(
                &self,
                from: $int,
                to: $int,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$int, $int> {
                count_store();
                match self.modelled() {
                    Some(atomic) => atomic.word.compare_exchange(from, to, success, failure),
                    None => self.0.compare_exchange(from, to, success, failure),
                }
            }

            word! { fn $name, $int, swap }
            word! { fn $name, $int, fetch_add }
            word! { fn $name, $int, fetch_and }
            word! { fn $name, $int, fetch_or }
            word! { fn $name, $int, fetch_max }
        }
    };
    (fn $name:ident, $int:ty, $change:ident) => {
        pub fn $change(&self, value: $int, order: Ordering) -> $int {
            count_store();
            match self.modelled() {
                Some(atomic) => atomic.word.$change(value, order),
                None => self.0.$change(value, order),
            }
        }
    };
}

word! { struct AtomicU32, u32, narrow, false }
word! { struct AtomicU64, u64, wide, true }
