//! Looking at channels without touching them, and removing what nobody uses.

use std::ffi::c_char;
use std::fmt::Write;
use std::path::Path;
use std::ptr;

use simpleipc::{ChannelReport, Pattern, PeerReport, Result, Status};

use crate::generated::sipc_error;
use crate::guard::{duration, guard, misuse, present, text};

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_audit(
    name: *const c_char,
    directory: *const c_char,
    buffer: *mut c_char,
    capacity: u64,
    needed: *mut u64,
    error: *mut sipc_error,
) -> i32 {
    let audit = || {
        present(needed, "needed")?;
        if capacity > 0 {
            present(buffer, "buffer")?;
        }
        // SAFETY: the pointers are what the header says.
        let (name, directory) = unsafe {
            let name = (!name.is_null()).then(|| text(name, "name", Status::BadName));
            (name.transpose()?, optional_directory(directory)?)
        };
        let reports = match name {
            Some(name) => simpleipc::audit(name, directory)?.into_iter().collect(),
            None => simpleipc::audit_all(directory)?,
        };
        let json = json_list(reports.iter().map(channel_json));
        let size = json.len() as u64 + 1;
        // SAFETY: not NULL; the buffer has `capacity` bytes, which the text and its NUL fit into.
        unsafe {
            if size <= capacity {
                ptr::copy_nonoverlapping(json.as_ptr(), buffer.cast(), json.len());
                buffer.add(json.len()).write(0);
            }
            needed.write(size);
        }
        Ok(())
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, audit) }
}

/// See simpleipc.h.
///
/// # Safety
/// As the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sipc_clean(
    directory: *const c_char,
    age_max_ns: i64,
    count: *mut u64,
    error: *mut sipc_error,
) -> i32 {
    let clean = || {
        present(count, "count")?;
        let age_max = duration(age_max_ns).ok_or_else(|| {
            misuse(format!(
                "age_max_ns is {age_max_ns}, but an age is not negative"
            ))
        })?;
        // SAFETY: the pointers are what the header says.
        unsafe { count.write(simpleipc::clean(optional_directory(directory)?, age_max)?) };
        Ok(())
    };
    // SAFETY: `error` is what the header says.
    unsafe { guard(error, clean) }
}

/// A directory of the caller; NULL is the default one.
///
/// # Safety
/// `directory` is NULL or points to a NUL-terminated text that outlives `'a`.
pub(crate) unsafe fn optional_directory<'a>(directory: *const c_char) -> Result<Option<&'a Path>> {
    if directory.is_null() {
        return Ok(None);
    }
    // SAFETY: passed on.
    unsafe { text(directory, "directory", Status::BadArgument) }.map(|path| Some(Path::new(path)))
}

fn channel_json(channel: &ChannelReport) -> String {
    let pattern = channel.pattern.map_or("unknown", Pattern::name);
    let newest_age_ns = channel.newest_age_ns.map(|age| age.to_string());
    json_object(&[
        ("name", json_text(&channel.name)),
        ("pattern", json_text(pattern)),
        ("depth", channel.depth.to_string()),
        ("producers", channel.producers.to_string()),
        ("lanes", channel.lanes.to_string()),
        ("waiting", channel.waiting.to_string()),
        ("newest_age_ns", newest_age_ns.unwrap_or("null".to_owned())),
        ("control_bytes", channel.control_bytes.to_string()),
        ("pool_bytes", channel.pool_bytes.to_string()),
        ("chunks", channel.chunks.to_string()),
        ("chunks_in_use", channel.chunks_in_use.to_string()),
        ("messages", channel.messages.to_string()),
        ("peers", json_list(channel.peers.iter().map(peer_json))),
        (
            "leaks",
            json_list(channel.leaks.iter().map(|leak| json_text(leak))),
        ),
    ])
}

fn peer_json(peer: &PeerReport) -> String {
    json_object(&[
        ("endpoint", peer.endpoint.to_string()),
        ("pid", peer.pid.to_string()),
        ("program", json_text(&peer.program)),
        ("language", json_text(&peer.language)),
        ("role", json_text(peer.verb())),
        ("since_ns", peer.since_ns.to_string()),
        ("alive", peer.alive.to_string()),
        ("missed", peer.missed.to_string()),
        ("holds_message", peer.holds_message.to_string()),
        ("sent", peer.sent.to_string()),
        ("behind", peer.behind.to_string()),
    ])
}

fn json_object(fields: &[(&str, String)]) -> String {
    let fields = fields
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

fn json_list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

/// A JSON string; what it may not hold as it is, is escaped by number.
fn json_text(text: &str) -> String {
    let mut json = String::from("\"");
    for c in text.chars() {
        if c.is_control() || c == '"' || c == '\\' {
            // Writing to a String cannot fail.
            let _ = write!(json, "\\u{:04x}", u32::from(c));
        } else {
            json.push(c);
        }
    }
    json.push('"');
    json
}
