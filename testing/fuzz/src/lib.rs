//! Coverage-guided fuzzing of everything that SimpleIPC reads and did not write itself.
//!
//! An input is bytes. `values` and `tensors` take them as messages. The other targets take them as
//! a list of steps (`stage`): damage done to the files of a channel (`damage`, `image`), and what
//! programs do on it. `judge` says what must hold at every step, whatever the bytes are: no panic,
//! no call that computes for long, errors that are sentences, and a channel beside this one that
//! notices nothing. See README.md.

pub mod damage;
pub mod fault;
pub mod feed;
pub mod image;
pub mod judge;
pub mod scribbling;
pub mod stage;
pub mod steps;
pub mod values;

/// Something to fuzz.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
}

/// All of them, in the order in which `cargo xtask fuzz` runs them.
pub const TARGETS: &[Target] = &[
    Target {
        name: "values",
        run: values::decoding,
    },
    Target {
        name: "tensors",
        run: values::tensors,
    },
    Target {
        name: "opening",
        run: |bytes| steps::run(bytes, steps::OPENING),
    },
    Target {
        name: "receiving",
        run: |bytes| steps::run(bytes, steps::RECEIVING),
    },
    Target {
        name: "repairing",
        run: |bytes| steps::run(bytes, steps::REPAIRING),
    },
    Target {
        name: "upkeep",
        run: |bytes| steps::run(bytes, steps::UPKEEP),
    },
    Target {
        name: "scribbling",
        run: scribbling::run,
    },
];
