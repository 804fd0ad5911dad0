// Hosts: programs that start others as plugins and hear what becomes of them.

import { Client } from "./client.js";
import { Consumer } from "./consumer.js";
import { encode, free } from "./encode.js";
import { Complaint } from "./errors.js";
import { ROLE } from "./generated.js";
import { sipc } from "./library.js";
import { Message } from "./message.js";
import { callInThread } from "./threads.js";
import { Float } from "./values.js";

/**
 * Starts programs as plugins and hears what becomes of them; they end with it, also when it is
 * killed. A plugin `spell` of the host `editor` serves `editor.spell`.
 */
export class Host extends Consumer {
  #directory;

  constructor(name, options) {
    super(name, ROLE.HOST, { ...options, exact: false });
    this.#directory = options?.directory;
  }

  convert(message) {
    const { missed } = message;
    const { after_ms: after, ...told } = Message.valueOf(message);
    return { ...told, ...(after !== undefined && { after }), missed };
  }

  leave() {}

  /**
   * Starts a program, a path or a name to be found in PATH, as a plugin. That it runs, or cannot,
   * is an event. It is started again when it crashes, at most `restarts` times within `within`
   * milliseconds, and killed and started again if it takes no call for `hangAfter`.
   */
  start(name, program, args = [], { restarts = 3, within = 60_000, hangAfter } = {}) {
    const seconds = (ms) => new Float(ms / 1000);
    const wish = { name, program, args, restarts, seconds: seconds(within) };
    if (hangAfter !== undefined) {
      wish.hang_after = seconds(hangAfter);
    }
    return this.#plugin(wish, async (...words) => sipc.plugin(...words));
  }

  /** Asks a plugin to end, and after two seconds ends it; resolves when it has gone. */
  stop(name) {
    return this.#plugin({ name, stop: true }, (...words) => callInThread("plugin", words));
  }

  /** A client of a plugin, of whichever process it is at the time. */
  client(name, options) {
    return new Client(`${this.name}.${name}`, { directory: this.#directory, ...options });
  }

  async #plugin(wish, tell) {
    const encoded = encode(wish);
    const words = new Complaint();
    const work = () => tell(this.raw, encoded.address, words.address);
    try {
      words.require(await this.inTurn(() => this.aside(work)));
    } finally {
      free(encoded);
    }
  }
}
