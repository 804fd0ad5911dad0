//! The part of libzmq that the worker needs: contexts, sockets and messages. Declared by hand,
//! because it is small, and because the crates for it build a libzmq of their own, while most
//! people run the one of their distribution.

use anyhow::{Context as _, Result, bail, ensure};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::MaybeUninit;

pub const PULL: c_int = 7;
pub const PUSH: c_int = 8;
pub const SUB: c_int = 2;
pub const XPUB: c_int = 9;

pub const SUBSCRIBE: c_int = 6;
pub const LINGER: c_int = 17;
pub const RECONNECT_IVL: c_int = 18;
pub const SNDHWM: c_int = 23;
pub const RCVHWM: c_int = 24;
pub const XPUB_VERBOSE: c_int = 40;
pub const XPUB_NODROP: c_int = 69;

const DONTWAIT: c_int = 1;

/// `zmq_msg_t`: 64 bytes that only libzmq looks into.
#[repr(C, align(8))]
struct RawMessage([u8; 64]);

#[link(name = "zmq")]
unsafe extern "C" {
    fn zmq_ctx_new() -> *mut c_void;
    fn zmq_ctx_term(context: *mut c_void) -> c_int;
    fn zmq_socket(context: *mut c_void, kind: c_int) -> *mut c_void;
    fn zmq_close(socket: *mut c_void) -> c_int;
    fn zmq_setsockopt(
        socket: *mut c_void,
        option: c_int,
        value: *const c_void,
        bytes: usize,
    ) -> c_int;
    fn zmq_bind(socket: *mut c_void, endpoint: *const c_char) -> c_int;
    fn zmq_connect(socket: *mut c_void, endpoint: *const c_char) -> c_int;
    fn zmq_msg_init(message: *mut RawMessage) -> c_int;
    fn zmq_msg_init_size(message: *mut RawMessage, bytes: usize) -> c_int;
    fn zmq_msg_send(message: *mut RawMessage, socket: *mut c_void, flags: c_int) -> c_int;
    fn zmq_msg_recv(message: *mut RawMessage, socket: *mut c_void, flags: c_int) -> c_int;
    fn zmq_msg_close(message: *mut RawMessage) -> c_int;
    fn zmq_msg_data(message: *mut RawMessage) -> *mut c_void;
    fn zmq_msg_size(message: *const RawMessage) -> usize;
    fn zmq_errno() -> c_int;
    fn zmq_strerror(number: c_int) -> *const c_char;
}

/// What libzmq says of the call that has just failed.
fn failure(what: &str) -> anyhow::Error {
    // SAFETY: neither function has a precondition; the text is a constant of the library.
    let text = unsafe { CStr::from_ptr(zmq_strerror(zmq_errno())) };
    anyhow::anyhow!("{what}: {}", text.to_string_lossy())
}

/// A socket with a context, and so an input/output thread, of its own.
pub struct Socket {
    context: *mut c_void,
    socket: *mut c_void,
}

impl Socket {
    pub fn new(kind: c_int) -> Result<Socket> {
        // SAFETY: no precondition.
        let context = unsafe { zmq_ctx_new() };
        if context.is_null() {
            return Err(failure("zmq_ctx_new"));
        }
        // SAFETY: the context was made above and is not terminated before `drop`.
        let socket = unsafe { zmq_socket(context, kind) };
        if socket.is_null() {
            let error = failure("zmq_socket");
            // SAFETY: the context was made above; nothing else holds it.
            unsafe { zmq_ctx_term(context) };
            return Err(error);
        }
        Ok(Socket { context, socket })
    }

    pub fn set(&self, option: c_int, value: c_int) -> Result<()> {
        // SAFETY: the option takes an `int`, which is copied out of `value` during the call.
        let result = unsafe {
            zmq_setsockopt(
                self.socket,
                option,
                (&raw const value).cast(),
                size_of::<c_int>(),
            )
        };
        if result != 0 {
            return Err(failure(&format!("option {option} = {value}")));
        }
        Ok(())
    }

    pub fn subscribe_to_all(&self) -> Result<()> {
        // SAFETY: a prefix of 0 bytes; nothing is read.
        if unsafe { zmq_setsockopt(self.socket, SUBSCRIBE, std::ptr::null(), 0) } != 0 {
            return Err(failure("zmq_setsockopt ZMQ_SUBSCRIBE"));
        }
        Ok(())
    }

