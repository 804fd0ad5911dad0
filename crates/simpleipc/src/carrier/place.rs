//! Where a channel lives: its directory, its name, and the names of its files.

use super::scope;
use crate::error::{Error, Result, Status};
use crate::limits::NAME_BYTES_MAX;
use crate::os::{self, File};
use std::path::{Path, PathBuf};

const CONTROL_SUFFIX: &str = ".sipc";
const SEGMENT_SUFFIX: &str = ".data";
const NONCE_DIGITS: usize = 12;
const CLIENT_DIGITS: usize = 16;

/// A channel's place.
#[derive(Clone, Debug)]
pub struct Place {
    directory: PathBuf,
    name: String,
    /// We may make the directory, and remove it when it is empty.
    own_directory: bool,
}

/// The directory meant by `None`: the environment's SIPC_DIR, or the user's own.
pub fn default_directory() -> (PathBuf, bool) {
    match std::env::var_os("SIPC_DIR") {
        Some(directory) if !directory.is_empty() => (directory.into(), false),
        _ => (
            PathBuf::from(format!("/dev/shm/simpleipc-{}", os::user_id())),
            true,
        ),
    }
}

impl Place {
    /// Checks the name; touches nothing.
    pub fn new(name: &str, directory: Option<&Path>) -> Result<Self> {
        check_name(name)?;
        let (directory, own_directory) = match directory {
            Some(directory) => (directory.to_path_buf(), false),
            None => default_directory(),
        };
        Ok(Self {
            directory,
            name: name.to_string(),
            own_directory,
        })
    }

    /// The place of a channel that [`channels`] has named: also one that is a client's own.
    pub fn listed(name: &str, directory: Option<&Path>) -> Result<Self> {
        match reply_parts(name) {
            Some((service, client)) => Ok(Self::new(service, directory)?.replies(client)),
            None => Self::new(name, directory),
        }
    }

    /// Where the client with this number gets its replies from the service of this place. The
    /// name begins with a dot, as no program's channel may.
    pub fn replies(&self, client: u64) -> Self {
        let digits = CLIENT_DIGITS;
        Self {
            name: format!(".{}.{client:0digits$x}", self.name),
            ..self.clone()
        }
    }

