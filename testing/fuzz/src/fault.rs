//! What stands in for memory that somebody has cut off.
//!
//! A process that touches a mapping behind the end of its file gets SIGBUS; see docs/security.md.
//! Here a page of zeros takes the place instead, so that what the library does after that is
//! fuzzed, too: it must not make a page of zeros any worse.

use std::sync::Once;

/// From now on every bus error is mended.
pub fn mend() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: plain data, all of it integers.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = mend_one as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        // SAFETY: the handler is async-signal-safe: one system call.
        let done = unsafe { libc::sigaction(libc::SIGBUS, &action, std::ptr::null_mut()) };
        assert_eq!(done, 0);
    });
}

extern "C" fn mend_one(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid description of the fault.
    let at = unsafe { (*info).si_addr() } as usize & !4095;
    // SAFETY: the page is part of a mapping of a file that has no such page any more.
    let page = unsafe {
        libc::mmap(
            at as *mut libc::c_void,
            4096,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
            -1,
            0,
        )
    };
    if page == libc::MAP_FAILED {
        // SAFETY: ends the process; nothing else can be done here.
        unsafe { libc::abort() };
    }
}