    pub fn bind(&self, endpoint: &str) -> Result<()> {
        let text = CString::new(endpoint).context("an endpoint with a zero byte")?;
        // SAFETY: the socket lives until `drop`, the text until the end of the call.
        if unsafe { zmq_bind(self.socket, text.as_ptr()) } != 0 {
            return Err(failure(&format!("zmq_bind {endpoint}")));
        }
        Ok(())
    }

    pub fn connect(&self, endpoint: &str) -> Result<()> {
        let text = CString::new(endpoint).context("an endpoint with a zero byte")?;
        // SAFETY: the socket lives until `drop`, the text until the end of the call.
        if unsafe { zmq_connect(self.socket, text.as_ptr()) } != 0 {
            return Err(failure(&format!("zmq_connect {endpoint}")));
        }
        Ok(())
    }

    /// Sends the message, once there is room for it.
    pub fn send(&self, message: &mut Message) -> Result<()> {
        let sent = self.attempt("zmq_msg_send", || {
            // SAFETY: message and socket are valid until they are dropped.
            unsafe { zmq_msg_send(&mut message.0, self.socket, 0) }
        })?;
        ensure!(sent, "zmq_msg_send gave up");
        Ok(())
    }

    /// Receives into the message, in place of what it held; false if there is none, for which it
    /// waits unless `spin` is set.
    pub fn receive(&self, message: &mut Message, spin: bool) -> Result<bool> {
        let flags = if spin { DONTWAIT } else { 0 };
        self.attempt("zmq_msg_recv", || {
            // SAFETY: message and socket are valid until they are dropped.
            unsafe { zmq_msg_recv(&mut message.0, self.socket, flags) }
        })
    }

    /// Whether the call did not have to wait.
    fn attempt(&self, what: &str, mut call: impl FnMut() -> c_int) -> Result<bool> {
        loop {
            if call() >= 0 {
                return Ok(true);
            }
            // SAFETY: no precondition.
            match unsafe { zmq_errno() } {
                libc::EAGAIN => return Ok(false),
                libc::EINTR => {}
                _ => bail!(failure(what)),
            }
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // SAFETY: both were made in `new` and are used by nobody after this.
        unsafe {
            zmq_close(self.socket);
            // Waits until what was sent has left, or for as long as the option LINGER says.
            zmq_ctx_term(self.context);
        }
    }
}

/// A message, whose memory belongs to libzmq.
pub struct Message(RawMessage);

impl Message {
    pub fn new() -> Message {
        let mut raw = MaybeUninit::<RawMessage>::uninit();
        // SAFETY: libzmq fills in all that it reads later; an empty message cannot fail.
        unsafe {
            zmq_msg_init(raw.as_mut_ptr());
            Message(raw.assume_init())
        }
    }

    /// A message of `len` bytes, written by `fill`, which writes every byte of them.
    pub fn filled(len: usize, fill: impl FnOnce(&mut [u8])) -> Result<Message> {
        let mut raw = MaybeUninit::<RawMessage>::uninit();
        // SAFETY: the call initialises the message, or says that it could not.
        if unsafe { zmq_msg_init_size(raw.as_mut_ptr(), len) } != 0 {
            return Err(failure(&format!("zmq_msg_init_size {len}")));
        }
        // SAFETY: initialised above.
        let mut message = Message(unsafe { raw.assume_init() });
        // SAFETY: libzmq has allocated `len` bytes; `fill` only writes them, all of them.
        fill(unsafe { std::slice::from_raw_parts_mut(zmq_msg_data(&mut message.0).cast(), len) });
        Ok(message)
    }

    pub fn bytes(&mut self) -> &[u8] {
        // SAFETY: libzmq vouches for data and size until the message is received into or closed,
        // for which it would have to be borrowed again.
        unsafe {
            let data: *const u8 = zmq_msg_data(&mut self.0).cast();
            std::slice::from_raw_parts(data, zmq_msg_size(&self.0))
        }
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        // SAFETY: initialised when it was made, and closed here only.
        unsafe { zmq_msg_close(&mut self.0) };
    }
}
