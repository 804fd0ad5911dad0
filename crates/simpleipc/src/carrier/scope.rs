//! Who may use a channel. There is no option for it: files take the rights of their directory.
//!
//! | what the directory allows | files | who is meant |
//! |---|---|---|
//! | its group reads, writes and searches; not everybody writes; not sticky | 0660 | the group |
//! | its group reads and searches, others nothing | 0640 | its owner; the group may look |
//! | anything else | 0600 | one user |
//!
//! A directory that everybody may search and only its owner writes (0755) is what mkdir makes of
//! itself; it says nothing about a wish to be looked at. In the first two cases the files belong
//! to the directory's group.

use crate::error::{Error, Result, Status};
use crate::os::{self, File, Rights};
use std::path::Path;

/// Read, write and search for the group, and parts of it.
const GROUP_ALL: u32 = 0o070;
const GROUP_LOOKS: u32 = 0o050;
const OTHERS_ALL: u32 = 0o007;
const OTHERS_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// Files that only their owner opens.
const MODE_USER: u32 = 0o600;
/// Files that a group shares.
const MODE_GROUP: u32 = 0o660;
/// Files that a group looks at.
const MODE_OBSERVED: u32 = 0o640;

/// Whether any member of the directory's group, and nobody else, may put files there.
fn is_group_scope(directory: &Rights) -> bool {
    directory.mode & GROUP_ALL == GROUP_ALL && directory.mode & (OTHERS_WRITE | STICKY) == 0
}

/// Whether the directory's group may look at channels there, and do no more.
fn is_observed(directory: &Rights) -> bool {
    directory.mode & (GROUP_ALL | OTHERS_ALL | STICKY) == GROUP_LOOKS
}

/// The mode of the files of channels in this directory.
fn file_mode(directory: &Rights) -> u32 {
    if is_group_scope(directory) {
        MODE_GROUP
    } else if is_observed(directory) {
        MODE_OBSERVED
    } else {
        MODE_USER
    }
}

/// Gives a file that has no name yet the rights that its directory asks for.
pub fn apply(file: &File, directory: &Path) -> Result<()> {
    let rights = os::rights(directory)?;
    let mode = file_mode(&rights);
    let own = file.rights()?;
    let group = if mode == MODE_USER {
        own.group
    } else {
        rights.group
    };
    file.set_rights(group, mode).map_err(|error| {
        if group == own.group {
            return error;
        }
        Error::os(
            error.status(),
            error.os_code(),
            format!(
                "channels in {} are shared with the group {group}, of which this user is no \
                 member; join it, or have the directory pass its group on (chmod g+s)",
                directory.display()
            ),
        )
    })
}

/// Refuses a file that somebody may have planted: members of the channel can end each other's
/// processes, so the file must come from somebody whom the directory trusts.
pub fn check_file(path: &Path, file: &Rights, directory: &Rights) -> Result<()> {
    if !file.is_file {
        return Err(Error::new(
            Status::Corrupt,
            format!("{} is not a plain file; remove it", path.display()),
        ));
    }
    let trusted = [os::user_id(), 0, directory.user].contains(&file.user);
    // Of a group only its members and the directory's owner can have made a file here.
    if trusted || (is_group_scope(directory) && file.group == directory.group) {
        return Ok(());
    }
    Err(Error::new(
        Status::NoPermission,
        format!(
            "{} belongs to the user {} and may be a trap: it should be of this user ({}), root, \
             or the owner or the sharing group of its directory; remove it, or use a directory \
             that others cannot write",
            path.display(),
            file.user,
            os::user_id()
        ),
    ))
}

/// The error of opening a file to take part in its channel. Where looking is allowed it says so.
pub fn explain(error: Error, path: &Path, directory: &Path) -> Error {
    let observed = os::rights(directory).is_ok_and(|rights| is_observed(&rights));
    if error.status() != Status::NoPermission || !observed {
        return error;
    }
    Error::os(
        error.status(),
        error.os_code(),
        format!(
            "{} is for the owner of its directory only; the directory's group may look at it, \
             with an audit or a subscriber that is a tap (see the option), or name another \
             directory in SIPC_DIR",
            path.display()
        ),
    )
}

/// The user's own directory is nobody else's, and open to nobody else.
pub fn check_own_directory(path: &Path) -> Result<()> {
    let rights = os::rights_unfollowed(path)?;
    let refuse = |why: String| {
        Err(Error::new(
            Status::NoPermission,
            format!(
                "{} {why}, or name another directory in SIPC_DIR",
                path.display()
            ),
        ))
    };
    let me = os::user_id();
    if !rights.is_directory {
        return refuse(
            "is in the way of this user's channels: it is no directory; remove it".to_string(),
        );
    }
    if rights.user != me {
        let user = rights.user;
        return refuse(format!(
            "was made by the user {user} and not by this one ({me}); have it removed"
        ));
    }
    if rights.mode & 0o777 != 0o700 {
        let mode = rights.mode & 0o777;
        return refuse(format!(
            "has the mode {mode:o}, but this user's channels are for this user only; make it 700 \
             (chmod)"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(user: u32, group: u32, mode: u32, is_directory: bool) -> Rights {
        Rights {
            user,
            group,
            mode,
            is_directory,
            is_file: !is_directory,
        }
    }

    #[test]
    fn files_take_the_rights_of_their_directory() {
        let table = [
            (0o0700, MODE_USER),
            (0o0755, MODE_USER),
            (0o0750, MODE_OBSERVED),
            (0o2750, MODE_OBSERVED),
            (0o0740, MODE_USER),
            (0o0710, MODE_USER),
            (0o0770, MODE_GROUP),
            (0o2770, MODE_GROUP),
            (0o0775, MODE_GROUP),
            (0o0777, MODE_USER),
            (0o1770, MODE_USER),
            (0o1777, MODE_USER),
            (0o0730, MODE_USER),
        ];
        for (directory, file) in table {
            let directory = rights(1, 1, directory, true);
            assert_eq!(file_mode(&directory), file, "{:o}", directory.mode);
        }
    }

    #[test]
    fn only_files_of_somebody_trusted_are_accepted() {
        let (me, owner, other) = (os::user_id(), 70_001, 70_002);
        let accepts = |file: Rights, mode: u32| {
            let directory = rights(owner, 5, mode, true);
            check_file(Path::new("x"), &file, &directory).map_err(|error| error.status())
        };
        for mode in [0o700, 0o770, 0o777, 0o1777] {
            for user in [me, 0, owner] {
                assert_eq!(accepts(rights(user, 9, 0o600, false), mode), Ok(()));
            }
            let directory = rights(me, 5, 0o600, true);
            assert_eq!(accepts(directory, mode), Err(Status::Corrupt));
        }
        let refused = Err(Status::NoPermission);
        let planted = rights(other, 5, 0o666, false);
        assert_eq!(accepts(planted, 0o1777), refused);
        assert_eq!(accepts(planted, 0o777), refused);
        assert_eq!(accepts(planted, 0o1770), refused);
        assert_eq!(accepts(planted, 0o770), Ok(()), "a member of the group");
        assert_eq!(accepts(rights(other, 6, 0o666, false), 0o770), refused);
    }
}
