//! Models of the ring: the code of `crates/simpleipc/src/ring` itself, on atomics of loom.
//!
//! Part of the library's unit tests under `--cfg loom` (see README.md beside this folder). What
//! the carrier does around the ring (a fence and a look at the bell, the order of a few calls) is
//! repeated here in a few lines each, because the carrier needs files; they say where they are
//! from.

mod bells;
mod chunks;
mod deaths;
mod gates;
mod mixes;
mod permits;
mod queues;
mod slots;
mod topics;
mod world;
