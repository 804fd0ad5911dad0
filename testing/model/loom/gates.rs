//! A message that the subscriber's cursor keeps, dropped in another thread while the cursor moves.
//!
//! The two sides are `settle_kept` in carrier/consumer/topic.rs and `ChunkHold::drop` in
//! carrier/message.rs, which need a channel with files; so their few lines are repeated here,
//! around the real `Gate` and the real ring.

use super::world::{CHUNK_BYTES, World, mark, publish_chunk, spawn};
use crate::ring::reader::Reader;
use crate::sync::Ordering;
use std::rc::Rc;

/// The carrier's own file: there it is nobody else's business.
#[path = "../../../crates/simpleipc/src/carrier/gate.rs"]
mod gate;
use gate::Gate;

/// The subscriber, the publisher, and the one who drops the message.
#[test]
fn a_kept_message_is_safe_until_it_is_dropped_wherever_that_happens() {
    World::topic(1).explore(|world| {
        let (control, pool, segment) = (world.control.clone(), world.pool(), world.segment());
        let contents = world.contents();
        let mut reader = Reader::join(&control, 1, true, false, 0);
        let mut writer = world.writer();
        let claimed = segment.loan(0, 0).expect("the chunk is free");
        contents.write(claimed.0, mark(0));
        let message = publish_chunk(&mut writer, &pool, &segment, claimed, true);
        let gate = Rc::new(Gate::default());
        let seen = reader.poll(&control).expect("it has been published");
        gate.close(1);
        reader.advance_kept(seen);

        let (theirs, dropped, at) = (Rc::clone(&gate), contents.clone(), control.clone());
        let dropper = spawn(move || {
            assert_eq!(dropped.read(0), mark(0));
            if theirs.open(1) {
                let cursor = at.endpoint(1).cursor(0).fetch_max(1, Ordering::Release);
                assert!(cursor <= 1);
            } else {
                segment.release(0, 1);
            }
        });
        let settled = control.clone();
        let subscriber = spawn(move || {
            if gate.keeps(1) {
                segment.add_reference(0, 1);
                if !gate.open(1) {
                    segment.release(0, 1);
                }
            }
            reader.store_cursors(&settled);
        });
        if let Some(found) = writer.take_stock(&control, &pool, CHUNK_BYTES, 0) {
            contents.write(found.chunk, mark(1));
            assert_eq!(found.chunk, message.chunk);
        }
        dropper.join().expect("the dropper");
        subscriber.join().expect("the subscriber");
        assert_eq!(segment.holders(0), [0; 4], "a reference is left");
    });
}
