// Presence: who has a channel open, and who comes and goes.

import { basename } from "node:path";
import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";
import { Consumer } from "./consumer.js";
import { complaint } from "./errors.js";
import { ROLE, STATUS } from "./generated.js";
import { cstring, encodeOptions } from "./handle.js";
import { sipc } from "./library.js";
import { Message, Slot } from "./message.js";

const LANGUAGE = "javascript";

/** As the program has it: times and senders are bigints. */
function peerOf({ since_ns: since, id, ...told }) {
  return { ...told, sinceNs: BigInt(since), id: BigInt.asUintN(64, BigInt(id)) };
}

/** Who has a channel open now, in the order of their coming. */
export function peers(name, { directory } = {}) {
  const options = encodeOptions({ directory });
  const channel = cstring(name, "name");
  const slot = Slot.take();
  const status = sipc.peers(channel, options.address, slot.address, complaint.address);
  if (status !== STATUS.OK) {
    slot.release();
    throw complaint.error(status);
  }
  return Message.valueOf(new Message(slot, false)).map(peerOf);
}

/** Watches who has a channel open, without being on it: takes who comes and goes. */
export class PeerWatcher extends Consumer {
  constructor(name, options) {
    super(name, ROLE.PEERS, { ...options, exact: false });
  }

  convert(message) {
    return peerOf(Message.valueOf(message));
  }

  leave() {}
}

/** Says who this process is to those who look: counts for handles that are opened from now on. */
export function identify(program, language = LANGUAGE) {
  const words = [cstring(program, "program"), cstring(language, "language")];
  complaint.require(sipc.identify(...words, complaint.address));
}

// Once for all threads: what the program has said since is not unsaid.
if (!getEnvironmentData("simpleipc")) {
  setEnvironmentData("simpleipc", true);
  identify(basename(process.argv[1] ?? ""));
}
