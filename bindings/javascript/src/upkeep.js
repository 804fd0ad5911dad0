// What is there, what is left, and what time it is.

import { complaint } from "./errors.js";
import { cstring } from "./handle.js";
import { Memory, sipc, textAt } from "./library.js";

const out = new Memory(8);

function optional(text, what) {
  return text === undefined || text === null ? null : cstring(text, what);
}

/** Describes a channel, or all of a directory: a list of objects. Changes nothing. */
export function audit(name, { directory } = {}) {
  const channel = optional(name, "name");
  const place = optional(directory, "directory");
  let text = new Memory(1 << 16);
  for (;;) {
    const bytes = text.buffer.byteLength;
    const { address } = text;
    complaint.require(
      sipc.audit(channel, place, address, bytes, out.address, complaint.address),
    );
    const needed = Number(out.view.getBigUint64(0, true));
    if (needed <= bytes) {
      return JSON.parse(textAt(address, needed - 1));
    }
    text = new Memory(needed * 2);
  }
}

/**
 * Removes what nobody uses: channels whose processes are all dead, and queues whose newest message
 * is older than `ageMax` milliseconds. Returns how many.
 */
export function clean({ directory, ageMax = 0 } = {}) {
  if (!(ageMax >= 0)) {
    throw new RangeError(`ageMax is milliseconds from 0, not ${ageMax}`);
  }
  const place = optional(directory, "directory");
  const ns = Math.min(ageMax * 1e6, Number.MAX_SAFE_INTEGER);
  complaint.require(sipc.clean(place, ns, out.address, complaint.address));
  return Number(out.view.getBigUint64(0, true));
}

/** The clock of all time stamps, CLOCK_MONOTONIC in nanoseconds; as process.hrtime.bigint(). */
export function nowNs() {
  return BigInt(sipc.now_ns());
}

/** The version of the library. */
export const version = sipc.version();
