//! How a run ends: a status for scripts, and one sentence for people.

use std::io;
use std::process::ExitCode;

use simpleipc::{Class, Status};

/// The statuses, as `--help` shows them.
pub const STATUSES: &str = "\
Exit status:
  0    done
  1    nothing: no message or no room in the time given, or no such channel
  2    the command line asks for what cannot be: an option, a name, another pattern, a size
  3    what came in cannot be read as --as says
  4    the channel is damaged, of another version, or was removed while in use; or a server died
  5    the system refused: rights, memory, files
  6    doctor or audit found something that needs attention
  7    a service answered with an error of its own
  130  ended by Ctrl-C; 143 by a request to terminate";

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    Nothing,
    Usage,
    Input,
    Channel,
    System,
    Findings,
    Refused,
    /// A command's own.
    Code(u8),
    /// Ended by this signal.
    Signal(i32),
}

impl Exit {
    /// Ends the process; after a signal in the way that tells a shell so.
    pub fn leave(self) -> ExitCode {
        let code = match self {
            Exit::Done => 0,
            Exit::Nothing => 1,
            Exit::Usage => 2,
            Exit::Input => 3,
            Exit::Channel => 4,
            Exit::System => 5,
            Exit::Findings => 6,
            Exit::Refused => 7,
            Exit::Code(code) => code,
            Exit::Signal(signal) => {
                let _ = signal_hook::low_level::emulate_default_handler(signal);
                128 + signal as u8
            }
        };
        ExitCode::from(code)
    }
}

/// Why a verb could not do its work.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    /// Empty: the status says all there is to say.
    pub sentence: String,
}

impl Failure {
    pub fn new(exit: Exit, sentence: impl Into<String>) -> Self {
        let sentence = sentence.into();
        Self { exit, sentence }
    }

    pub fn usage(sentence: impl Into<String>) -> Self {
        Self::new(Exit::Usage, sentence)
    }

    pub fn input(sentence: impl Into<String>) -> Self {
        Self::new(Exit::Input, sentence)
    }

    /// A file, or a stream, did not do what it should.
    pub fn io(what: &str, why: &io::Error) -> Self {
        Self::new(Exit::System, format!("{what}: {why}"))
    }
}

impl From<simpleipc::Error> for Failure {
    fn from(error: simpleipc::Error) -> Self {
        let exit = match error.status().class() {
            Class::Retry => Exit::Nothing,
            Class::Misuse if error.status() == Status::BadValue => Exit::Input,
            Class::Misuse => Exit::Usage,
            Class::Gone | Class::Corrupt => Exit::Channel,
            Class::Ok | Class::System => Exit::System,
        };
        Self::new(exit, error.to_string())
    }
}
