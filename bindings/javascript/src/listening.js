// Handles that wait with the event loop, by their descriptor.

import { Handle } from "./handle.js";
import { pollDescriptor, pollTap } from "./poll.js";

/** Handles in which somebody waits: they stay, also if the program has no other way to them. */
const waiting = new Set();
process.on("exit", () => waiting.forEach((handle) => handle.close()));

/** A handle that is told when there may be something for those who wait. */
export class Listening extends Handle {
  #isTap;
  #poll;
  #isOn = false;
  #isAside = false;

  constructor(name, role, options = {}) {
    super(name, role, options);
    this.#isTap = Boolean(options.tap);
  }

  /** Whether a thread works with the handle. */
  get isAside() {
    return this.#isAside;
  }

  /** From now on the event loop tells. */
  listen() {
    if (this.#isOn || this.#isAside) {
      return;
    }
    this.#isOn = true;
    waiting.add(this);
    // Koffi keeps its callback, also when nobody waits; the handle must not be kept by that.
    const self = new WeakRef(this);
    const look = () => {
      const handle = self.deref();
      handle?.hush();
      // Promises are served at the end of an immediate, and not at that of koffi's callback.
      setImmediate(() => handle?.attend());
    };
    if (this.#poll !== undefined) {
      return this.#poll.start(look);
    }
    this.#poll = this.#isTap ? pollTap(look) : pollDescriptor(this.fd, look);
  }

  /** Until the next `listen`. */
  hush() {
    this.#isOn = false;
    waiting.delete(this);
    this.#poll?.stop();
  }

  /** Does something in which a thread may work with the handle; meanwhile it attends to nobody. */
  async aside(work) {
    this.#isAside = true;
    this.hush();
    try {
      return await work();
    } finally {
      this.#isAside = false;
      this.attend();
    }
  }

  close() {
    this.#poll?.close();
    this.#poll = undefined;
    super.close();
  }
}
