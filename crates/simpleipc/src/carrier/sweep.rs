//! Removing what nobody uses any more: channels whose processes are all dead, and old queues.

use super::place::{Place, channels};
use super::{audit, files, service};
use crate::error::{Class, Result};
use crate::os;
use std::path::Path;
use std::time::Duration;

/// Removes deserted channels of a directory: topics and empty queues always, queues with
/// messages if the newest is older than `age_max`, or of unknown age and `age_max` is zero.
/// Returns how many. Channels in use, and files that are no channels, are not touched.
pub fn clean(directory: Option<&Path>, age_max: Duration) -> Result<u64> {
    let (mut removed, mut failed) = (0, None);
    for name in channels(directory)? {
        let place = Place::listed(&name, directory)?;
        match clean_one(&place, age_max) {
            Ok(done) => removed += u64::from(done),
            // For want of files, memory or rights. The others first.
            Err(error) if error.status().class() == Class::System => {
                failed.get_or_insert(error);
            }
            // Damaged, or made by another version: not ours to judge.
            Err(_) => {}
        }
        place.tidy_up();
    }
    failed.map_or(Ok(removed), Err)
}

fn clean_one(place: &Place, age_max: Duration) -> Result<bool> {
    if place.is_reply() {
        return service::remove_deserted(place);
    }
    let Some(file) = place.open(&place.control_path())? else {
        return Ok(false);
    };
    // A file that lost its name while we opened it is not the one that has the name now.
    if !files::lock_out(&file)? || file.identity()?.names == 0 {
        return Ok(false);
    }
    let geometry = files::read_geometry(&file, place)?;
    let boots_ago = os::is_other_boot(geometry.boot_id);
    let opened = files::map(file, geometry)?;
    // The data files are not looked at: a damaged one goes with the others.
    let (waiting, newest_age_ns) = audit::left(&opened.control);
    // Unstamped, or in the lease of a dead receiver: of unknown age, and not to be lost for that.
    let age = newest_age_ns.map_or(Duration::ZERO, |age| {
        Duration::from_nanos(u64::try_from(age).unwrap_or(0))
    });
    let wanted = waiting > 0 && files::has_messages(&opened.control);
    if wanted && age < age_max && !boots_ago {
        return Ok(false);
    }
    files::remove_files(place, &opened.control)?;
    Ok(true)
}
