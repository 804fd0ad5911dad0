//! The control file's life: created whole or not at all, joined, and removed by the last one out.
//!
//! Every open handle holds a shared lock on the MEMBER byte. Who gets it exclusively is alone:
//! the last one out, who removes the files, or the first one in after everybody died, who starts
//! anew (or, in a queue, repairs). A file gets its name only when it is complete.

use super::place::Place;
use super::{Opening, segments};
use crate::error::{Error, Result, Status};
use crate::layout::Pattern;
use crate::layout::header::{self, Geometry, HEADER_BYTES, HeaderError};
use crate::layout::lane::{Head, TAKE_DONE, Take};
use crate::layout::service::TAG_ONE_WAY;
use crate::limits;
use crate::mem::Region;
use crate::os::{self, File, Mapping};
use crate::ring::control::Control;
use crate::ring::permits;
use crate::ring::queue;
use crate::ring::slot::Found;
use crate::sync::{Ordering, crash_point};
use std::time::Duration;

/// Lock bytes; all far behind the end of the file, and below 2^31 for 32-bit systems.
const MEMBER: u64 = 0x7000_0000;
const ENDPOINT_0: u64 = MEMBER + 256;

/// How long to wait for another process that is between opening and joining, or removing.
const PATIENCE: Duration = Duration::from_secs(2);

/// The byte whose lock says that endpoint `index` is alive.
pub fn endpoint_byte(index: u32) -> u64 {
    ENDPOINT_0 + u64::from(index)
}

/// An open, mapped and checked control file of which this handle is a member, or an observer.
pub struct ControlFile {
    pub file: File,
    pub control: Control,
    /// Keeps `control` valid; dropped after it.
    pub mapping: Mapping,
}

