//! Worker of the comparison for SimpleIPC, through its public interface only.
//!
//! Settings, besides the defaults: subscribers are `lossless`, because the comparison is of systems
//! that drop nothing; messages are `unstamped`, because hardly any other system stamps them. The
//! system `simpleipc-stamped` is the same with the time of publication in each message, which is
//! how the library is unless told otherwise.

mod call;
mod ends;

use ends::SimpleIpc;

fn main() {
    harness::worker_of(|task| {
        let is_call = task.arguments.work == "call";
        match task.system() {
            "simpleipc-stamped" if is_call => call::run::<true>(task),
            "simpleipc-stamped" => task.run::<SimpleIpc<true>>(),
            _ if is_call => call::run::<false>(task),
            _ => task.run::<SimpleIpc<false>>(),
        }
    });
}
