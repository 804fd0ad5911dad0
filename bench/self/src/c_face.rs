//! The paths as C programs take them.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::ptr::null_mut;

use simpleipc_capi::generated::{
    SIPC_KIND_BYTES, SIPC_MESSAGE_INIT, SIPC_OK, SIPC_OPTION_LOSSLESS, SIPC_OPTION_UNSTAMPED,
    SIPC_OPTIONS_INIT, SIPC_ROLE_PUBLISH, SIPC_ROLE_RECEIVE, SIPC_ROLE_SEND, SIPC_ROLE_SUBSCRIBE,
    SIPC_VALUE_INIT, sipc_channel, sipc_options, sipc_value,
};
use simpleipc_capi::{sipc_close, sipc_open, sipc_put, sipc_release, sipc_take};

use crate::path::{BURST, Path, Result};
use crate::place::Place;

const SIZE: usize = 48;

pub const PATHS: &[Path] = &[
    Path {
        name: "c-topic-48",
        take: |place, operations| {
            let consumer = (SIPC_ROLE_SUBSCRIBE, SIPC_OPTION_LOSSLESS);
            exchange(place, operations, consumer, SIPC_ROLE_PUBLISH)
        },
    },
    Path {
        name: "c-queue-48",
        take: |place, operations| {
            exchange(place, operations, (SIPC_ROLE_RECEIVE, 0), SIPC_ROLE_SEND)
        },
    },
];

/// An open channel, closed when it goes.
struct Channel(*mut sipc_channel);

impl Channel {
    fn open(place: &Place, role: u32, flags: u32) -> Result<Self> {
        let directory = CString::new(place.path().as_os_str().as_bytes())?;
        let options = sipc_options {
            flags: flags | SIPC_OPTION_UNSTAMPED,
            directory: directory.as_ptr(),
            ..SIPC_OPTIONS_INIT
        };
        let mut channel = null_mut();
        // SAFETY: the strings and the structs live for the call.
        let status =
            unsafe { sipc_open(c"path".as_ptr(), role, &options, &mut channel, null_mut()) };
        succeeded(status)?;
        Ok(Self(channel))
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        sipc_close(self.0);
    }
}

fn succeeded(status: i32) -> Result<()> {
    match status {
        SIPC_OK => Ok(()),
        _ => Err(format!("a function of the C face returned {status}").into()),
    }
}

fn exchange(place: &Place, operations: u64, consumer: (u32, u32), producer: u32) -> Result<()> {
    let consumer = Channel::open(place, consumer.0, consumer.1)?;
    let producer = Channel::open(place, producer, 0)?;
    let data = [1u8; SIZE];
    let value = sipc_value {
        kind: SIPC_KIND_BYTES,
        data: data.as_ptr().cast(),
        len: SIZE as u64,
        ..SIPC_VALUE_INIT
    };
    for _ in 0..operations / BURST {
        for _ in 0..BURST {
            // SAFETY: the handle is open, and the value and its data live for the call.
            succeeded(unsafe { sipc_put(producer.0, &value, -1, null_mut()) })?;
        }
        for _ in 0..BURST {
            let mut message = SIPC_MESSAGE_INIT;
            // SAFETY: the handle is open; the message is released before it goes.
            succeeded(unsafe { sipc_take(consumer.0, -1, &mut message, null_mut()) })?;
            let is_whole = message.value.len == SIZE as u64 && !message.value.data.is_null();
            // SAFETY: as above, and its value is not used after this.
            unsafe { sipc_release(&mut message) };
            if !is_whole {
                return Err(format!("{SIZE} bytes were put, others were taken").into());
            }
        }
    }
    Ok(())
}