/// Opens the channel, creating it if nobody uses it.
pub fn open(place: &Place, pattern: Pattern, opening: &Opening) -> Result<ControlFile> {
    let geometry = wanted(place, pattern, opening)?;
    place.prepare()?;
    let give_up = os::now_ns() + PATIENCE.as_nanos() as i64;
    loop {
        match try_open(place, &geometry, opening.joins_only) {
            Ok(Some(opened)) => return Ok(opened),
            Ok(None) => {}
            // The last one out has removed the directory meanwhile.
            Err(error) if error.status() == Status::NoDirectory && os::now_ns() < give_up => {
                place.prepare()?;
                if !place.directory().is_dir() {
                    return Err(error);
                }
            }
            Err(error) => return Err(error),
        }
        if os::now_ns() > give_up {
            return Err(Error::new(
                Status::System,
                format!(
                    "the channel '{}' has been locked by a process that is opening or removing it \
                     for {PATIENCE:?}; is that process stopped?",
                    place.name()
                ),
            ));
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

fn wanted(place: &Place, pattern: Pattern, opening: &Opening) -> Result<Geometry> {
    let depth = wanted_depth(pattern, opening)?;
    if opening.history > depth {
        return Err(Error::new(
            Status::BadArgument,
            format!(
                "a history of {} needs a depth of at least as many",
                opening.history
            ),
        ));
    }
    let pool = opening.pool_bytes_max;
    Ok(Geometry {
        pattern,
        depth,
        endpoints: limits::PEERS_MAX as u32,
        lanes: match pattern {
            Pattern::Lock => 0,
            _ => limits::PRODUCERS_MAX as u32,
        },
        pool_bytes_max: if pool == 0 {
            limits::POOL_BYTES_DEFAULT
        } else {
            pool
        },
        uuid: os::random_bytes(),
        boot_id: os::boot_id(),
        name: place.name().to_string(),
    })
}

fn wanted_depth(pattern: Pattern, opening: &Opening) -> Result<u32> {
    let default = match pattern {
        Pattern::Queue | Pattern::Service => limits::DEPTH_QUEUE,
        Pattern::State | Pattern::Signal => limits::DEPTH_MIN,
        Pattern::Topic => limits::DEPTH_TOPIC,
        Pattern::Lock => return Ok(opening.permits),
    };
    let depth = if opening.depth == 0 {
        default
    } else {
        opening.depth
    };
    let (least, most) = (limits::DEPTH_MIN, limits::DEPTH_MAX);
    if !depth.is_power_of_two() || !(least..=most).contains(&depth) {
        return Err(Error::new(
            Status::BadArgument,
            format!("the depth {depth} is not a power of two between {least} and {most}"),
        ));
    }
    Ok(depth)
}

/// One attempt; `None` when somebody else was in the way.
fn try_open(place: &Place, wanted: &Geometry, joins_only: bool) -> Result<Option<ControlFile>> {
    let Some(file) = place.open(&place.control_path())? else {
        return match joins_only {
            true => Err(deserted(place)),
            false => create(place, wanted),
        };
    };
    let alone = file.try_lock(MEMBER, true)?;
    if !alone && !file.try_lock(MEMBER, false)? {
        return Ok(None);
    }
    crash_point("open-locked");
    if file.identity()?.names == 0 {
        return Ok(None);
    }
    let geometry = read_geometry(&file, place)?;
    if alone {
        let stale = os::is_other_boot(geometry.boot_id);
        let opened = map(file, geometry)?;
        if stale || !has_messages(&opened.control) {
            remove_files(place, &opened.control)?;
            return Ok(None);
        }
        check_wanted(place, &opened.control, wanted)?;
        // What it holds outlives its processes. Stay, as an ordinary member.
        opened.file.try_lock(MEMBER, false)?;
        return Ok(Some(opened));
    }
    let opened = map(file, geometry)?;
    check_wanted(place, &opened.control, wanted)?;
    Ok(Some(opened))
}

fn deserted(place: &Place) -> Error {
    Error::new(
        Status::Unlinked,
        format!("nobody has the channel '{}' open any more", place.name()),
    )
}

fn create(place: &Place, geometry: &Geometry) -> Result<Option<ControlFile>> {
    let file = place.create()?;
    file.set_length(geometry.total_bytes())?;
    file.reserve(0, HEADER_BYTES)?;
    file.write_at(0, &geometry.to_page())?;
    file.try_lock(MEMBER, false)?;
    // Before it has a name: one that its creator cannot map would be left to nobody.
    let opened = map(file, geometry.clone())?;
    crash_point("create-unnamed");
    if !opened.file.give_name(&place.control_path())? {
        return Ok(None);
    }
    crash_point("create-named");
    segments::remove_foreign(place, &geometry.uuid);
    Ok(Some(opened))
}

/// Maps a control file whose header has been checked.
pub fn map(file: File, geometry: Geometry) -> Result<ControlFile> {
    // Memory behind the words that will be touched, also if somebody has punched holes.
    file.reserve(0, HEADER_BYTES)?;
    let mapping = file.map(geometry.total_bytes(), true)?;
    // SAFETY: the mapping is as long as the geometry says, page-aligned, writable, and lives in
    // the ControlFile (later the Attachment) as long as the Control does.
    let region = unsafe { Region::new(mapping.base(), mapping.len()) };
    let control = Control::new(region, geometry);
    let lanes = control.lanes_reserved();
    for lane in (0..control.geometry().lanes).filter(|lane| lanes >> lane & 1 != 0) {
        file.reserve(
            control.geometry().lane_offset(lane),
            control.geometry().lane_bytes(),
        )?;
    }
    let blocks = u64::from(control.endpoints_reserved());
    if blocks > 0 {
        file.reserve(
            header::OFF_ENDPOINTS,
            blocks * crate::layout::endpoint::BLOCK_BYTES,
        )?;
    }
    Ok(ControlFile {
        file,
        control,
        mapping,
    })
}

/// Opens a control file to look at it, without becoming a member; `None` when there is none. What
/// its living words say is reserved has memory behind it; nothing is reserved here.
pub fn look(place: &Place) -> Result<Option<ControlFile>> {
    let Some(file) = place.open_read_only(&place.control_path())? else {
        return Ok(None);
    };
    let geometry = read_geometry(&file, place)?;
    let mapping = file.map(geometry.total_bytes(), false)?;
    // SAFETY: as in `map`, but for writing, which those who look do not.
    let region = unsafe { Region::new(mapping.base(), mapping.len()) };
    Ok(Some(ControlFile {
        file,
        control: Control::new(region, geometry),
        mapping,
    }))
}

/// Reads and checks the header of a control file.
pub fn read_geometry(file: &File, place: &Place) -> Result<Geometry> {
    let path = place.control_path();
    let page = file.read_at(0, HEADER_BYTES as usize)?;
    let geometry = Geometry::from_page(&page, file.identity()?.bytes).map_err(|error| {
        let (status, what) = match error {
            HeaderError::Damaged(what) => (
                Status::Corrupt,
                format!("{what}; when no program uses the channel, remove the file"),
            ),
            HeaderError::OtherEndian => (
                Status::Version,
                "it was made on a machine of the other byte order; remove it, or use another \
                 directory"
                    .to_string(),
            ),
            HeaderError::OtherVersion(major, minor) => (
                Status::Version,
                format!(
                    "it has layout {major}.{minor} and this library ({}) knows layout {}; use \
                     one version of the library, or end all programs that use the channel",
                    env!("CARGO_PKG_VERSION"),
                    header::LAYOUT_MAJOR
                ),
            ),
            HeaderError::UnknownFeature(bits) => (
                Status::Version,
                format!("it needs features ({bits:#x}) of a newer library; update this program"),
            ),
        };
        Error::new(
            status,
            format!("the channel file {} cannot be used: {what}", path.display()),
        )
    })?;
    if geometry.name != place.name() {
        return Err(Error::new(
            Status::Corrupt,
            format!(
                "the channel file {} belongs to the channel '{}' and was renamed by somebody; \
                 remove it",
                path.display(),
                geometry.name
            ),
        ));
    }
    Ok(geometry)
}

fn check_wanted(place: &Place, control: &Control, wanted: &Geometry) -> Result<()> {
    check_pattern(place, control, wanted.pattern)?;
    let (has, asked) = (control.geometry().permits(), wanted.permits());
    if has == asked {
        return Ok(());
    }
    Err(Error::new(
        Status::BadArgument,
        format!(
            "'{}' has {has} permits, not {asked}: whoever opened it first has decided; open it \
             with {has}, or use another name",
            place.name()
        ),
    ))
}

pub fn check_pattern(place: &Place, control: &Control, asked: Pattern) -> Result<()> {
    let is = control.geometry().pattern;
    if is == asked {
        return Ok(());
    }
    let (verbs, asked_verbs) = (is.verbs(), asked.verbs());
    Err(Error::new(
        Status::WrongPattern,
        format!(
            "the channel '{}' is a {is}: use {verbs} on it, or another name for a {asked} \
             ({asked_verbs})",
            place.name()
        ),
    ))
}

/// Whether the channel outlives those who use it: a state with a value, a queue in which a
/// message waits in a lane or in the lease of a dead receiver, a service in which such a request
/// asks for no reply, or a lock whose next owner is to be told that the last one died.
pub fn has_messages(control: &Control) -> bool {
    if control.geometry().is_reply() {
        return false;
    }
    let leased = (0..control.endpoints_reserved()).any(|e| {
        control.geometry().is_queue()
            && queue::load_copy(control, e)
                .is_some_and(|claimed| outlives(control, claimed.copy.head))
    });
    let mut kept = kept(control);
    leased
        || permits::count_left(control) > 0
        || kept.any(
            |(lane, sequence)| match control.lane(lane).slot(sequence).read(sequence) {
                Found::Message(copy) => outlives(control, copy.head),
                _ => false,
            },
        )
}

/// Whether a message is of use to anybody when its sender has gone. A request to a service is
/// not, unless it asks for no reply.
fn outlives(control: &Control, head: Head) -> bool {
    control.geometry().pattern != Pattern::Service || head.tag & TAG_ONE_WAY != 0
}

/// The messages that wait in the lanes of a queue, or the value of a state, as (lane, sequence).
pub fn kept(control: &Control) -> impl Iterator<Item = (u32, u64)> + '_ {
    let (reserved, pattern) = (control.lanes_reserved(), control.geometry().pattern);
    let lanes = (0..control.geometry().lanes).filter(move |lane| reserved >> lane & 1 != 0);
    lanes.flat_map(move |index| {
        let lane = control.lane(index);
        let tail = lane.find_tail();
        let most = match pattern {
            Pattern::Queue | Pattern::Service => lane.depth(),
            Pattern::State => 1,
            Pattern::Topic | Pattern::Signal | Pattern::Lock => 0,
        };
        let is_done = move |sequence: u64| {
            let take = Take::from_word(lane.take(sequence).load(Ordering::Relaxed));
            take.sequence == sequence && take.state == TAKE_DONE
        };
        (tail.saturating_sub(most)..tail)
            .filter(move |sequence| lane.slot(*sequence).holds(*sequence))
            .filter(move |sequence| pattern == Pattern::State || !is_done(*sequence))
            .map(move |sequence| (index, sequence))
    })
}

/// Gives up membership; the last one out removes the channel unless messages wait in it.
pub fn leave(place: &Place, file: &File, control: &Control) {
    file.unlock(MEMBER);
    crash_point("last-unlocked");
    let last = file.try_lock(MEMBER, true).unwrap_or(false);
    let named = file.identity().is_ok_and(|identity| identity.names > 0);
    if last && named && !has_messages(control) {
        // What cannot be removed now is left for the next opener, or `clean`.
        let _ = remove_files(place, control);
    }
    file.unlock(MEMBER);
    place.tidy_up();
}

/// Whether anybody has the channel open.
pub fn has_member(file: &File) -> Result<bool> {
    file.is_locked(MEMBER)
}

/// Locks everybody out, for removal; false when somebody is in.
pub fn lock_out(file: &File) -> Result<bool> {
    file.try_lock(MEMBER, true)
}

/// Removes all files of a channel, the control file last: what is left on an error is still found
/// by its name. The caller is alone and holds MEMBER exclusively.
pub fn remove_files(place: &Place, control: &Control) -> Result<()> {
    for nonce in segments::live_nonces(control) {
        os::remove(&place.segment_path(nonce))?;
    }
    crash_point("remove-segments");
    for nonce in place.segment_nonces()? {
        os::remove(&place.segment_path(nonce))?;
    }
    os::remove(&place.control_path())
}