    /// Whether this is the private channel of one client.
    pub fn is_reply(&self) -> bool {
        self.name.starts_with('.')
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    pub fn control_path(&self) -> PathBuf {
        self.directory
            .join(format!("{}{CONTROL_SUFFIX}", self.name))
    }

    pub fn segment_path(&self, nonce: u64) -> PathBuf {
        let digits = NONCE_DIGITS;
        self.directory
            .join(format!("{}.{nonce:0digits$x}{SEGMENT_SUFFIX}", self.name))
    }

    /// Makes the directory if it is the default one, and sees that it is as it should be.
    pub fn prepare(&self) -> Result<()> {
        if self.own_directory {
            os::make_directory(&self.directory)?;
            scope::check_own_directory(&self.directory)?;
        }
        Ok(())
    }

    /// Sees that a channel may appear in the directory, for somebody who does not make any.
    pub fn check_directory(&self) -> Result<()> {
        if self.own_directory {
            return match scope::check_own_directory(&self.directory) {
                Err(error) if error.status() == Status::NoDirectory => Ok(()),
                checked => checked,
            };
        }
        match os::rights(&self.directory)?.is_directory {
            true => Ok(()),
            false => Err(Error::new(
                Status::NoDirectory,
                format!(
                    "{} is no directory; name another one in SIPC_DIR",
                    self.directory.display()
                ),
            )),
        }
    }

    /// A new file without a name, with the rights that the directory asks for.
    pub fn create(&self) -> Result<File> {
        let file = File::create_unnamed(&self.directory)?;
        scope::apply(&file, &self.directory)?;
        Ok(file)
    }

    /// Opens a file of the channel, to take part; `None` when there is none. One that may be a
    /// trap is refused.
    pub fn open(&self, path: &Path) -> Result<Option<File>> {
        let file = File::open(path);
        let file = file.map_err(|error| scope::explain(error, path, &self.directory))?;
        self.checked(path, file)
    }

    /// As [`Place::open`], to look and do nothing else.
    pub fn open_read_only(&self, path: &Path) -> Result<Option<File>> {
        self.checked(path, File::open_read_only(path)?)
    }

    fn checked(&self, path: &Path, file: Option<File>) -> Result<Option<File>> {
        if let Some(file) = &file {
            if self.own_directory {
                scope::check_own_directory(&self.directory)?;
            }
            scope::check_file(path, &file.rights()?, &os::rights(&self.directory)?)?;
        }
        Ok(file)
    }

    /// Removes the default directory if nothing is in it any more.
    pub fn tidy_up(&self) {
        if self.own_directory {
            os::remove_directory(&self.directory);
        }
    }

    /// The nonces of all data files that bear this channel's name.
    pub fn segment_nonces(&self) -> Result<Vec<u64>> {
        let names = os::list(&self.directory)?;
        Ok(names
            .iter()
            .filter_map(|file| segment_nonce(file, &self.name))
            .collect())
    }
}

/// The names of all channels in a directory. The default one (`None`) may be absent: nobody has
/// opened a channel yet.
pub fn channels(directory: Option<&Path>) -> Result<Vec<String>> {
    let files = match directory {
        Some(directory) => os::list(directory)?,
        None => match list_default() {
            Err(error) if error.status() == Status::NoDirectory => Vec::new(),
            files => files?,
        },
    };
    let mut names: Vec<String> = files
        .iter()
        .filter_map(|file| file.strip_suffix(CONTROL_SUFFIX))
        .filter(|name| check_name(name).is_ok() || reply_parts(name).is_some())
        .map(str::to_string)
        .collect();
    names.sort();
    Ok(names)
}

fn list_default() -> Result<Vec<String>> {
    let (directory, own_directory) = default_directory();
    if own_directory {
        scope::check_own_directory(&directory)?;
    }
    os::list(&directory)
}

/// The service and the client of a reply channel with this name.
pub fn reply_parts(name: &str) -> Option<(&str, u64)> {
    let (service, digits) = name.strip_prefix('.')?.rsplit_once('.')?;
    let is_client = digits.len() == CLIENT_DIGITS && check_name(service).is_ok();
    let client = is_client.then(|| u64::from_str_radix(digits, 16).ok())??;
    Some((service, client))
}

/// The reply channels of a service that have any file in its directory.
pub fn reply_places(service: &Place) -> Result<Vec<Place>> {
    let mut clients = Vec::new();
    for file in os::list(&service.directory)? {
        let data = file.strip_suffix(SEGMENT_SUFFIX).and_then(|name| {
            let (name, nonce) = name.rsplit_once('.')?;
            (nonce.len() == NONCE_DIGITS).then_some(name)
        });
        let name = file.strip_suffix(CONTROL_SUFFIX).or(data);
        if let Some((name, client)) = name.and_then(reply_parts)
            && name == service.name
        {
            clients.push(client);
        }
    }
    clients.sort_unstable();
    clients.dedup();
    Ok(clients.into_iter().map(|c| service.replies(c)).collect())
}

fn segment_nonce(file: &str, channel: &str) -> Option<u64> {
    let digits = file
        .strip_prefix(channel)?
        .strip_prefix('.')?
        .strip_suffix(SEGMENT_SUFFIX)?;
    (digits.len() == NONCE_DIGITS)
        .then(|| u64::from_str_radix(digits, 16).ok())
        .flatten()
}

fn check_name(name: &str) -> Result<()> {
    let refuse = |why: String| Err(Error::new(Status::BadName, why));
    if name.is_empty() {
        return refuse("the channel name is empty; give it at least one character".to_string());
    }
    if name.len() > NAME_BYTES_MAX {
        return refuse(format!(
            "the channel name has {} bytes; at most {NAME_BYTES_MAX} are possible",
            name.len()
        ));
    }
    if name.starts_with('.') {
        return refuse(format!(
            "the channel name {name:?} begins with a dot; begin it otherwise"
        ));
    }
    match name.chars().find(|c| *c == '/' || c.is_control()) {
        Some(c) => refuse(format!(
            "the channel name {name:?} contains {c:?}; use letters, digits, '-', '_' and '.'"
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_leave_the_directory_or_hide_in_it_are_refused() {
        for name in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            ".hidden",
            "a\0b",
            "a\nb",
            &"x".repeat(201),
        ] {
            let error = check_name(name).expect_err(name);
            assert_eq!(error.status(), Status::BadName, "{name:?}");
        }
        for name in ["a", "camera.left", "Bild-\u{e4}\u{1f600}", &"x".repeat(200)] {
            check_name(name).expect(name);
        }
    }

    #[test]
    fn a_data_file_belongs_to_exactly_one_channel() {
        assert_eq!(segment_nonce("cam.00000000002a.data", "cam"), Some(42));
        assert_eq!(segment_nonce("cam.x.00000000002a.data", "cam"), None);
        assert_eq!(segment_nonce("cam.sipc", "cam"), None);
        let replies = "a.b.00000000000000ff";
        assert_eq!(reply_parts(&format!(".{replies}")), Some(("a.b", 255)));
        assert_eq!(reply_parts(replies), None);
        assert_eq!(reply_parts(".a.b.0000000000000ff"), None);
        assert_eq!(reply_parts("..0000000000000000"), None);
        let file = format!(".{replies}.00000000002a.data");
        assert_eq!(segment_nonce(&file, &format!(".{replies}")), Some(42));
    }
}
