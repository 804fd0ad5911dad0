//! Locks and semaphores: few at a time, whatever program they are in.

use super::Options;
use super::wait::Interrupter;
use crate::carrier::{Deadline, Locker, Place};
use crate::error::{Result, Status};
use std::time::Duration;

/// A named lock: one at a time has it, among all programs that open it.
///
/// If its owner's process ends without unlocking, however it ends, the lock is free at once, and
/// the next owner is told ([`Permit::abandoned`]): what it protects may be half done. A stopped
/// process is not a dead one, and keeps the lock.
///
/// ```
/// # let directory = std::env::temp_dir().join(format!("sipc-lock-{}", std::process::id()));
/// # std::fs::create_dir_all(&directory).unwrap();
/// # let options = simpleipc::Options { directory: Some(directory.clone()), ..Default::default() };
/// let mut lock = simpleipc::Lock::open("robot", &options)?;
/// let held = lock.lock(None)?;
/// if let Some(pid) = held.abandoned() {
///     println!("process {pid} died in the middle of it");
/// }
/// drop(held);
/// # drop(lock);
/// # std::fs::remove_dir(directory).unwrap();
/// # Ok::<(), simpleipc::Error>(())
/// ```
pub struct Lock {
    locker: Locker,
}

impl Lock {
    /// Opens the lock, creating it if nobody uses it. Programs may start in any order.
    pub fn open(name: &str, options: &Options) -> Result<Self> {
        let locker = open(name, 1, options, "a lock")?;
        Ok(Self { locker })
    }

    /// Waits until the lock is this handle's; `Timeout` when that is not so in time. `None` waits
    /// for ever, zero only tries.
    ///
    /// Whoever has waited for 1 ms comes before those who have not, and among these the order is
    /// that of their waiting.
    #[inline]
    pub fn lock(&mut self, timeout: Option<Duration>) -> Result<Permit<'_>> {
        Permit::acquire(&mut self.locker, timeout)
    }

    /// The lock, if it is free.
    #[inline]
    pub fn try_lock(&mut self) -> Result<Option<Permit<'_>>> {
        Permit::try_acquire(&mut self.locker)
    }

    /// Unlocks what was locked and whose [`Permit`] was forgotten (`std::mem::forget`). For
    /// bindings to languages without destructors.
    pub fn unlock(&mut self) -> Result<()> {
        self.locker.release()
    }

    /// Ends a wait of this handle from another thread.
    pub fn interrupter(&self) -> Interrupter {
        self.locker.interrupter()
    }
}

/// A named semaphore: so many at a time have a permit, among all programs that open it. Each
/// handle has at most one. Whatever is true of a [`Lock`] is true of each permit.
pub struct Semaphore {
    locker: Locker,
}

impl Semaphore {
    /// Opens the semaphore, creating it if nobody uses it. The first one to open it decides how
    /// many permits there are, 1 to 64; to ask for another number later is an error.
    pub fn open(name: &str, permits: u32, options: &Options) -> Result<Self> {
        let locker = open(name, permits, options, "a semaphore")?;
        Ok(Self { locker })
    }

    /// Waits for a permit; as [`Lock::lock`].
    #[inline]
    pub fn acquire(&mut self, timeout: Option<Duration>) -> Result<Permit<'_>> {
        Permit::acquire(&mut self.locker, timeout)
    }

    /// A permit, if there is one.
    #[inline]
    pub fn try_acquire(&mut self) -> Result<Option<Permit<'_>>> {
        Permit::try_acquire(&mut self.locker)
    }

    /// Gives back what was acquired and whose [`Permit`] was forgotten; as [`Lock::unlock`].
    pub fn release(&mut self) -> Result<()> {
        self.locker.release()
    }

    /// Ends a wait of this handle from another thread.
    pub fn interrupter(&self) -> Interrupter {
        self.locker.interrupter()
    }
}

fn open(name: &str, permits: u32, options: &Options, who: &str) -> Result<Locker> {
    let mut opening = options.without_history(who, name)?;
    opening.permits = permits;
    Locker::open(Place::new(name, options.directory.as_deref())?, &opening)
}

/// A lock that is held, or a permit of a semaphore. Dropping it gives it back, in any thread.
#[must_use = "what is dropped is given back"]
pub struct Permit<'a> {
    locker: &'a mut Locker,
    abandoned: Option<u32>,
}

impl<'a> Permit<'a> {
    #[inline]
    fn acquire(locker: &'a mut Locker, timeout: Option<Duration>) -> Result<Self> {
        let abandoned = locker.acquire(Deadline::after(timeout))?;
        Ok(Self { locker, abandoned })
    }

    fn try_acquire(locker: &'a mut Locker) -> Result<Option<Self>> {
        match locker.acquire(Deadline::Now) {
            Ok(abandoned) => Ok(Some(Self { locker, abandoned })),
            Err(error) if error.status() == Status::Timeout => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The process that died holding this, if its last owner did: what it protects may be half
    /// done. Told to one owner only; to the next one again if this one dies holding it, too.
    pub fn abandoned(&self) -> Option<u32> {
        self.abandoned
    }
}

impl Drop for Permit<'_> {
    #[inline]
    fn drop(&mut self) {
        // It fails for who has lost it: a forked child, or a handle that was taken for dead.
        let _ = self.locker.release();
    }
}
