//! The part of libnng that the worker needs: sockets and messages. Declared by hand, because it
//! is small, and because the crates for it build an nng of their own, while most people run the
//! one of their distribution.

use anyhow::{Context as _, Result, anyhow};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::NonNull;

/// `NNG_FLAG_NONBLOCK`
const NONBLOCK: c_int = 2;
/// `NNG_EAGAIN`
const AGAIN: c_int = 8;

const SEND_BUFFER: &CStr = c"send-buffer";
const RECEIVE_BUFFER: &CStr = c"recv-buffer";
const MESSAGE_BYTES_MAX: &CStr = c"recv-size-max";

/// `nng_socket`: a number in a struct, which is passed by value.
#[repr(C)]
#[derive(Clone, Copy)]
struct RawSocket {
    id: u32,
}

/// `nng_msg`: only libnng looks into it.
#[repr(C)]
struct RawMessage {
    opaque: [u8; 0],
}

#[link(name = "nng")]
unsafe extern "C" {
    fn nng_pair0_open(socket: *mut RawSocket) -> c_int;
    fn nng_push0_open(socket: *mut RawSocket) -> c_int;
    fn nng_pull0_open(socket: *mut RawSocket) -> c_int;
    fn nng_close(socket: RawSocket) -> c_int;
    fn nng_socket_set_int(socket: RawSocket, option: *const c_char, value: c_int) -> c_int;
    fn nng_socket_set_size(socket: RawSocket, option: *const c_char, value: usize) -> c_int;
    fn nng_listen(
        socket: RawSocket,
        address: *const c_char,
        listener: *mut c_void,
        flags: c_int,
    ) -> c_int;
    fn nng_dial(
        socket: RawSocket,
        address: *const c_char,
        dialer: *mut c_void,
        flags: c_int,
    ) -> c_int;
    fn nng_sendmsg(socket: RawSocket, message: *mut RawMessage, flags: c_int) -> c_int;
    fn nng_recvmsg(socket: RawSocket, message: *mut *mut RawMessage, flags: c_int) -> c_int;
    fn nng_msg_alloc(message: *mut *mut RawMessage, bytes: usize) -> c_int;
    fn nng_msg_free(message: *mut RawMessage);
    fn nng_msg_body(message: *mut RawMessage) -> *mut c_void;
    fn nng_msg_len(message: *const RawMessage) -> usize;
    fn nng_strerror(number: c_int) -> *const c_char;
}

fn check(result: c_int, what: &str) -> Result<()> {
    if result == 0 {
        return Ok(());
    }
    // SAFETY: any number will do; the text is a constant of the library.
    let text = unsafe { CStr::from_ptr(nng_strerror(result)) };
    Err(anyhow!("{what}: {}", text.to_string_lossy()))
}

/// Which protocol a socket speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// One peer.
    Pair,
    /// Sends each message to one of several pullers.
    Push,
    Pull,
}

pub struct Socket(RawSocket);

impl Socket {
    pub fn new(protocol: Protocol) -> Result<Socket> {
        let mut raw = RawSocket { id: 0 };
        let open = match protocol {
            Protocol::Pair => nng_pair0_open,
            Protocol::Push => nng_push0_open,
            Protocol::Pull => nng_pull0_open,
        };
        // SAFETY: the call writes the number, or says that it could not.
        check(unsafe { open(&mut raw) }, "opening a socket")?;
        Ok(Socket(raw))
    }

    pub fn buffer_sent(&self, messages: i32) -> Result<()> {
        // SAFETY: the name is a constant that ends with zero.
        let result = unsafe { nng_socket_set_int(self.0, SEND_BUFFER.as_ptr(), messages) };
        check(result, "option send-buffer")
    }

    pub fn buffer_received(&self, messages: i32) -> Result<()> {
        // SAFETY: the name is a constant that ends with zero.
        let result = unsafe { nng_socket_set_int(self.0, RECEIVE_BUFFER.as_ptr(), messages) };
        check(result, "option recv-buffer")
    }

    pub fn accept_any_size(&self) -> Result<()> {
        // SAFETY: the name is a constant that ends with zero; 0 means no limit.
        let result = unsafe { nng_socket_set_size(self.0, MESSAGE_BYTES_MAX.as_ptr(), 0) };
        check(result, "option recv-size-max")
    }

    pub fn listen(&self, address: &str) -> Result<()> {
        let text = CString::new(address).context("an address with a zero byte")?;
        // SAFETY: the text lives until the end of the call; no listener is asked for.
        let result = unsafe { nng_listen(self.0, text.as_ptr(), std::ptr::null_mut(), 0) };
        check(result, &format!("nng_listen {address}"))
    }

    /// Returns when the connection stands.
    pub fn dial(&self, address: &str) -> Result<()> {
        let text = CString::new(address).context("an address with a zero byte")?;
        // SAFETY: the text lives until the end of the call; no dialer is asked for.
        let result = unsafe { nng_dial(self.0, text.as_ptr(), std::ptr::null_mut(), 0) };
        check(result, &format!("nng_dial {address}"))
    }

    /// Sends the message, once there is room for it.
    pub fn send(&self, message: Message) -> Result<()> {
        // SAFETY: the message is ours; libnng takes it if the call succeeds, and only then.
        let result = unsafe { nng_sendmsg(self.0, message.0.as_ptr(), 0) };
        check(result, "nng_sendmsg")?;
        std::mem::forget(message);
        Ok(())
    }

    /// The next message; nothing if there is none, for which it waits unless `spin` is set.
    pub fn receive(&self, spin: bool) -> Result<Option<Message>> {
        let flags = if spin { NONBLOCK } else { 0 };
        let mut raw = std::ptr::null_mut();
        // SAFETY: libnng writes the pointer if the call succeeds, and the message is ours then.
        match unsafe { nng_recvmsg(self.0, &mut raw, flags) } {
            0 => Ok(NonNull::new(raw).map(Message)),
            AGAIN => Ok(None),
            other => Err(check(other, "nng_recvmsg").unwrap_err()),
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // SAFETY: opened in `new`, and closed here only.
        unsafe { nng_close(self.0) };
    }
}

/// A message that belongs to us; its memory was allocated by libnng.
pub struct Message(NonNull<RawMessage>);

impl Message {
    /// A message of `len` bytes, written by `fill`, which writes every byte of them.
    pub fn filled(len: usize, fill: impl FnOnce(&mut [u8])) -> Result<Message> {
        let mut raw = std::ptr::null_mut();
        // SAFETY: libnng writes the pointer if the call succeeds.
        check(unsafe { nng_msg_alloc(&mut raw, len) }, "nng_msg_alloc")?;
        let message = Message(NonNull::new(raw).context("nng_msg_alloc gave no message")?);
        // SAFETY: the body has `len` bytes and is ours alone; `fill` only writes them.
        fill(unsafe { std::slice::from_raw_parts_mut(nng_msg_body(raw).cast(), len) });
        Ok(message)
    }

    pub fn bytes(&self) -> &[u8] {
        let raw = self.0.as_ptr();
        // SAFETY: libnng vouches for body and length until the message is freed or sent.
        unsafe { std::slice::from_raw_parts(nng_msg_body(raw).cast(), nng_msg_len(raw)) }
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        // SAFETY: a message that was sent is forgotten, so this one is ours.
        unsafe { nng_msg_free(self.0.as_ptr()) };
    }
}
